"""Reads a folder of results and holds every file to results.schema.json."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

import jsonschema

SCHEMA = json.loads((Path(__file__).parent / "results.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class Refused(Exception):
    """The results cannot be read; the text has one line for each reason."""


def load(folder: Path) -> list[dict]:
    """All results of the folder in the order of their making, each with its file's name as `file`.

    Everything that is wrong in any file is told at once.
    """
    if not folder.is_dir():
        raise Refused(f"{folder}: no such folder")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise Refused(f"{folder}: no results here (*.json); measure first, with `make bench`")
    results, wrong = [], []
    for path in paths:
        try:
            result = json.loads(path.read_text(encoding="utf-8"), parse_constant=_not_a_number)
        except (OSError, ValueError) as error:
            wrong.append(f"{path}: {_reason(error)}")
            continue
        errors = sorted(VALIDATOR.iter_errors(result), key=lambda error: [str(step) for step in error.absolute_path])
        wrong += [f"{path}: {_place(error.absolute_path)}{_short(error.message)}" for error in _telling(errors)]
        if not errors and (contradiction := _contradiction(result)):
            wrong.append(f"{path}: {contradiction}")
        elif not errors:
            results.append(result | {"file": path.name})
    if wrong:
        raise Refused("\n".join(wrong))
    return sorted(results, key=lambda result: (result["started"], result["file"]))


def _telling(errors: list[jsonschema.ValidationError]) -> list[jsonschema.ValidationError]:
    """Those that say what is wrong: a part that is wrong is taken for an unknown one as well."""
    return [error for error in errors if error.validator != "unevaluatedProperties"] or errors


def _contradiction(result: dict) -> str | None:
    """What no schema can say: the knee is the rate of a run."""
    knee = result.get("knee_per_second")
    if knee is None or any(math.isclose(knee, run.get("offered_per_second") or 0) for run in result["runs"]):
        return None
    return f"knee_per_second: {knee:g} was offered in none of the runs"


def _not_a_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"line {error.lineno}, column {error.colno}: {error.msg}"
        case UnicodeDecodeError():
            return f"byte {error.start}: not UTF-8"
        case OSError():
            return error.strerror or str(error)
    return str(error)


def _short(text: str) -> str:
    """Without the middle of what is long, since a message repeats the value that it is about."""
    return text if len(text) <= 200 else f"{text[:100]} … {text[-100:]}"


def _place(path: Iterable[str | int]) -> str:
    """`runs[2].in_hand_ms.p99: `, or nothing for the whole."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    return f"{place}: " if place else ""
