"""Instances of the published schemas: whatever they allow, from the harmless to the far end of each bound.

It knows the words of JSON Schema that the contract uses, and stops at any other: a word that it did not know would be a
bound that nobody tries.
"""

import re
import unicodedata

from hypothesis import strategies as st

from schemas import ANNOTATIONS, validator

WORDS = ANNOTATIONS | {
    "type", "const", "enum", "not", "properties", "required", "additionalProperties", "unevaluatedProperties",
    "propertyNames", "maxProperties", "items", "minItems", "maxItems", "pattern", "format", "minLength", "maxLength",
    "minimum", "maximum", "allOf",
}
# As many members and elements as there are at most, to keep an instance small; bounds below it are kept.
MANY = 4
EXACT = 2 ** 53
SCALARS = st.characters(codec="utf-8")
TEXTS = st.text(SCALARS, max_size=40)


def values(*schemas: dict) -> st.SearchStrategy:
    """What all of the schemas allow together."""
    plain, conditions = taken_apart(schemas)
    if not conditions:
        return of_type(plain)
    # Each condition is one word for one member, the same member for all.
    (member,) = {name for condition in conditions for name in condition["if"]["properties"]}
    known = [condition["if"]["properties"][member]["const"] for condition in conditions]
    branches = [
        values(*plain, {"properties": {member: {"const": word}}}, condition["then"])
        for word, condition in zip(known, conditions, strict=True)
    ]
    return st.one_of(*branches, values(*plain, {"properties": {member: {"not": {"enum": known}}}}))


def taken_apart(schemas) -> tuple[list[dict], list[dict]]:
    """The schemas without allOf, and the conditions that stood there."""
    plain, conditions = [], []
    for schema in schemas:
        unknown = schema.keys() - WORDS
        if unknown:
            raise SystemExit(f"instances.py does not know {unknown}; teach it, or leave them out of the schemas")
        plain.append({word: value for word, value in schema.items() if word != "allOf"})
        for part in schema.get("allOf", []):
            if "if" in part:
                conditions.append(part)
            else:
                more, further = taken_apart([part])
                plain += more
                conditions += further
    return plain, conditions


def of_type(schemas: list[dict]) -> st.SearchStrategy:
    words = merged(schemas)
    for word in ("const", "enum"):
        if word in words:
            candidates = [words["const"]] if word == "const" else words["enum"]
            allowed = [each for each in candidates if all(validator(schema).is_valid(each) for schema in schemas)]
            return st.sampled_from(allowed) if allowed else st.nothing()
    match words.get("type"):
        case "string": made = strings(words)
        case "integer": made = integers(words["minimum"], words["maximum"])
        case "number": made = numbers(words)
        case "boolean": made = st.booleans()
        case "array":
            most = max(words.get("minItems", 0), min(words.get("maxItems", MANY), MANY))
            made = st.lists(values(words["items"]), min_size=words.get("minItems", 0), max_size=most)
        case "object": made = objects(schemas, words)
        case _: made = ANYTHING
    refused = [validator(schema["not"]) for schema in schemas if "not" in schema]
    return made.filter(lambda value: not any(each.is_valid(value) for each in refused)) if refused else made


def merged(schemas: list[dict]) -> dict:
    """The words of all, where no two say different things of one."""
    words: dict = {}
    for schema in schemas:
        for word, value in schema.items():
            if word in ANNOTATIONS or word in {"properties", "required", "unevaluatedProperties", "not"}:
                continue
            if word not in {"const", "enum"} and words.get(word, value) != value:
                raise SystemExit(f"instances.py cannot bring together {word} {words[word]} and {value}")
            words[word] = value
    return words


def strings(words: dict) -> st.SearchStrategy:
    if words.get("format") == "date-time":
        return moments()
    least, most = words.get("minLength", 0), words.get("maxLength")
    if "pattern" in words:
        # The end is the very end, as in ECMAScript; Python's $ has a last line break after it.
        made = st.from_regex(re.compile(words["pattern"]), fullmatch=True, alphabet=SCALARS)
    else:
        made = st.text(SCALARS, min_size=least, max_size=most and min(most, 40))
        if most:
            made |= st.text(SCALARS, min_size=1, max_size=1).map(lambda letter: letter * most)
    return made.filter(lambda text: least <= len(text) <= (len(text) if most is None else most))


@st.composite
def moments(draw) -> str:
    day = draw(st.dates())
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(["0000-01-01T00:00:00Z", "0000-02-29T12:00:00.0Z", "9999-12-31T23:59:59.999999Z"]))
    clock = draw(st.times()).strftime("%H:%M:%S")
    fraction = draw(st.sampled_from(["", ".1", ".02", ".123", ".9999", ".123456789012"]))
    offset = "Z" if day.year == 9999 else draw(st.sampled_from(["Z", "+00:00", "-00:00", "+23:59", "-07:30", "-23:59"]))
    return f"{day.isoformat()}T{clock}{fraction}{offset}"


def integers(least: int, most: int) -> st.SearchStrategy:
    """Whole numbers, some of them with a fraction of nothing: to JSON Schema 3.0 is an integer."""
    return st.integers(least, most) | st.sampled_from([least, most]) | st.integers(
        max(least, -EXACT), min(most, EXACT)).map(float)


def numbers(words: dict) -> st.SearchStrategy:
    least, most = words.get("minimum"), words.get("maximum")
    return st.floats(least, most, allow_nan=False, allow_infinity=False) | st.integers(
        -EXACT if least is None else least, EXACT if most is None else most)


def objects(schemas: list[dict], words: dict) -> st.SearchStrategy:
    members: dict[str, list[dict]] = {}
    required = {name for schema in schemas for name in schema.get("required", [])}
    for schema in schemas:
        for name, member in schema.get("properties", {}).items():
            members.setdefault(name, []).append(member)
    if not members:
        names = strings({"type": "string", **words.get("propertyNames", {})}) if "propertyNames" in words else TEXTS
        return named(names, values(words["additionalProperties"]), min(words.get("maxProperties", MANY), MANY))
    made = {name: values(*member) for name, member in members.items()}
    return st.fixed_dictionaries(
        {name: each for name, each in made.items() if name in required},
        optional={name: each for name, each in made.items() if name not in required and not each.is_empty},
    )


def named(names: st.SearchStrategy, each: st.SearchStrategy, most: int = MANY) -> st.SearchStrategy:
    """Values by name; names that Unicode holds for the same are one."""
    def composed(pair):
        return unicodedata.normalize("NFC", pair[0])

    return st.lists(st.tuples(names, each), max_size=most, unique_by=composed).map(dict)


ANYTHING = st.recursive(
    st.none() | st.booleans() | integers(-(2 ** 63), 2 ** 63 - 1) | numbers({}) | TEXTS,
    lambda inner: st.lists(inner, max_size=MANY) | named(TEXTS, inner),
    max_leaves=8,
)
