"""What is told about one stage measured alone."""

from document import Section, Table, counted, duration, number, share
from stage_charts import charts
from stage_lines import Knee, Line, lines_of

COLUMNS = (
    "transport, processes", "offered /s", "handed out", "done", "done /s", "of offered", "p50 ms", "p95 ms", "p99 ms",
    "p99.9 ms", "max ms", "CPU µs each", "RSS MiB", "worked off s",
)


def section(results: list[dict]) -> Section:
    """Of all files of one stage."""
    stage = results[0]["name"]
    lines, knees = lines_of(results)
    rows = [_row(line, run) for line in lines for run in line.runs]
    table = Table(f"All runs of {stage}", COLUMNS, rows)
    return Section(
        f"Stage {stage}", [" ".join(_sentences(stage, lines, knees))], [table], charts(stage, lines, knees)
    )


def _sentences(stage: str, lines: list[Line], knees: list[Knee]) -> list[str]:
    sentences = []
    rates = [run["offered_per_second"] for line in lines for run in line.at_rates]
    if knees:
        told = "; ".join(f"{number(knee.rate)} deliveries a second ({knee.line.name})" for knee in knees)
        sentences.append(f"The highest offered rate that {stage} kept up with: {told}.")
        first = knees[0]
        if times := first.run.get("in_hand_ms"):
            sentences.append(
                f"At {number(first.rate)}/s half of the deliveries were in hand for at most {duration(times['p50'])}, "
                f"99 of 100 for at most {duration(times['p99'])}, the slowest for {duration(times['max'])}."
            )
        for knee in knees:
            if knee.is_highest_tried:
                sentences.append(f"No higher rate was tried with {knee.line.name}: its knee may lie above.")
    elif rates:
        sentences.append(
            f"{stage} kept up with none of the rates tried, of which {number(min(rates))}/s is the lowest."
        )
    if unpaced := [line for line in lines if line.fastest is not None]:
        most = max(unpaced, key=lambda line: line.fastest)
        sentences.append(
            f"Handed out as fast as it took them, at most {number(most.fastest)} a second were done ({most.name})."
        )
    runs = [run for line in lines for run in line.runs]
    sent, settled = sum(run["sent"] for run in runs), sum(run["settled"] for run in runs)
    if sent > settled:
        sentences.append(
            f"{sent - settled:,} of {counted(sent, 'delivery', 'deliveries')} handed out "
            f"({share(sent - settled, sent)}) were not settled as done."
        )
    return sentences


def _row(line: Line, run: dict) -> list[str]:
    offered, times = run.get("offered_per_second"), run.get("in_hand_ms") or {}
    return [
        line.name,
        "no limit" if offered is None else number(offered),
        f"{run['sent']:,}",
        f"{run['settled']:,}",
        number(run["throughput_per_second"]),
        number(None) if offered is None else share(run["throughput_per_second"], offered),
        *(number(times.get(name)) for name in ("p50", "p95", "p99", "p99_9", "max")),
        number(run["cpu_us_per_delivery"]),
        number(run["rss_mib"]),
        number(run.get("backlog_seconds")),
    ]
