"""The OpenAPI document and the reference: an example of every body, answer and error, each of its own shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.api.openapi import operations
from tests.reference import PAGE, described, example_of, page


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return described()


def shown(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What every body, answer and error says of its content, with where that stands."""
    for method, path, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{method} {path} {kind}", content
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                if "json" in kind and "ndjson" not in kind:
                    yield f"{method} {path} {status} {kind}", content


def test_every_body_answer_and_error_has_an_example_of_its_shape(document: dict[str, Any]) -> None:
    count = 0
    for where, content in shown(document):
        example = example_of(document, content) if "example" in content or "$ref" in content["schema"] else None
        assert example is not None, f"{where}: has no example; run make reference"
        schema = {**content["schema"], "components": document["components"]}
        errors = [error.message for error in Draft202012Validator(schema).iter_errors(example)]
        assert not errors, f"{where}: {errors[:2]}"
        count += 1
    assert count > 500


def test_every_error_is_a_problem_but_those_of_another_products_shape(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                kinds = set(response["content"])
                assert kinds == {"application/problem+json"} or path.startswith("/api/now/"), (method, path, status)


def test_the_reference_is_that_of_the_document(document: dict[str, Any]) -> None:
    assert PAGE.read_text() == page(document), "run make reference"
