"""What is told about the ratios: each measured thing beside its yardstick of the same run."""

from document import Section, Table, counted, listed, number

COLUMNS = ("name", "what", "yardstick", "unit", "measured", "its yardstick", "ratio", "goal", "goal is")
SIGNS = {">=": "≥", "<=": "≤"}


def section(results: list[dict]) -> Section:
    missed = [result["name"] for result in results if not reached(result["ratio"])]
    count = len(results)
    sentences = [f"{count - len(missed)} of {counted(count, 'ratio', 'ratios')} reached the goal."]
    if missed:
        sentences.append(f"Missed: {listed(missed)}.")
    sentences.append("Both sides of a ratio come from one run on one machine, so ratios compare between machines.")
    table = Table("Ratios and goals", COLUMNS, [_row(each) for each in results], texts=4)
    return Section("Ratios", [" ".join(sentences)], [table])


def reached(ratio: dict) -> bool:
    sign, bound = ratio["goal"].split()
    return ratio["ratio"] >= float(bound) if sign == ">=" else ratio["ratio"] <= float(bound)


def _row(result: dict) -> list[str]:
    ratio = result["ratio"]
    sign, bound = ratio["goal"].split()
    return [
        result["name"], ratio["what"], ratio["against"], ratio["unit"], number(ratio["value"]),
        number(ratio["against_value"]), _figure(ratio), f"{SIGNS[sign]} {bound}",
        "✓ reached" if reached(ratio) else "✗ missed",
    ]


def _figure(ratio: dict) -> str:
    """As it is written, rounding must not put it on the other side of its goal."""
    written = number(ratio["ratio"])
    rounded = ratio | {"ratio": float(written.replace(",", ""))}
    return written if reached(rounded) == reached(ratio) else f"{ratio['ratio']:.6g}"
