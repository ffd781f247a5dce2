#!/usr/bin/env python3
"""Holds the types of the message contract and their published schemas together, so that neither changes alone.

Code to schemas: every example, which the Swift tests hold to the types, is what the schemas describe and nothing more.
Schemas to code: what they allow, made at random, comes back from the types with nothing lost. Readers: what is unknown
disturbs neither. And the AsyncAPI document names what there is.

    EXAMPLES  instances for each schema (300)
    SEED      makes a run again; every run says which it had
    BIN       where contract-echo is (.build/debug)
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

import description
import instances
import schemas

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("BIN") or ROOT / ".build/debug")
EXAMPLES = int(os.environ.get("EXAMPLES") or "300")
SEED = int(os.environ.get("SEED") or secrets.randbelow(1 << 31))
UNKNOWN = {"somethingnew": {"a": [1, None]}}


class Broken(AssertionError):
    """What must hold of a value and does not."""


class Echo:
    """The program that gives back what the types make of a line."""

    def __enter__(self):
        self.program = subprocess.Popen(
            [BIN / "contract-echo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        if self.program.wait(timeout=10) != 0:
            raise SystemExit(f"contract-echo has ended with {self.program.returncode}")

    def of(self, value: dict) -> dict:
        self.program.stdin.write(json.dumps(value, ensure_ascii=False) + "\n")
        self.program.stdin.flush()
        answer = self.program.stdout.readline()
        if not answer:
            raise SystemExit(f"contract-echo has ended at {json.dumps(value)}")
        return json.loads(answer)

    def must_keep(self, value: dict, schema: dict, sent: dict | None = None) -> None:
        """The types write the value that they read, whether sent so or with more around it."""
        sent = value if sent is None else sent
        answer = self.of(sent)
        if answer.keys() == {"error"}:
            raise Broken(f"the schema allows what the types refuse ({answer['error']}): {json.dumps(sent)}")
        whole = "specversion" in value
        before = schemas.meaning(schema, value if whole else value["data"])
        if schemas.meaning(schema, answer) != before:
            raise Broken(f"the types change it: {json.dumps(sent)} comes back as {json.dumps(answer)}")


def main() -> int:
    failures = published_form() + description.problems()
    with Echo() as echo:
        failures += examples(echo)
        for name in schemas.types:
            failures += random_instances(name, echo, of_type=name)
        for name in ("envelope", "delivery"):
            failures += random_instances(name, echo)
    for failure in failures:
        print(f"FAILED: {failure}")
    end = "broken" if failures else "kept"
    print(f"messages: {end}, {len(schemas.types)} types, {EXAMPLES} instances of each, SEED={SEED}")
    return 1 if failures else 0


def published_form() -> list[str]:
    """What must hold of the files themselves."""
    failures = []
    for name, schema in schemas.published.items():
        schemas.validator(schema).check_schema(schema)
        if schema["$id"] != f"https://mendline.dev/schemas/v1/{name}.json":
            failures.append(f"{name}.json calls itself {schema['$id']}")
        if any(word in json.dumps(schema) for word in ('"additionalProperties": false', '"unevaluatedProperties"')):
            failures.append(f"{name}.json forbids members; readers ignore what they do not know")
        failures += [f"{name}.json does not describe {place}" for place in undescribed(schemas.inlined(schema, name))]
    return failures


def undescribed(schema, place: str = ""):
    if isinstance(schema, list):
        for each in schema:
            yield from undescribed(each, place)
    elif isinstance(schema, dict):
        for word, value in schema.items():
            if word == "properties":
                for name, member in value.items():
                    yield from undescribed(member, f"{place}.{name}")
                    if "description" not in member and "$ref" not in member:
                        yield f"{place}.{name}"
            elif word != "if":
                yield from undescribed(value, place)


def examples(echo: Echo) -> list[str]:
    failures = []
    seen = set()
    for path in sorted((schemas.FOLDER / "examples").glob("*.json")):
        message = json.loads(path.read_text())
        name = "delivery" if "deliveryid" in message else "envelope"
        seen.add(message["type"])
        strict = schemas.strict(name)
        failures += [f"{path.name}: {error.json_path}: {error.message}"
                     for error in schemas.validator(strict).iter_errors(message)]
        more = {**message, **UNKNOWN, "data": {**message["data"], **UNKNOWN}}
        failures += [f"{path.name}: something unknown disturbs the schema: {error.message}"
                     for error in schemas.validator(schemas.published[name]).iter_errors(more)]
        try:
            echo.must_keep(message, strict)
            if message["type"] in schemas.types:
                echo.must_keep(message, strict, sent=more)
        except Broken as error:
            failures.append(f"{path.name}: {error}")
    return failures + [f"there is no example of {name}" for name in schemas.types if name not in seen]


def random_instances(name: str, echo: Echo, of_type: str | None = None) -> list[str]:
    schema = schemas.strict(name)
    check = schemas.validator(schema)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
    @given(instances.values(schema))
    def comes_back(instance):
        check.validate(instance)
        echo.must_keep({"type": of_type, "data": instance} if of_type else instance, schema)

    try:
        comes_back()
    except Broken as error:
        return [f"{name}: {error}"]
    return []


if __name__ == "__main__":
    sys.exit(main())
