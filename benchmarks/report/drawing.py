"""How charts look, and how a figure of matplotlib becomes SVG that takes its colours from the page around it."""

import io
import re

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

# Colours that people with any colour vision tell apart (Okabe and Ito). The page replaces them in the dark.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, FAINT, GRID, PAPER = "#1b1f24", "#5c6570", "#d8dce1", "#fffffe"
VARIABLES = {INK: "--ink", FAINT: "--faint", GRID: "--grid", PAPER: "--paper"} | {
    colour: f"--series-{index}" for index, colour in enumerate(SERIES)
}
# Colour is never the only thing that tells two of them apart.
MARKERS = ("o", "s", "^", "D", "v", "P")

# Narrow, so that the text is still large enough where a telephone shows the chart.
WIDTH = 4.0

matplotlib.rcParams.update({
    # Text stays text: it can be searched and read aloud, and the page stays small.
    "svg.fonttype": "none",
    # Without it the same results would give another page each time.
    "svg.hashsalt": "mendline",
    # Names are names, whatever is in them.
    "text.parse_math": False,
    "font.size": 9, "axes.titlesize": 9, "axes.labelsize": 9, "xtick.labelsize": 8, "ytick.labelsize": 8,
    "legend.fontsize": 8, "legend.frameon": False,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT, "xtick.color": FAINT, "ytick.color": FAINT,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.facecolor": "none", "figure.facecolor": "none",
    "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.6, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 1.5, "lines.markersize": 4.5,
})


def colour(index: int) -> str:
    return SERIES[index % len(SERIES)]


def marker(index: int) -> str:
    return MARKERS[index % len(MARKERS)]


def new(height: float) -> tuple[Figure, Axes]:
    """An empty figure of the common width."""
    return pyplot.subplots(figsize=(WIDTH, height), layout="constrained")


def legend(axes: Axes, columns: int) -> None:
    """Below the axes and their title, where it covers nothing."""
    below = axes.transAxes + ScaledTranslation(0, -34 / 72, axes.figure.dpi_scale_trans)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below, borderaxespad=0, ncols=columns,
        handlelength=2.6, columnspacing=1.2,
    )


def rate_axis(axis: Axis) -> None:
    """Few enough ticks that the numbers do not touch."""
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(_plain))


def time_axis(axes: Axes) -> None:
    """Milliseconds on a scale of powers, with numbers as people write them."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    # The fewer powers of ten, the more numbers between them, or no value could be read.
    between = (1, 1.5, 2, 3, 5, 7) if high / low < 20 else (1, 2, 5) if high / low < 2000 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=between))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.set_minor_locator(LogLocator(subs=()))


def _plain(value: float, _: int) -> str:
    return f"{value:,.10g}"


def drawable(milliseconds: float) -> float:
    """No less than a microsecond: a scale of powers has no place for 0."""
    return max(milliseconds, 0.001)


def svg(figure: Figure) -> str:
    """The figure as an element for a page of HTML, and the figure's end."""
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True)
    pyplot.close(figure)
    element = text.getvalue()
    element = element[element.index("<svg") :]
    # When it was made and by what would make another page of the same results.
    element = re.sub(r"\s*<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    # The page says how wide it is; the view box keeps its shape.
    element = re.sub(r'(<svg\b[^>]*?) width="[^"]*"', r"\1", element, count=1)
    element = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", element, count=1)
    return re.sub(
        r"#[0-9a-f]{6}\b",
        lambda found: f"var({VARIABLES[found[0]]})" if found[0] in VARIABLES else found[0],
        element,
    )
