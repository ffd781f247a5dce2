"""Tests of the report's parts: python3 -m unittest discover benchmarks/report"""

import unittest

import jsonschema

import document
import made_up
import ratio_section
import results
from stage_lines import lines_of


class Parts(unittest.TestCase):
    def test_the_schema_is_one(self) -> None:
        jsonschema.Draft202012Validator.check_schema(results.SCHEMA)

    def test_numbers_have_three_digits_that_count(self) -> None:
        written = [document.number(value) for value in (None, 0, 0.00004, 0.5, 9.996, 99.96, 12_345.6)]
        self.assertEqual(written, ["–", "0.00", "0.00004", "0.500", "10.0", "100", "12,346"])
        self.assertEqual([document.duration(value) for value in (2, 999.9, 1500)], ["2.00 ms", "1.00 s", "1.50 s"])
        shares = [document.share(*pair) for pair in ((1, 3), (1, 9999), (0, 5), (1, 0))]
        self.assertEqual(shares, ["33.3 %", "under 0.1 %", "0.0 %", "–"])

    def test_rounding_puts_no_ratio_on_the_other_side_of_its_goal(self) -> None:
        section = ratio_section.section([made_up.ratio("hop", 0.79996, ">= 0.8")])
        self.assertEqual(section.tables[0].rows[0][-3:], ["0.79996", "≥ 0.8", "✗ missed"])

    def test_files_of_one_stage_share_lines_unless_both_have_the_same(self) -> None:
        one = made_up.stage() | {"file": "one.json"}
        other = made_up.stage() | {"file": "other.json", "knee_per_second": 4000}
        other["runs"] = [made_up.run("ipc", 2, 4000, 4000, 1), made_up.run("tcp", 1, 4000, 3000, 9)]
        lines, knees = lines_of([one, other])
        names = ["ipc, 1 process", "tcp, 1 process (one)", "ipc, 2 processes", "tcp, 1 process (other)"]
        self.assertEqual([line.name for line in lines], names)
        # Of two lines with this rate the one that did it has the knee.
        of = [(knee.rate, knee.line.name) for knee in knees]
        self.assertEqual(of, [(9000, "ipc, 1 process"), (4000, "ipc, 2 processes")])
        self.assertEqual([run["offered_per_second"] for run in lines[0].at_rates], [5000, 9000, 11_000])


if __name__ == "__main__":
    unittest.main()
