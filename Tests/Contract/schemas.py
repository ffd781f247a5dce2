"""The published schemas of the message contract, and what they say of one value."""

import json
import re
from datetime import date
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

FOLDER = Path(__file__).resolve().parents[2] / "topology/messages"
ANNOTATIONS = {"$schema", "$id", "title", "description", "examples", "default", "contentEncoding"}
# The files that describe no type's data.
SHARED = {"common", "delivery", "envelope"}

published = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "schemas").glob("*.json"))}
registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in published.values())
types = sorted(published.keys() - SHARED)

formats = FormatChecker(formats=[])


@formats.checks("date-time", raises=ValueError)
def is_moment(value) -> bool:
    return not isinstance(value, str) or moment(value) is not None


def moment(text: str) -> int:
    """The milliseconds from the year 0 to the moment; what is finer is cut."""
    day, clock, offset = r"(\d{4})-(\d\d)-(\d\d)", r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?", r"(?:Z|([+-])(\d\d):(\d\d))"
    found = re.fullmatch(f"{day}T{clock}{offset}", text, re.ASCII)
    if not found:
        raise ValueError(f"{text} is not a moment")
    year, month, day_of_month, hour, minute, second = (int(part) for part in found.groups()[:6])
    # Python's calendar has no year 0, but repeats itself every 400 years.
    days = date(year % 400 + 400, month, day_of_month).toordinal() + year // 400 * 146_097
    ahead = int(found[9] or 0) * 60 + int(found[10] or 0)
    minutes = (days * 24 + hour) * 60 + minute - (-ahead if found[8] == "-" else ahead)
    return (minutes * 60 + second) * 1000 + int((found[7] or "").ljust(3, "0")[:3])


def validator(schema: dict) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=registry, format_checker=formats)


def strict(name: str) -> dict:
    """The schema with every reference in its place, and no member allowed that it does not describe."""
    return closed(inlined(published[name], name))


def inlined(schema, name: str):
    if isinstance(schema, list):
        return [inlined(each, name) for each in schema]
    if not isinstance(schema, dict):
        return schema
    here = {word: inlined(value, name) for word, value in schema.items() if word != "$ref"}
    if "$ref" not in schema:
        return here
    file, _, path = schema["$ref"].partition("#")
    there_name = file.removesuffix(".json") or name
    there = published[there_name]
    for step in path.split("/")[1:]:
        there = there[step]
    there = inlined(there, there_name)
    clash = here.keys() & there.keys() - ANNOTATIONS
    if clash:
        raise SystemExit(f"{name}: beside its $ref to {schema['$ref']} it says {clash} again; use allOf")
    return {**there, **here}


def closed(schema, whole: bool = True):
    """Refuses further members; a part of an object, as allOf has it, leaves that to the whole."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: closed(each) for name, each in schema["properties"].items()}
    for word in schema.keys() & {"items", "additionalProperties"}:
        result[word] = closed(schema[word])
    if "allOf" in schema:
        result["allOf"] = [closed(each, whole=False) for each in schema["allOf"]]
    if "then" in schema:
        result["then"] = closed(schema["then"], whole=False)
    if whole and ("properties" in schema or "allOf" in schema):
        result["unevaluatedProperties"] = False
    return result


def meaning(schema: dict, value):
    """What the value means by an inlined schema, so that equal is what means the same.

    A moment is its milliseconds, a missing member with a default has it, and true is not 1.
    """
    if isinstance(value, bool):
        return "true" if value else "false", bool
    if isinstance(value, str):
        return moment(value) if schema.get("format") == "date-time" else value
    if isinstance(value, list):
        return [meaning(schema.get("items", {}), each) for each in value]
    if not isinstance(value, dict):
        return value
    result = dict(value)
    said: dict[str, dict] = {}
    for part in parts(schema, value):
        for name, member in part.get("properties", {}).items():
            said[name] = {**said.get(name, {}), **member}
            if "default" in member:
                result.setdefault(name, member["default"])
    return {name: meaning(said.get(name, {}), each) for name, each in result.items()}


def parts(schema: dict, value: dict):
    """The schema and all in it that apply to the value."""
    yield schema
    for part in schema.get("allOf", []):
        if "if" not in part:
            yield from parts(part, value)
        elif validator(part["if"]).is_valid(value):
            yield from parts(part["then"], value)
