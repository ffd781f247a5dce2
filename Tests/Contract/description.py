"""The AsyncAPI document of the message contract: that it is one, and that it names what there is."""

import json

import yaml

import schemas

# The fields that each object of AsyncAPI 3.1 may have beside extensions, and those that it must have.
FIELDS = {
    "document": ({"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"},
                 {"asyncapi", "info"}),
    "info": ({"title", "version", "description", "termsOfService", "contact", "license", "tags", "externalDocs"},
             {"title", "version"}),
    "server": ({"host", "protocol", "protocolVersion", "pathname", "description", "title", "summary", "variables",
                "security", "tags", "externalDocs", "bindings"}, {"host", "protocol"}),
    "variable": ({"enum", "default", "description", "examples"}, set()),
    "channel": ({"address", "messages", "title", "summary", "description", "servers", "parameters", "tags",
                 "externalDocs", "bindings"}, {"messages"}),
    "operation": ({"action", "channel", "title", "summary", "description", "security", "tags", "externalDocs",
                   "bindings", "traits", "messages", "reply"}, {"action", "channel"}),
    "message": ({"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description",
                 "tags", "externalDocs", "bindings", "examples", "traits"}, {"payload", "summary"}),
}


def problems() -> list[str]:
    document = yaml.safe_load((schemas.FOLDER / "asyncapi.yaml").read_text())
    return [f"asyncapi.yaml: {problem}" for problem in [
        *shape(document), *references(document), *operations(document), *messages(document)]]


def shape(document: dict):
    if document.get("asyncapi") != "3.1.0":
        yield f"it is of version {document.get('asyncapi')}"
    yield from fields("document", "the document", document)
    yield from fields("info", "info", document["info"])
    for kind in ("server", "channel", "operation"):
        for name, value in document[f"{kind}s"].items():
            yield from fields(kind, name, value)
    for server in document["servers"].values():
        for name, value in server["variables"].items():
            yield from fields("variable", name, value)
            if f"{{{name}}}" not in server["host"]:
                yield f"no host has the variable {name}"
    for name, value in document["components"]["messages"].items():
        yield from fields("message", name, value)


def fields(kind: str, place: str, value: dict):
    allowed, required = FIELDS[kind]
    for name in value.keys() - allowed:
        if not name.startswith("x-"):
            yield f"{place}: no {kind} has a field {name}"
    for name in required - value.keys():
        yield f"{place}: it lacks {name}"


def references(document: dict, value=None):
    """Every reference leads to something."""
    value = document if value is None else value
    if isinstance(value, list):
        for each in value:
            yield from references(document, each)
    elif isinstance(value, dict):
        target = value.get("$ref")
        if target and target.startswith("#") and not leads_somewhere(document, target):
            yield f"there is no {target}"
        if target and not target.startswith("#") and not (schemas.FOLDER / target).is_file():
            yield f"there is no {target}"
        for each in value.values():
            yield from references(document, each)


def leads_somewhere(document: dict, target: str) -> bool:
    here = document
    for step in target.split("/")[1:]:
        if not isinstance(here, dict) or step not in here:
            return False
        here = here[step]
    return True


def operations(document: dict):
    """What an operation carries is of its channel; what a channel carries is a component."""
    for name, operation in document["operations"].items():
        if operation["action"] not in ("send", "receive"):
            yield f"{name}: {operation['action']} is no action"
        for each in (operation, operation.get("reply", {})):
            for message in each.get("messages", []):
                if not message["$ref"].startswith(f"{each['channel']['$ref']}/messages/"):
                    yield f"{name}: {message['$ref']} is not of its channel"
    for name, channel in document["channels"].items():
        for message in channel["messages"].values():
            if not message["$ref"].startswith("#/components/messages/"):
                yield f"{name}: {message['$ref']} is no component"


def messages(document: dict):
    """Every type is a message on a channel, and every example stands at the message that it is one of."""
    components = document["components"]["messages"]
    named = {message.get("name") for message in components.values()} - {None, "delivery"}
    for name in named ^ set(schemas.types):
        yield f"{name} is a message or a type, but not both"
    carried = [each["$ref"] for channel in document["channels"].values() for each in channel["messages"].values()]
    for name in components.keys() - {"delivery"}:
        if carried.count(f"#/components/messages/{name}") != 1:
            yield f"{name} is not on one channel"
    shown = []
    for name, message in components.items():
        payload = message["payload"]["schema"]
        check = schemas.validator({"$id": "https://mendline.dev/schemas/v1/asyncapi", **beside(payload)})
        for example in message["examples"]:
            path = schemas.FOLDER / example["payload"]["$ref"]
            shown.append(path.name)
            if not path.is_file():
                continue
            for error in check.iter_errors(json.loads(path.read_text())):
                yield f"{path.name} is no {name}: {error.message}"
    there = [path.name for path in (schemas.FOLDER / "examples").glob("*.json")]
    for name in there:
        if shown.count(name) != 1:
            yield f"{name} is an example of {shown.count(name)} messages"


def beside(schema):
    """The schema with its references as the schemas themselves have them: to the file beside."""
    if isinstance(schema, list):
        return [beside(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {word: value.removeprefix("schemas/") if word == "$ref" else beside(value) for word, value in schema.items()}
