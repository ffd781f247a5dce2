#!/usr/bin/env python3
"""Checks answers of the Coder simulator against Coder's own swagger.

usage: check_schema.py SWAGGER < EXCHANGES

EXCHANGES is one JSON object a line: {"method", "path", "status", "body"}, where path is a path of the swagger with its
braces and body is the answer's JSON, or null where there was none. Prints what does not fit and ends with 1, or prints
how many answers fit and ends with 0. Needs Debian's python3-jsonschema.
"""
import json
import re
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("check_schema.py: the Python module jsonschema is missing; install Debian's python3-jsonschema")

# Members that Coder writes as null, though its swagger has no word for it.
NULLABLE = {
    "codersdk.Workspace": [
        "autostart_schedule", "deleting_at", "dormant_at", "latest_app_status", "next_start_at", "task_id", "ttl_ms"],
    "codersdk.WorkspaceBuild": ["deadline", "max_deadline", "template_version_preset_id"],
    "codersdk.WorkspaceAgent": ["parent_id"],
}
# Members that the swagger has in another case than Coder's answers.
OPEN = {"codersdk.TransitionStats"}
# The swagger says 200 for these; Coder answers 201.
CREATED = {
    ("post", "/users/{user}/workspaces"), ("post", "/organizations/{organization}/members/{user}/workspaces"),
    ("post", "/workspaces/{workspace}/builds")}

formats = jsonschema.FormatChecker(formats=[])


@formats.checks("uuid")
def is_uuid(value):
    return not isinstance(value, str) or bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value))


@formats.checks("date-time")
def is_time(value):
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", value))


def strict(swagger):
    """The definitions as JSON Schema: null where Coder writes it, and nothing that Coder does not have."""
    for name, definition in swagger["definitions"].items():
        for member in NULLABLE.get(name, []):
            definition["properties"][member] = {"anyOf": [definition["properties"][member], {"type": "null"}]}
        if "properties" in definition and "additionalProperties" not in definition and name not in OPEN:
            definition["additionalProperties"] = False
    return swagger


def problems(swagger, exchange):
    method, path, status = exchange["method"].lower(), exchange["path"], exchange["status"]
    operation = swagger["paths"].get(path, {}).get(method)
    if operation is None:
        return [f"{method} {path} is not in the swagger"]
    if status >= 400:
        schema = {"$ref": "#/definitions/codersdk.Response"}
    else:
        if (status == 201) != ((method, path) in CREATED):
            return [f"{status} is not the status of success here"]
        response = operation["responses"].get("200" if status == 201 else str(status))
        if response is None:
            return [f"{status} is no status of this route"]
        schema = response.get("schema")
        if schema is None:
            return [] if exchange["body"] is None else ["there should be no body"]
    resolver = jsonschema.RefResolver("", swagger)
    validator = jsonschema.Draft4Validator(schema, resolver=resolver, format_checker=formats)
    return [
        f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
        for error in validator.iter_errors(exchange["body"])]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        swagger = strict(json.load(file))
    wrong = checked = 0
    for line in sys.stdin:
        exchange = json.loads(line)
        checked += 1
        for problem in problems(swagger, exchange):
            wrong += 1
            print(f"{exchange['method']} {exchange['path']} {exchange['status']}: {problem}")
    print(f"{checked} answers checked, {wrong} problems")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
