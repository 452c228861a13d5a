"""The OpenAPI document: what the routes say of themselves, the shape of errors, and answers of the sample desk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.schemas.problems import Problem

ANSWERS = Path(__file__).with_name("answers.json")


def document(app: FastAPI, *, asks_for_keys: bool) -> dict[str, Any]:
    """The document of a service; where it asks for no key, a request without one is one of the ways."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        found["components"]["schemas"] |= {**shape.pop("$defs"), "Problem": shape}
        answers = _answers()
        for method, path, operation in operations(found):
            if not asks_for_keys and operation.get("security"):
                operation["security"].append({})
            for status, response in operation["responses"].items():
                shown = response.get("content", {}).get("application/json")
                recorded = answers.get(f"{method} {path} {status}")
                if shown is not None and recorded is not None:
                    shown["example"] = recorded
        app.openapi_schema = found
    return app.openapi_schema


def operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a document: method, path and what it says."""
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@cache
def _answers() -> dict[str, Any]:
    """Answers that were recorded from the sample desk, by method, path and status."""
    return dict(json.loads(ANSWERS.read_text(encoding="utf-8")))
