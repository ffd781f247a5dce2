"""What the figures were measured on, and how."""

from document import NOTHING, Section, Table, counted, number

# A load average from which on the measuring was not alone, for each core.
BUSY = 0.5
COLUMNS = ("file", "command", "started", "machine", "load before")


def section(results: list[dict]) -> Section:
    machines = machines_of(results)
    sentences = [
        "Figures of one machine are not those of another; the load before is the load average of the minute before, "
        "and what it says above 0 has been in the way."
    ]
    if len(machines) > 1:
        sentences.append(
            f"These results come from {len(machines)} machines or versions: compare only what is of the same one."
        )
    busy = [result for result in results if result["machine"]["load_before"] > BUSY * result["machine"]["cores"]]
    if busy:
        sentences.append(
            f"Before {len(busy)} of {counted(len(results), 'result', 'results')} the machine was busy already, with a "
            f"load of up to {number(max(result['machine']['load_before'] for result in busy))} on "
            f"{counted(busy[0]['machine']['cores'], 'core', 'cores')}."
        )
    return Section("How it was measured", [" ".join(sentences)], [_machines(machines), _commands(results, machines)])


def machines_of(results: list[dict]) -> list[dict]:
    """Each machine with its versions once, in the order of the results."""
    found = []
    for result in results:
        if (machine := _machine(result)) not in found:
            found.append(machine)
    return found


def _machine(result: dict) -> dict:
    return {key: value for key, value in result["machine"].items() if key != "load_before"} | {
        "mendline": result["mendline"]
    }


def _machines(machines: list[dict]) -> Table:
    columns = ("machine", "cores", "CPU", "memory MiB", "kernel", "Mendline", "Swift", "libzmq", "SQLite")
    rows = [
        [
            str(number_of), str(machine["cores"]), machine["cpu"], number(machine["memory_mib"]), machine["kernel"],
            machine["mendline"], machine["swift"], machine["libzmq"], machine.get("sqlite") or NOTHING,
        ]
        for number_of, machine in enumerate(machines, start=1)
    ]
    return Table("Machines and versions", columns, rows, texts=len(columns))


def _commands(results: list[dict], machines: list[dict]) -> Table:
    rows = [
        [
            result["file"], result["command"], moment(result["started"]), str(machines.index(_machine(result)) + 1),
            f"{result['machine']['load_before']:.2f}",
        ]
        for result in results
    ]
    return Table("Commands", COLUMNS, rows, texts=4, typed=frozenset({1}))


def moment(started: str) -> str:
    """Without what is finer than a second."""
    whole, _, rest = started.partition(".")
    return f"{whole}{rest.lstrip('0123456789')}"
