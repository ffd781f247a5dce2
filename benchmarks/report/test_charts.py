"""Tests of what is drawn: python3 -m unittest discover benchmarks/report"""

import unittest
from unittest import mock

from matplotlib import pyplot

import end_to_end_charts
import made_up
import stage_charts
from drawing import INK, SERIES, VARIABLES
from stage_lines import lines_of


class ChartCase(unittest.TestCase):
    """Takes the axes before they become SVG."""

    def setUp(self) -> None:
        self.drawn = []
        for module in (stage_charts, end_to_end_charts):
            self.enterContext(mock.patch.object(module, "svg", self.keep))
        self.addCleanup(pyplot.close, "all")

    def keep(self, figure) -> str:
        self.drawn.append(figure.axes[0])
        return ""


class StageCharts(ChartCase):
    def setUp(self) -> None:
        super().setUp()
        stage_charts.charts("validator", *lines_of([made_up.stage() | {"file": "stage.json"}]))
        self.throughput, self.in_hand, self.distribution = (
            {line.get_label(): line for line in axes.get_lines()} for axes in self.drawn
        )

    def points(self, line) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]

    def test_throughput_by_rising_rate(self) -> None:
        self.assertEqual(self.points(self.throughput["ipc, 1 process"]), [(5000, 5000), (9000, 8990), (11_000, 9900)])
        self.assertEqual(self.points(self.throughput["tcp, 1 process"]), [(4000, 4000)])
        self.assertEqual(self.points(self.throughput["all that was offered"]), [(0, 0), (11_000, 11_000)])
        self.assertEqual(set(self.throughput["as fast as possible (ipc, 1 process)"].get_ydata()), {10_000})

    def test_the_knee_is_marked_in_the_colour_of_its_line(self) -> None:
        for lines in (self.throughput, self.in_hand):
            knee = lines["knee 9,000/s (ipc, 1 process)"]
            self.assertEqual((set(knee.get_xdata()), knee.get_color()), ({9000}, SERIES[0]))

    def test_time_in_hand_of_half_and_of_99_in_100(self) -> None:
        self.assertEqual(self.points(self.in_hand["p50, ipc, 1 process"]), [(5000, 1), (9000, 3), (11_000, 250)])
        self.assertEqual(self.points(self.in_hand["p99, ipc, 1 process"]), [(5000, 4), (9000, 12), (11_000, 1000)])

    def test_the_distribution_is_that_at_the_knee_and_ends_with_the_slowest(self) -> None:
        line = self.distribution["ipc, 1 process, at 9,000/s"]
        self.assertEqual(self.points(line), [(2, 3), (20, 6), (100, 12), (1000, 24), (5000, 27)])
        self.assertEqual(len(self.distribution), 2)

    def test_every_chart_has_titled_axes_and_a_legend(self) -> None:
        for axes in self.drawn:
            self.assertTrue(axes.get_xlabel() and axes.get_ylabel())
            labels = [text.get_text() for text in axes.get_legend().get_texts()]
            self.assertEqual(labels, [line.get_label() for line in axes.get_lines()])

    def test_no_share_is_told_that_is_finer_than_the_deliveries(self) -> None:
        few = made_up.stage()
        few["runs"][1] |= {"sent": 50, "settled": 50}
        self.drawn.clear()
        stage_charts.charts("validator", *lines_of([few | {"file": "stage.json"}]))
        self.assertEqual(self.points(self.drawn[2].get_lines()[0]), [(2, 3), (20, 6), (50, 27)])

    def test_a_time_of_nothing_is_drawn_as_a_microsecond(self) -> None:
        quick = made_up.stage()
        quick["runs"][1]["in_hand_ms"]["p50"] = 0
        self.drawn.clear()
        stage_charts.charts("validator", *lines_of([quick | {"file": "stage.json"}]))
        self.assertIn((9000, 0.001), self.points(self.drawn[1].get_lines()[1]))


class EndToEndCharts(ChartCase):
    def bars(self, axes) -> list[tuple[float, float]]:
        return [(round(bar.get_x(), 6), round(bar.get_width(), 6)) for bar in axes.patches]

    def test_the_parts_stand_behind_one_another(self) -> None:
        end_to_end_charts.split(made_up.end_to_end())
        half = [(0, 0.3), (0.3, 0.2), (0.5, 1.0), (1.5, 0.1)]
        most = [(0, 0.5), (0.5, 0.4), (0.9, 1.6), (2.5, 0.3)]
        self.assertEqual(self.bars(self.drawn[0]), half + most)
        self.assertEqual([text.get_text() for text in self.drawn[0].texts], ["1.60 s", "2.80 s"])
        labels = [text.get_text() for text in self.drawn[0].get_legend().get_texts()]
        self.assertEqual(labels, ["wait", "provision", "run", "report"])

    def test_short_times_are_told_in_milliseconds(self) -> None:
        short = made_up.end_to_end()
        for part in short["end_to_end"]["split_ms"].values():
            part |= {"p50": part["p50"] / 100, "p99": part["p99"] / 100}
        end_to_end_charts.split(short)
        self.assertEqual(self.bars(self.drawn[0])[0], (0, 3.0))
        self.assertIn("ms", self.drawn[0].get_xlabel())

    def test_cpu_of_each_process_with_the_dearest_first(self) -> None:
        other = made_up.end_to_end()
        other["end_to_end"]["mode"] = "rate 25/s"
        other["end_to_end"]["processes"] = [
            {"name": name, "cpu_ms_per_incident": 2.0, "rss_mib": 1.0, "pss_mib": 1.0}
            for name in ("intake", "sink", "sink")
        ]
        end_to_end_charts.cpu([made_up.end_to_end(), other])
        axes = self.drawn[0]
        # Two of one name are one bar; what did not run has a bar of no length and no number.
        self.assertEqual([label.get_text() for label in axes.get_yticklabels()], ["sink", "intake", "reporter"])
        self.assertEqual([width for _, width in self.bars(axes)], [0, 3.0, 1.0, 4.0, 2.0, 0])
        self.assertEqual([text.get_text() for text in axes.texts], ["3.00", "1.00", "4.00", "2.00"])


class Colours(unittest.TestCase):
    def test_each_has_a_variable_of_its_own(self) -> None:
        self.assertEqual(len(set(VARIABLES.values())), len(VARIABLES))
        self.assertEqual(VARIABLES[INK], "--ink")
        self.assertEqual([VARIABLES[colour] for colour in SERIES], [f"--series-{n}" for n in range(len(SERIES))])


if __name__ == "__main__":
    unittest.main()
