"""The runs of one stage as lines: one for each transport and number of processes."""

import math
from dataclasses import dataclass, field

from document import counted


@dataclass(eq=False)
class Line:
    """What one transport and number of processes did, by rising rate."""

    name: str
    at_rates: list[dict] = field(default_factory=list)
    # As fast as the stage took them.
    unpaced: list[dict] = field(default_factory=list)

    @property
    def runs(self) -> list[dict]:
        return self.unpaced + self.at_rates

    @property
    def fastest(self) -> float | None:
        return max((run["throughput_per_second"] for run in self.unpaced), default=None)

    def at(self, rate: float) -> dict | None:
        """The run at this rate."""
        return next((run for run in self.at_rates if math.isclose(run["offered_per_second"], rate)), None)

    def highest_up_to(self, rate: float | None) -> dict | None:
        """The run at the highest rate not above this one, else at the lowest; of those that settled something."""
        measured = [run for run in self.at_rates if run.get("in_hand_ms")]
        limit = (rate or 0) * (1 + 1e-9)
        return next((run for run in reversed(measured) if run["offered_per_second"] <= limit), None) or next(
            iter(measured), None
        )


@dataclass(frozen=True)
class Knee:
    """The highest rate that was kept up with among a file's runs, and by which line."""

    rate: float
    line: Line
    run: dict

    @property
    def is_highest_tried(self) -> bool:
        return self.run is self.line.at_rates[-1]


def lines_of(results: list[dict]) -> tuple[list[Line], list[Knee]]:
    """The lines of all files of one stage, and the knees, highest first."""
    files_with: dict[tuple, set[str]] = {}
    for result in results:
        for run in result["runs"]:
            files_with.setdefault(_key(run), set()).add(result["file"])
    lines: dict[str, Line] = {}
    knees = []
    for result in results:
        mine = []
        for run in result["runs"]:
            name = f"{run['transport']}, {counted(run['processes'], 'process', 'processes')}"
            # Two files with the same one are two programs or two days, not one line.
            if len(files_with[_key(run)]) > 1:
                name += f" ({result['file'].removesuffix('.json')})"
            line = lines.setdefault(name, Line(name))
            paced = run.get("offered_per_second") is not None
            (line.at_rates if paced else line.unpaced).append(run)
            if line not in mine:
                mine.append(line)
        knees += _knee(result.get("knee_per_second"), mine)
    for line in lines.values():
        line.at_rates.sort(key=lambda run: run["offered_per_second"])
    return list(lines.values()), sorted(knees, key=lambda knee: -knee.rate)


def _key(run: dict) -> tuple:
    return run["transport"], run["processes"]


def _knee(rate: float | None, lines: list[Line]) -> list[Knee]:
    found = [(line, line.at(rate)) for line in lines] if rate is not None else []
    # Several lines may have had this rate: the one that did most at it is the one that kept up.
    tried = [(line, run) for line, run in found if run]
    best = max(tried, key=lambda each: each[1]["throughput_per_second"], default=None)
    return [Knee(rate, *best)] if best else []
