"""Writes docs/api.md and the answers in the OpenAPI document, from the routes and the sample desk: `make reference`."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.api.application import create_app
from app.api.openapi import ANSWERS, operations
from app.composition import Services, open_services
from app.error_codes import ERROR_CODES
from app.sample.preparation import prepare
from app.services.jobs import work
from tests.conftest import SAMPLE_NOW

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
FILLED = {"number": "INC0010001", "name": "a.agent", "field": "category", "solution_name": "ml_incident_categorization"}
ASKED = {
    "/v1/search": {"q": "vpn drops", "limit": 2},
    "/v1/articles/{id}/difference": {"before": 1, "after": 1},
    "/v1/queue": {"limit": 1},
    "/v1/jobs": {"kind": "classify", "limit": 1},
    "/v1/board": {"group": "Network"},
    "/v1/major-incidents/{id}/messages/draft": {"audience": "users"},
    "/solution/prediction": {"solution_names": "category", "input_maps": '[{"short_description": "vpn drops"}]'},
    "/{solution_name}/prediction": {"short_description": "vpn drops every few minutes"},
}
_ORDER = ("put /v1/incidents", "post /v1/incidents", "post /v1/articles", "patch", "put", "post", "get")
_LAST = ("/catalogue/{field}", "/capture", "/outcomes", "/restore", "/close", "/decision", "/do")
_AFTER_THEM = ("/state", "/resolve", "/review", "/continuity", "/merge", "/unmerge")
BODIES: dict[str, dict[str, Any]] = {
    "/v1/major-incidents/{id}/roles/{role}": {"expected": None},
    "/v1/major-incidents/{id}/merge": {"into": "INC0010001"},
}
"""What differs from the example of a body, as the sample desk has it."""
NOTIFICATIONS = """
notifications:
  mail: {from: desk@example.org, host: smtp.example.org, port: 587, tls: starttls}
  people:
    b.agent: {mail: b.agent@example.org}
  rules:
    - {name: Solved, event: resolved, to: assignee}
"""
_TEXT, _ITEMS, _FIELDS = 160, 2, 3


def record() -> dict[str, Any]:
    """Answers of the sample desk to each operation's own example."""
    os.environ |= {"TRIAGE_CONTROL_SHARE": "0", "TRIAGE_ROLE": "knowledge_domain_expert"}
    os.environ["TRIAGE_WEBHOOK_HOSTS"] = '["localhost"]'
    recorded = {}
    with tempfile.TemporaryDirectory() as folder, open_services(Path(folder) / "home") as services:
        prepare(services, now=SAMPLE_NOW)
        with TestClient(create_app(services, hosts=["testserver"])) as api:
            document = api.get("/openapi.json").json()
            ids = {"item": api.get("/v1/worklist").json()["items"][0]["id"], "flag": "1", "id": "KB00017"}
            hook = api.post("/v1/webhooks", json={"url": "https://localhost/", "events": ["job.finished"]}).json()["id"]
            job = api.post("/v1/jobs", params={"kind": "re-embed"}).json()["id"]
            key = api.post("/v1/keys", json={"name": "portal"}).json()["id"]
            work(services)
            assigned = {"number": "INC0010003", "act": "set", "fields": {"assigned_to": "a.agent"}}
            act = api.post("/v1/queue/acts", json={"acts": [assigned]}).json()["results"][0]["undo"]
            major = api.get("/v1/major-incidents").json()["proposals"][0]["id"]
            told = _untold(services, api)
            message = api.get("/v1/webhooks/deliveries").json()["deliveries"][0]["id"]
            own = {
                "/v1/webhooks/": {"id": hook},
                "/v1/webhooks/deliveries/": {"id": message},
                "/v1/keys/": {"id": key},
                "/v1/jobs/": {"id": job},
                "/v1/acts/": {"id": act},
                "/v1/incidents/{number}/transitions": {"number": "INC0090006"},  # one that is at work
                "/v1/major-incidents/": {"id": major} | _room(api, major),
                "/v1/notifications/": {"id": told},
                "/v1/security-incidents/": {"number": _reported(api)},
                "/v1/modes/{field}": {"field": "location"},  # right often enough to be automatic
            }
            for method, path, operation in sorted(operations(document), key=_turn):
                here = dict(ids)
                for beginning, values in own.items():
                    here |= values if path.startswith(beginning) else {}
                answer = _called(api, document, (method, path, operation), FILLED | here)
                (documented,) = [status for status in operation["responses"] if status < "300"]
                content = operation["responses"][documented].get("content", {})
                if "application/json" not in content or path == "/v1/jobs/{id}/result":
                    continue
                if str(answer.status_code) != documented:
                    raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
                found = answer.json()
                if (method, path) == ("post", "/v1/keys"):
                    found["key"] = "triage_ID_SECRET"
                recorded[f"{method} {path} {documented}"] = _short(found)
    return recorded


def _room(api: TestClient, major: str) -> dict[str, str]:
    """Accept a major incident, and return what the addresses of its room need: a role, a task, an entry, an action."""
    path = f"/v1/major-incidents/{major}"
    api.post(f"{path}/decision", json={"decision": "accepted", "by": "s.lead"}).raise_for_status()
    task = api.post(f"{path}/tasks", json={"title": "Call the provider", "role": "manager", "by": "s.lead"}).json()
    entry = api.post(f"{path}/timeline", json={"text": "Restarted the gateway.", "by": "s.lead"}).json()
    action = api.post(f"{path}/actions", json={"what": "Second gateway", "owner": "Network", "by": "s.lead"}).json()
    return {"role": "manager", "task": str(task["id"]), "entry": entry["id"], "action": str(action["id"])}


def _reported(api: TestClient) -> str:
    """Log an incident that is at work, to be restricted, and return its number."""
    ticket = {"short_description": "I typed my password into a page that a mail led to", "state": "in progress"}
    api.put("/v1/incidents/INC0099902", json=ticket).raise_for_status()
    return "INC0099902"


def _untold(services: Services, api: TestClient) -> str:
    """Return a notification that failed, since the mail address of its recipient was not known then."""
    file = services.home / "practice.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + NOTIFICATIONS, encoding="utf-8")
    ticket = {"short_description": "no network in room 12", "state": "in progress", "assigned_to": "a.agent"}
    api.put("/v1/incidents/INC0099901", json=ticket).raise_for_status()
    api.post("/v1/incidents/INC0099901/transitions", json={"to": "resolved", "by": "b.agent"}).raise_for_status()
    known = NOTIFICATIONS.replace("  people:\n", "  people:\n    a.agent: {mail: a.agent@example.org}\n")
    file.write_text(text + known, encoding="utf-8")
    return str(api.get("/v1/notifications", params={"status": "failed"}).json()["notifications"][0]["id"])


def _turn(entry: tuple[str, str, Any]) -> tuple[int, int]:
    method, path, _ = entry
    said = f"{method} {path}"
    late = int(path.endswith(_LAST) or method == "delete")
    late = next((2 + place for place, ending in enumerate(_AFTER_THEM) if path.endswith(ending)), late)
    return late, next((place for place, start in enumerate(_ORDER) if said.startswith(start)), len(_ORDER))


def _called(api: TestClient, document: Any, entry: tuple[str, str, Any], filled: dict[str, str]) -> Any:
    method, path, operation = entry
    address = re.sub(r"{(\w+)}", lambda found: filled[found[1]], path)
    asked = next((values for ending, values in ASKED.items() if path.endswith(ending)), {})
    more: dict[str, Any] = {}
    if path == "/v1/jobs" and method == "post":
        more = {"content": "number,short_description\nINC1,cannot print\n", "headers": {"content-type": "text/csv"}}
    elif "requestBody" in operation:
        more = {"json": example_of(document, operation["requestBody"]["content"]["application/json"])}
        if path in BODIES:
            more["json"] = more["json"] | BODIES[path]
        if path == "/v1/models/serving":
            more["json"] = {"version": api.get("/v1/models").json()["models"][0]["version"]}
        if path == "/v1/webhooks":
            more["json"] = more["json"] | {"url": "https://localhost/triage"}
    if path.startswith("/v1/security-incidents"):
        more["headers"] = {"Triage-Person": "s.lead"}
    return api.request(method, address, params=asked, **more)


def example_of(document: Any, content: Any) -> Any:
    """The example of a body, at the body or at its schema."""
    if "example" in content:
        return content["example"]
    schema = content["schema"]
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema["example"]


def _short(value: Any, name: str = "") -> Any:
    """An answer that can be read: long texts, lists and maps of fields are cut."""
    if isinstance(value, str):
        return value if len(value) <= _TEXT else f"{value[:_TEXT]}…"
    if isinstance(value, list):
        return [_short(one) for one in value[:_ITEMS]]
    if isinstance(value, dict):
        kept = list(value.items())[: _FIELDS if name in ("fields", "metrics", "figures") else None]
        return {key: _short(one, key) for key, one in kept}
    return value


def page(document: dict[str, Any]) -> str:
    """The reference as Markdown."""
    lines = [
        "# The HTTP API",
        "",
        "Made by `make reference` from the OpenAPI document (`/openapi.json`, `/docs`) and answers of the made-up",
        "sample desk, cut where they are long. Errors are problems (RFC 9457), shown at the end. [Connect](connect.md)",
        "has keys, scopes and rules.",
        "",
    ]
    tags: dict[str, list[str]] = {}
    for method, path, operation in operations(document):
        tags.setdefault(operation["tags"][0], []).extend(_described(document, method, path, operation))
    for tag, described in tags.items():
        lines += [f"## {tag.capitalize()}", "", *described]
    lines += ["## Errors", "", "| status | when |", "| --- | --- |"]
    errors = {
        status: response
        for _, _, operation in operations(document)
        for status, response in operation["responses"].items()
        if "application/problem+json" in response.get("content", {})
    }
    lines += [f"| {status} | {response['description']} |" for status, response in sorted(errors.items())]
    lines += [
        "",
        "A program tells problems apart by their `type`, which is the same in every version; later versions may add",
    ]
    lines += [
        "some. Where the status says it all, it is `about:blank`. `wording` has the parts of the `detail`, where it",
        "has some: its template and the values in it, for readers of other languages.",
        "",
        "| type | status | meaning |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{code.type}` | {code.status.value} | {code.meaning} |" for code in ERROR_CODES]
    invalid = errors["422"]["content"]["application/problem+json"]["example"]
    return "\n".join([*lines, "", *_block(invalid)])


def _described(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> list[str]:
    scopes = [scope for entry in operation.get("security", ()) for names in entry.values() for scope in names]
    lines = [f"### {method.upper()} {path}", "", operation.get("description", operation["summary"]), ""]
    lines += [f"Scope: {', '.join(scopes) or 'none is needed'}.", ""]
    parameters = [one for one in operation.get("parameters", ()) if one["name"] != "idempotency-key"]
    if parameters:
        lines += ["| parameter | in | |", "| --- | --- | --- |"]
        lines += [
            f"| {one['name']} | {one['in']}{_optional(one)} | {one.get('description', '')} |" for one in parameters
        ]
        lines.append("")
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        lines += [f"Body ({kind}):", "", *_block(example_of(document, content))]
    for status, response in operation["responses"].items():
        for kind, content in response.get("content", {}).items():
            if status < "300" and "example" in content:
                lines += [f"Answer {status} ({kind}):", "", *_block(content["example"])]
    return lines


def _optional(parameter: dict[str, Any]) -> str:
    return "" if parameter.get("required") else ", optional"


def _block(example: Any) -> list[str]:
    text = example if isinstance(example, str) else json.dumps(example, indent=1, ensure_ascii=False)
    return ["```json" if not isinstance(example, str) else "```", text.rstrip("\n"), "```", ""]


def described() -> dict[str, Any]:
    """The document of a service that asks for keys."""
    with tempfile.TemporaryDirectory() as folder, open_services(Path(folder)) as services:
        return create_app(services, hosts=["*"], asks_for_keys=True).openapi()


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(record(), indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    from app.api import openapi as module

    module._answers.cache_clear()
    PAGE.write_text(page(described()), encoding="utf-8")
