"""Makes the document from the results."""

import end_to_end_section
import machine_section
import ratio_section
import stage_section
from document import Document, counted

# The way of an incident; other stages follow by name.
STAGES = ("validator", "provisioner", "log-collector", "reporter")


def document(results: list[dict]) -> Document:
    """Ratios, the whole topology, each stage, and how it was measured."""
    of_kind = {kind: [each for each in results if each["kind"] == kind] for kind in ("ratio", "end-to-end", "stage")}
    sections = []
    if of_kind["ratio"]:
        sections.append(ratio_section.section(of_kind["ratio"]))
    if of_kind["end-to-end"]:
        sections.append(end_to_end_section.section(of_kind["end-to-end"]))
    for name in sorted({each["name"] for each in of_kind["stage"]}, key=_place):
        sections.append(stage_section.section([each for each in of_kind["stage"] if each["name"] == name]))
    sections.append(machine_section.section(results))
    return Document("Mendline, measured", _summary(results), sections)


def _place(stage: str) -> tuple[int, str]:
    return (STAGES.index(stage) if stage in STAGES else len(STAGES), stage)


def _summary(results: list[dict]) -> list[str]:
    days = sorted({result["started"][:10] for result in results})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    machines = machine_section.machines_of(results)
    where = (
        f"{counted(machines[0]['cores'], 'core', 'cores')} of {machines[0]['cpu']}, Mendline {machines[0]['mendline']}"
        if len(machines) == 1
        else f"{len(machines)} machines or versions"
    )
    return [
        f"{counted(len(results), 'result', 'results')} of {when} on {where}; p50 is what half stay within, "
        "p99 what 99 of 100 do."
    ]
