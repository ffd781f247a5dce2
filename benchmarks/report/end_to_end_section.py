"""What is told about the whole topology."""

from document import Section, Table, counted, duration, number, share
from end_to_end_charts import PARTS, cpu, cpu_of, split

PART_NAMES = {
    "wait": "waiting for the plan",
    "provision": "making the workspace",
    "run": "the run until the verdict",
    "report": "telling the incident system",
}


def section(results: list[dict]) -> Section:
    paragraphs = [" ".join(_sentences(result["end_to_end"])) for result in results]
    paragraphs.append(
        "Every part has its own percentiles, so the length of a bar is their sum and not a percentile of the whole: "
        + ", ".join(f"{part} is {PART_NAMES[part]}" for part in PARTS)
        + "."
    )
    tables = [_runs(results), _split(results), _processes(results)]
    return Section("End to end", paragraphs, tables, [*(split(result) for result in results), cpu(results)])


def _sentences(measured: dict) -> list[str]:
    times, parts = measured["to_verdict_ms"], measured["split_ms"]
    accepted, finished = measured["accepted_per_second"], measured["finished_per_second"]
    sentences = [
        f"With {measured['mode']}: {counted(measured['incidents'], 'incident', 'incidents')}, {number(accepted)} "
        f"a second accepted and {number(finished)} a second finished; half had their verdict within "
        f"{duration(times['p50'])}, 99 of 100 within {duration(times['p99'])}, the slowest after "
        f"{duration(times['max'])}."
    ]
    if finished and accepted > 1.1 * finished:
        sentences.append(
            f"They were accepted {number(accepted / finished)} times as fast as they were finished, the wait for the "
            "last one included."
        )
    longest = max(PARTS, key=lambda part: parts[part]["p50"])
    whole = sum(parts[part]["p50"] for part in PARTS)
    if whole:
        sentences.append(
            f"At p50 the longest part is {longest}, {duration(parts[longest]['p50'])} or "
            f"{share(parts[longest]['p50'], whole)} of the bar."
        )
    spent = cpu_of({"end_to_end": measured})
    total = sum(spent.values())
    dearest = max(spent, key=lambda name: spent[name])
    sentences.append(
        f"An incident took {number(total)} ms of CPU in all, {share(spent[dearest], total)} of it in {dearest}, and "
        f"{number(measured['coder_calls_per_incident'])} calls to Coder; all processes together held "
        f"{number(sum(process['pss_mib'] for process in measured['processes']))} MiB (PSS)."
    )
    return sentences


def _runs(results: list[dict]) -> Table:
    columns = (
        "mode", "incidents", "accepted /s", "finished /s", "verdict p50 ms", "verdict p99 ms", "verdict max ms",
        "Coder calls each",
    )
    rows = []
    for measured in (result["end_to_end"] for result in results):
        times = measured["to_verdict_ms"]
        figures = (
            measured["accepted_per_second"], measured["finished_per_second"], times["p50"], times["p99"], times["max"],
            measured["coder_calls_per_incident"],
        )
        rows.append([measured["mode"], f"{measured['incidents']:,}", *map(number, figures)])
    return Table("Runs of the whole topology", columns, rows)


def _split(results: list[dict]) -> Table:
    columns = ("mode", *(f"{part} {which} ms" for part in PARTS for which in ("p50", "p99")))
    rows = []
    for measured in (result["end_to_end"] for result in results):
        figures = (measured["split_ms"][part][which] for part in PARTS for which in ("p50", "p99"))
        rows.append([measured["mode"], *map(number, figures)])
    return Table("Where the time goes", columns, rows)


def _processes(results: list[dict]) -> Table:
    rows = []
    for measured in (result["end_to_end"] for result in results):
        for process in sorted(measured["processes"], key=lambda each: -each["cpu_ms_per_incident"]):
            figures = (process["cpu_ms_per_incident"], process["rss_mib"], process["pss_mib"])
            rows.append([measured["mode"], process["name"], *map(number, figures)])
    return Table("Processes", ("mode", "process", "CPU ms for an incident", "RSS MiB", "PSS MiB"), rows, texts=2)
