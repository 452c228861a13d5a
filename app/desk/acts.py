"""Acts on open tickets: what a person decides on one or many of them, said and undone as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.desk.language import _, counted
from app.desk.limit_words import excess_words
from app.desk.shell import did, service
from app.desk.visitor import person
from app.schemas.acts import ActResultView
from kb.records.act import ActKind, ActStatus

_NAMED = 5


def set_fields(wanted: Mapping[str, Mapping[str, str | None]], message: str) -> bool:
    """Give fields of tickets their values, by number and field; returns whether all of it was done."""
    acts = [{"number": number, "act": ActKind.SET, "fields": dict(fields)} for number, fields in wanted.items()]
    return _do(acts, message)


def resolve(number: str, fields: Mapping[str, str | None], resolution: str, article: str | None, message: str) -> bool:
    """Resolve a ticket with what solved it; returns whether that was done."""
    act = {
        "number": number,
        "act": ActKind.RESOLVE,
        "fields": dict(fields),
        "resolution": resolution,
        "article": article,
    }
    return _do([act], message)


def accept(wanted: Mapping[str, Mapping[str, str]], message: str) -> bool:
    """Accept the suggestions that the person saw, by number and field; returns whether all of it was done."""
    acts = [{"number": number, "act": ActKind.ACCEPT, "expected": dict(values)} for number, values in wanted.items()]
    return _do(acts, message)


def _do(acts: Sequence[Mapping[str, Any]], message: str) -> bool:
    results = service().act(acts, by=person()).results
    done = [result for result in results if result.status is ActStatus.DONE]
    failed = [result for result in results if result.status is not ActStatus.DONE]
    if failed:
        told = "; ".join(f"{result.number}: {_reason(result)}" for result in failed[:_NAMED])
        message = _("{message} {count}: {reasons}").format(
            message=message if done else "",
            count=counted(len(failed), "{count} ticket was left as it is", "{count} tickets were left as they are"),
            reasons=told,
        )
    beyond = [result for result in done if result.exceeded]
    if beyond:
        told = "; ".join(f"{result.number}: {_exceeded(result)}" for result in beyond[:_NAMED])
        message = f"{message} {_('Beyond a limit: {reasons}.').format(reasons=told)}"
    undo_ids = [result.undo for result in done if result.undo is not None]
    did(message.strip(), undo=(lambda: _undo(undo_ids)) if undo_ids else None, number=_only(results))
    return not failed


def _reason(result: ActResultView) -> str | None:
    return _exceeded(result) if result.exceeded else result.reason


def _exceeded(result: ActResultView) -> str:
    return excess_words(one.excess() for one in result.exceeded)


def _undo(ids: Sequence[str]) -> None:
    for key in ids:
        service().undo(key, by=person())


def _only(results: Sequence[ActResultView]) -> str | None:
    return results[0].number if len(results) == 1 else None
