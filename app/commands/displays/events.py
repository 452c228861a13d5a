"""Display of an import of an audit log: how it was read, and which events are new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from app.commands.advice import with_options
from app.commands.console import out

if TYPE_CHECKING:
    from kb.importers.events.audit_log import AuditLog
    from kb.importers.loading import LoadedEvents


def print_events(log: AuditLog, loaded: LoadedEvents, *, is_written: bool) -> None:
    """Print how a log was read, its events by kind, and how many of them were new."""
    for line in _lines(log, loaded):
        out.print(escape(with_options(line)))
    new = f"{loaded.new:,} new events" if is_written else "nothing was written"
    out.print(f"{len(log.updates):,} updates of {log.incidents:,} incidents, {loaded.read:,} events: {new}")


def event_document(log: AuditLog, loaded: LoadedEvents) -> dict[str, Any]:
    """Return how a log was read and what was imported, as JSON values."""
    return {
        "file": str(log.path),
        "shape": log.shape,
        "tool": log.tool,
        "columns": dict(log.columns),
        "dates": str(log.order) if log.order else None,
        "updates": len(log.updates),
        "incidents": log.incidents,
        "events": loaded.read,
        "new": loaded.new,
        "kinds": dict(loaded.kinds),
        "unknown_states": dict(loaded.unknown_states),
        "rejects": [asdict(entry) for entry in log.rejects],
    }


def _lines(log: AuditLog, loaded: LoadedEvents) -> Iterator[str]:
    yield f"read as: {log.shape}" + (f" of {log.tool}" if log.tool else "")
    if log.columns:
        yield "columns: " + ", ".join(f"{name} = {column}" for name, column in log.columns.items())
    if log.order is not None and log.order.example is not None:
        yield str(log.order)
    yield "events: " + ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in loaded.kinds.most_common())
    for state, count in loaded.unknown_states.most_common():
        yield f'unknown state "{state}", {count:,} times: say what it means with: triage states set "{state}" STAGE'
