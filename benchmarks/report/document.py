"""The parts of a report, whatever it is written as, and how figures are written in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chart:
    """A drawing; `what` says in words what it shows, for those who do not see it."""

    title: str
    what: str
    svg: str


@dataclass(frozen=True)
class Table:
    """Rows of text. The first `texts` columns are words, the others are figures; those of `typed` are commands."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1
    typed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """What belongs together: what the reader sees, then the drawings and the figures themselves."""

    title: str
    paragraphs: Sequence[str]
    tables: Sequence[Table]
    charts: Sequence[Chart] = field(default_factory=tuple)


@dataclass(frozen=True)
class Document:
    title: str
    paragraphs: Sequence[str]
    sections: Sequence[Section]


NOTHING = "–"


def number(value: float | None) -> str:
    """With three digits that count, and whole from a hundred on."""
    if value is None:
        return NOTHING
    # What three digits make of it decides, so that 9.996 is 10.0 and 99.96 is 100.
    rounded = float(f"{value:.3g}")
    if rounded >= 100:
        return f"{value:,.0f}"
    if rounded >= 10:
        return f"{value:.1f}"
    if rounded >= 1 or value == 0:
        return f"{value:.2f}"
    return f"{value:.{max(3, math.ceil(-math.log10(rounded)))}f}"


def duration(milliseconds: float) -> str:
    """In the unit that suits it."""
    if float(f"{milliseconds:.3g}") >= 1000:
        return f"{number(milliseconds / 1000)} s"
    return f"{number(milliseconds)} ms"


def share(part: float, whole: float) -> str:
    """In percent, never rounded to none."""
    if not whole:
        return NOTHING
    percent = 100 * part / whole
    return "under 0.1 %" if 0 < percent < 0.05 else f"{percent:.1f} %"


def counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
