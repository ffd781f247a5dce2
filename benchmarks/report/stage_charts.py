"""The charts of one stage."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from document import Chart, number
from drawing import FAINT, colour, drawable, legend, marker, new, rate_axis, svg, time_axis
from stage_lines import Knee, Line

OFFERED = "offered, deliveries a second"


def charts(stage: str, lines: list[Line], knees: list[Knee]) -> list[Chart]:
    """Those for which there is something to draw."""
    drawn = []
    if any(line.at_rates for line in lines):
        drawn.append(_throughput(stage, lines, knees))
    if any(line.highest_up_to(None) for line in lines):
        drawn += [_in_hand(stage, lines, knees), _distribution(stage, lines, knees)]
    return drawn


def _figure(rows_of_legend: int) -> tuple[Figure, Axes]:
    return new(2.6 + 0.18 * rows_of_legend)


def _mark(axes: Axes, lines: list[Line], knees: list[Knee]) -> None:
    for knee in knees:
        axes.axvline(
            knee.rate, color=colour(lines.index(knee.line)), linestyle=(0, (6, 2, 1, 2)), linewidth=1,
            label=f"knee {number(knee.rate)}/s ({knee.line.name})",
        )


def _throughput(stage: str, lines: list[Line], knees: list[Knee]) -> Chart:
    entries = 1 + len(knees) + sum(bool(line.at_rates) + (line.fastest is not None) for line in lines)
    figure, axes = _figure(entries)
    highest = max(run["offered_per_second"] for line in lines for run in line.at_rates)
    axes.plot([0, highest], [0, highest], color=FAINT, linestyle=":", linewidth=1, label="all that was offered")
    for index, line in enumerate(lines):
        if line.at_rates:
            axes.plot(
                [run["offered_per_second"] for run in line.at_rates],
                [run["throughput_per_second"] for run in line.at_rates],
                color=colour(index), marker=marker(index), label=line.name,
            )
        if line.fastest is not None:
            axes.axhline(
                line.fastest, color=colour(index), linestyle="--", linewidth=0.9,
                label=f"as fast as possible ({line.name})",
            )
    _mark(axes, lines, knees)
    axes.set(xlabel=OFFERED, ylabel="done a second", xlim=(0, None), ylim=(0, None))
    rate_axis(axes.xaxis)
    rate_axis(axes.yaxis)
    legend(axes, 1)
    title = f"{stage}: done a second by offered rate"
    return Chart(title, f"{title}, for {_names(lines)}. The table below has the figures.", svg(figure))


def _in_hand(stage: str, lines: list[Line], knees: list[Knee]) -> Chart:
    figure, axes = _figure(2 * len(lines) + len(knees))
    for index, line in enumerate(lines):
        measured = [run for run in line.at_rates if run.get("in_hand_ms")]
        rates = [run["offered_per_second"] for run in measured]
        for which, style, filled in (("p99", "--", "none"), ("p50", "-", colour(index))):
            if measured:
                axes.plot(
                    rates, [drawable(run["in_hand_ms"][which]) for run in measured], color=colour(index),
                    marker=marker(index), linestyle=style, markerfacecolor=filled, label=f"{which}, {line.name}",
                )
    _mark(axes, lines, knees)
    axes.set(xlabel=OFFERED, ylabel="in hand, ms", xlim=(0, None))
    time_axis(axes)
    rate_axis(axes.xaxis)
    legend(axes, 1)
    title = f"{stage}: time in hand by offered rate"
    return Chart(title, f"{title}, p50 and p99, for {_names(lines)}. The table below has the figures.", svg(figure))


def _distribution(stage: str, lines: list[Line], knees: list[Knee]) -> Chart:
    """Over 1 / (1 - share), so that the rare slow ones have as much room as the many quick ones."""
    shown = [(index, line, run) for index, line in enumerate(lines) if (run := _typical(line, knees))]
    figure, axes = _figure(len(shown))
    for index, line, run in shown:
        places, times = zip(*_points(run))
        axes.plot(
            places, times, color=colour(index), marker=marker(index),
            label=f"{line.name}, at {number(run['offered_per_second'])}/s",
        )
    axes.set(xlabel="share of deliveries, %; last the slowest of all", ylabel="in hand for at most, ms", xscale="log")
    time_axis(axes)
    axes.set_xlim(1.7, None)
    shares = [(2, "50"), (10, "90"), (100, "99"), (1000, "99.9"), (1e4, "99.99"), (1e5, "99.999"), (1e6, "99.9999")]
    axes.xaxis.set_major_locator(FixedLocator([place for place, _ in shares]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: dict(shares).get(round(place), "")))
    axes.xaxis.set_minor_locator(NullLocator())
    legend(axes, 1)
    title = f"{stage}: time in hand by share of deliveries"
    what = f"{title}, for {_names([line for _, line, _ in shown])}. The table below has the figures."
    return Chart(title, what, svg(figure))


def _typical(line: Line, knees: list[Knee]) -> dict | None:
    """The run at the highest rate that was kept up with, else at the lowest tried."""
    mine = next((knee.rate for knee in knees if knee.line is line), None)
    return line.highest_up_to(mine if mine is not None else max((knee.rate for knee in knees), default=None))


def _points(run: dict) -> list[tuple[float, float]]:
    """Place and time; the slowest of n stands at n, and no share finer than one of n is told."""
    settled, times = max(run["settled"], 2), run["in_hand_ms"]
    shares = [(2, "p50"), (20, "p95"), (100, "p99"), (1000, "p99_9")]
    points = [(place, times[name]) for place, name in shares if place < settled] + [(settled, times["max"])]
    return [(place, drawable(time)) for place, time in points]


def _names(lines: list[Line]) -> str:
    return "; ".join(line.name for line in lines)
