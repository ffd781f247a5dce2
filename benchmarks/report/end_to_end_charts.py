"""The charts of the whole topology."""

from document import Chart, duration, number
from drawing import PAPER, colour, legend, new, rate_axis, svg

PARTS = ("wait", "provision", "run", "report")
HATCHES = ("", "////", "\\\\\\\\", "xxxx")


def split(result: dict) -> Chart:
    """From the acceptance to the report, by part, as one bar for p50 and one for p99."""
    measured = result["end_to_end"]
    scale, unit = (1000, "s") if max(_whole(measured, which) for which in ("p50", "p99")) >= 1000 else (1, "ms")
    figure, axes = new(1.9)
    for place, which in enumerate(("p50", "p99")):
        left = 0.0
        for index, part in enumerate(PARTS):
            width = measured["split_ms"][part][which] / scale
            axes.barh(
                place, width, left=left, height=0.6, color=colour(index), edgecolor=PAPER, linewidth=0.8,
                hatch=HATCHES[index], label=part if place == 0 else None,
            )
            left += width
        axes.annotate(
            duration(left * scale), (left, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks([0, 1], ["p50", "p99"])
    axes.invert_yaxis()
    axes.margins(x=0.16)
    axes.set(xlabel=f"from the acceptance to the report, {unit}", xlim=(0, None))
    axes.grid(axis="y", visible=False)
    rate_axis(axes.xaxis)
    legend(axes, 4)
    title = f"{measured['mode']}: where the time goes"
    whole = ", ".join(f"{part} {duration(measured['split_ms'][part]['p50'])}" for part in PARTS)
    return Chart(title, f"{title}, from the acceptance to the report; p50 of each part: {whole}.", svg(figure))


def cpu(results: list[dict]) -> Chart:
    """A bar for each process and run, the dearest process first."""
    names = by_cost(results)
    thick = 0.8 / len(results)
    figure, axes = new(1.1 + 0.18 * len(results) + len(names) * max(0.3, 0.16 * len(results)))
    for index, result in enumerate(results):
        spent = cpu_of(result)
        places = [place + (index - (len(results) - 1) / 2) * thick for place in range(len(names))]
        axes.barh(
            places, [spent.get(name, 0) for name in names], height=thick, color=colour(index), edgecolor=PAPER,
            linewidth=0.8, hatch=HATCHES[index % len(HATCHES)], label=result["end_to_end"]["mode"],
        )
        for place, name in zip(places, names):
            if name in spent:
                axes.annotate(
                    number(spent[name]), (spent[name], place), xytext=(4, 0), textcoords="offset points",
                    va="center", fontsize=8,
                )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(xlabel="CPU for an incident, ms", xlim=(0, None))
    axes.grid(axis="y", visible=False)
    rate_axis(axes.xaxis)
    legend(axes, 2)
    title = "CPU for an incident, by process"
    return Chart(title, f"{title}, the dearest first: {', '.join(names)}.", svg(figure))


def cpu_of(result: dict) -> dict[str, float]:
    """Milliseconds for an incident by process."""
    spent: dict[str, float] = {}
    for process in result["end_to_end"]["processes"]:
        spent[process["name"]] = spent.get(process["name"], 0) + process["cpu_ms_per_incident"]
    return spent


def by_cost(results: list[dict]) -> list[str]:
    """The names of all processes, the one that takes the most CPU in any run first."""
    most: dict[str, float] = {}
    for result in results:
        for name, spent in cpu_of(result).items():
            most[name] = max(most.get(name, 0), spent)
    return sorted(most, key=lambda name: (-most[name], name))


def _whole(measured: dict, which: str) -> float:
    return sum(measured["split_ms"][part][which] for part in PARTS)
