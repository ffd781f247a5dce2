"""Tests of the report: python3 -m unittest discover benchmarks/report"""

import contextlib
import io
import re
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

import made_up
import report
import results

# Elements that have no end in HTML.
ENDLESS = {"meta"}


class Reader(HTMLParser):
    """Takes a page apart and finds elements that are not ended."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in ENDLESS:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag) -> None:
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> ends another element")

    def handle_data(self, data) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


class ReportCase(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.html, self.markdown = self.folder / "page.html", self.folder / "PAGE.md"

    def report(self, files: dict[str, dict]) -> tuple[int, str]:
        """The exit code and what was told on standard error."""
        made_up.put(self.folder, files)
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            code = report.main([str(self.folder), str(self.html), "--markdown", str(self.markdown)])
        return code, told.getvalue()

    def page(self, files: dict[str, dict]) -> tuple[str, str]:
        self.assertEqual(self.report(files), (0, ""))
        return self.html.read_text(encoding="utf-8"), self.markdown.read_text(encoding="utf-8")


class GoodResults(ReportCase):
    def test_has_every_section_in_order_with_its_charts(self) -> None:
        page, markdown = self.page(made_up.good())
        sections = ["Ratios", "End to end", "Stage validator", "Stage reporter", "How it was measured"]
        self.assertEqual(Reader(page).texts["h2"], sections)
        self.assertEqual(re.findall(r"^## (.*)$", markdown, re.MULTILINE), sections)
        captions = Reader(page).texts["figcaption"]
        # Where the time goes, and the CPU; three of each stage.
        self.assertEqual((len(captions), page.count("<svg")), (8, 8))

    def test_needs_nothing_beside_itself(self) -> None:
        page, _ = self.page(made_up.good())
        for tag, name, value in Reader(page).attributes:
            self.assertNotIn(name, ("src", "srcset"))
            self.assertNotIn(tag, ("script", "link", "img", "iframe"))
            if name in ("href", "xlink:href"):
                self.assertTrue(value.startswith("#"), value)
        self.assertNotRegex(page, r"url\((?!#)|@import")

    def test_names_inside_the_drawings_are_unique_and_found(self) -> None:
        page, _ = self.page(made_up.good())
        names = [value for _, name, value in Reader(page).attributes if name == "id"]
        self.assertEqual(len(names), len(set(names)))
        used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', page))
        self.assertTrue(used)
        self.assertEqual(used - set(names), set())

    def test_drawings_take_their_colours_from_the_page(self) -> None:
        page, _ = self.page(made_up.good())
        drawings = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
        self.assertIn("var(--series-1)", drawings)
        self.assertNotRegex(drawings, r"(fill|stroke): #")
        used = set(re.findall(r"var\((--[a-z0-9-]+)\)", page))
        light_and_dark = re.findall(r":root \{(.*?)\}", page, re.DOTALL)
        self.assertEqual(len(light_and_dark), 2)
        for colours in light_and_dark:
            self.assertEqual(used - set(re.findall(r"(--[a-z0-9-]+):", colours)), set())

    def test_both_pages_have_the_same_rows(self) -> None:
        page, markdown = self.page(made_up.good())
        # Markdown has one line more for each table, between the head and the rest.
        rows = [row for row in re.findall(r"^\| .* \|$", markdown, re.MULTILINE) if not row.startswith("| ---")]
        self.assertEqual(page.count("<tr>"), len(rows))
        self.assertIn("| ipc, 1 process | 9,000 | 5,000 | 5,000 | 8,990 | 99.9 % | 3.00 | 6.00 | 12.0 |", markdown)

    def test_says_what_the_stage_kept_up_with(self) -> None:
        _, markdown = self.page({"stage.json": made_up.stage()})
        text = " ".join(markdown.split())
        self.assertIn("kept up with: 9,000 deliveries a second (ipc, 1 process).", text)
        self.assertIn("At 9,000/s half of the deliveries were in hand for at most 3.00 ms", text)
        self.assertIn("at most 10,000 a second were done (ipc, 1 process)", text)
        self.assertNotIn("No higher rate", text)
        self.assertNotIn("not settled", text)

    def test_says_what_is_not_known_or_not_done(self) -> None:
        stage = made_up.stage()
        stage["knee_per_second"] = 11_000
        stage["runs"][0]["settled"] -= 30
        _, markdown = self.page({"stage.json": stage})
        text = " ".join(markdown.split())
        self.assertIn("No higher rate was tried with ipc, 1 process", text)
        self.assertIn("30 of 30,000 deliveries handed out (0.1 %) were not settled as done", text)

    def test_a_stage_that_was_given_no_rate_has_no_charts(self) -> None:
        stage = made_up.stage() | {"knee_per_second": None}
        stage["runs"] = stage["runs"][:1]
        page, markdown = self.page({"stage.json": stage})
        self.assertNotIn("<svg", page)
        self.assertIn("Handed out as fast as it took them, at most 10,000 a second were done", markdown)

    def test_what_is_null_may_be_left_out(self) -> None:
        with_null = made_up.stage()
        with_null["knee_per_second"] = None
        with_null["runs"][2]["in_hand_ms"] = None
        without = made_up.stage()
        del without["knee_per_second"], without["runs"][2]["in_hand_ms"], without["machine"]["sqlite"]
        del without["runs"][0]["offered_per_second"], without["runs"][0]["backlog_seconds"]
        with_null["machine"]["sqlite"] = None
        pages = self.page({"stage.json": with_null})
        text = " ".join(pages[1].split())
        self.assertIn("kept up with none of the rates tried, of which 4,000/s is the lowest", text)
        self.assertEqual(self.page({"stage.json": without}), pages)

    def test_end_to_end_names_the_longest_part_and_the_dearest_process(self) -> None:
        _, markdown = self.page({"all.json": made_up.end_to_end()})
        text = " ".join(markdown.split())
        self.assertIn("the longest part is run, 1.00 s or 62.5 % of the bar", text)
        self.assertIn("took 4.00 ms of CPU in all, 75.0 % of it in intake", text)
        self.assertIn("accepted 3.00 times as fast as they were finished", text)

    def test_ratios_tell_reached_and_missed(self) -> None:
        _, markdown = self.page(made_up.good())
        self.assertIn("1 of 2 ratios reached the goal. Missed: accept.", markdown)
        self.assertRegex(markdown, r"\| hop \|.*≥ 0.8 \| ✓ reached \|")
        self.assertRegex(markdown, r"\| accept \|.*≤ 3 \| ✗ missed \|")

    def test_tells_of_other_machines_and_of_load(self) -> None:
        busy = made_up.ratio("hop", 1, ">= 0.8")
        busy["machine"] |= {"load_before": 1.5, "kernel": "6.2"}
        _, markdown = self.page(made_up.good() | {"ratio-hop.json": busy})
        text = " ".join(markdown.split())
        self.assertIn("come from 2 machines or versions", text)
        self.assertIn("Before 1 of 5 results the machine was busy already, with a load of up to 1.50", text)

    def test_names_are_only_names(self) -> None:
        stage = made_up.stage("<b>$x|y_z$</b>")
        stage["runs"] = [each | {"transport": "<b>$x$"} for each in stage["runs"]]
        page, markdown = self.page({"stage.json": stage})
        self.assertIn(">&lt;b&gt;$x$, 1 process</text>", page)
        self.assertNotIn("<b>", page)
        self.assertEqual(Reader(page).open, [])
        self.assertIn(r"## Stage \<b\>$x\|y\_z$\</b\>", markdown)
        self.assertIn(r"`mendline measure <b>$x\|y_z$</b>`", markdown)

    def test_results_stand_in_the_order_of_their_making(self) -> None:
        files = made_up.good()
        files["end-to-end.json"]["started"] = "2026-11-26T11:00:00Z"
        _, markdown = self.page(files)
        order = re.findall(r"^\| (\S+\.json) \|", markdown, re.MULTILINE)
        self.assertEqual(order, [*(name for name in sorted(files) if name != "end-to-end.json"), "end-to-end.json"])

    def test_the_same_results_give_the_same_pages(self) -> None:
        self.assertEqual(self.page(made_up.good()), self.page(made_up.good()))


class RefusedResults(ReportCase):
    def refused(self, files: dict[str, dict]) -> str:
        code, told = self.report(files)
        self.assertEqual((code, self.html.exists(), self.markdown.exists()), (1, False, False))
        return told

    def test_an_empty_folder(self) -> None:
        self.assertIn(f"{self.folder}: no results here", self.refused({}))

    def test_no_folder(self) -> None:
        self.folder /= "nowhere"
        with self.assertRaisesRegex(results.Refused, "nowhere: no such folder"):
            results.load(self.folder)

    def test_names_every_wrong_file_and_place_at_once(self) -> None:
        files = made_up.good()
        files["stage-validator.json"]["runs"][2]["in_hand_ms"]["p99"] = "quick"
        del files["end-to-end.json"]["end_to_end"]["mode"]
        files["ratio-hop.json"]["ratio"]["goal"] = "fast"
        (self.folder / "broken.json").write_text('{\n  "kind": }')
        (self.folder / "bytes.json").write_bytes(b'{"kind": "\xff"}')
        told = self.refused(files).splitlines()
        wrong = {
            "broken.json: line 2, column 11": "Expecting value", "bytes.json: byte 10": "not UTF-8",
            "end-to-end.json: end_to_end": "'mode' is a required property", "ratio-hop.json: ratio.goal": "'fast'",
            "stage-validator.json: runs[2].in_hand_ms.p99": "'quick' is not of type 'number'",
        }
        self.assertEqual(len(told), len(wrong))
        for line, (place, reason) in zip(told, wrong.items()):
            self.assertRegex(line, rf"^{re.escape(f'{self.folder}/{place}')}: .*{re.escape(reason)}")

    def test_what_is_no_number_or_unknown_or_contradicts_itself(self) -> None:
        for change, reason in (
            ({"knee_per_second": float("nan")}, "NaN is no number of JSON"),
            ({"kneee": 1}, "'kneee' was unexpected"),
            ({"knee_per_second": 1234}, "1234 was offered in none of the runs"),
            ({"runs": []}, "runs: [] is too short"),
            ({"kind": "stages"}, "kind: 'stages' is not one of"),
            ({"started": "yesterday"}, "started: 'yesterday' does not match"),
        ):
            with self.subTest(reason):
                self.assertIn(reason, self.refused({"stage.json": made_up.stage() | change}))


if __name__ == "__main__":
    unittest.main()
