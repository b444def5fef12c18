"""Whoever reads the API's document finds for every body an example of what has to be sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portal import Portal

pytestmark = pytest.mark.one_database
Data = dict[str, Any]


def bodies(document: Data) -> dict[str, Data]:
    """The schemas of the JSON bodies by operation; acts without a field take none."""
    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            name = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            if name:
                schema = document["components"]["schemas"][name.rpartition("/")[2]]
                found[f"{method} {path}"] = schema
    return found


def example_of(schema: Data) -> Data:
    """The body's own example, else those of its fields together."""
    if "examples" in schema:
        return dict(schema["examples"][0])
    fields = schema.get("properties", {}).items()
    return {name: field["examples"][0] for name, field in fields if "examples" in field}


def test_every_body_has_an_example_with_all_that_has_to_be_sent(portal: Portal) -> None:
    found = bodies(portal.app.openapi())
    assert len(found) > 80
    wanting = {
        operation: sorted(set(schema.get("required", ())) - set(example_of(schema)))
        for operation, schema in found.items()
        if not example_of(schema) or set(schema.get("required", ())) - set(example_of(schema))
    }
    assert wanting == {}


def test_no_example_names_a_field_or_a_word_that_is_not_taken(portal: Portal) -> None:
    for operation, schema in bodies(portal.app.openapi()).items():
        for name, value in example_of(schema).items():
            field = schema["properties"].get(name)
            assert field is not None, (operation, name)
            assert value in field.get("enum", [value]), (operation, name, value)
