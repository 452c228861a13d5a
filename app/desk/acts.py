"""Acts on open tickets: what a person decides on one or many of them, said and undone as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.desk.act_words import refused_act_words
from app.desk.dialogs import show_dialog
from app.desk.language import _, counted
from app.desk.limit_reason import hand_in_reason, limit_reason
from app.desk.limit_words import excess_words, refusal_words
from app.desk.shell import did, service, tried
from app.desk.texts import worded
from app.desk.undo import undo_on_many
from app.desk.visitor import person
from app.schemas.acts import ActResultView
from kb.records.act import ActKind, ActStatus

_NAMED = 5


def set_fields(
    number: str,
    fields: Mapping[str, str | None],
    seen: Mapping[str, str | None],
    message: str,
    *,
    done: Callable[[], None],
) -> None:
    """Give fields of a ticket their values; `done` is called once that is done, at once or for a reason.

    `seen` are the values that the person saw there: where somebody has set another one since, nothing is done.
    """
    expected = {name: seen.get(name) for name in fields}
    _do_one({"number": number, "act": ActKind.SET, "fields": dict(fields), "expected": expected}, message, done)


def resolve(
    number: str,
    fields: Mapping[str, str | None],
    resolution: str,
    article: str | None,
    message: str,
    *,
    seen: Mapping[str, str | None],
    done: Callable[[], None],
) -> None:
    """Resolve a ticket with what solved it, and give fields their values; `seen` and `done` as for `set_fields`."""
    act = {
        "number": number,
        "act": ActKind.RESOLVE,
        "fields": dict(fields),
        "expected": {name: seen.get(name) for name in fields},
        "resolution": resolution,
        "article": article,
    }
    _do_one(act, message, done)


def accept_on_many(wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Accept the suggestions that the person saw, by number and field."""
    acts = [{"number": number, "act": ActKind.ACCEPT, "expected": dict(values)} for number, values in wanted.items()]

    def words(done: Sequence[ActResultView]) -> str:
        total = sum(len(result.fields) for result in done)
        return counted(total, "Accepted {count} suggestion.", "Accepted {count} suggestions.")

    _do_many(acts, words)


def set_on_many(wanted: Mapping[str, Mapping[str, str | None]], seen: Mapping[str, Mapping[str, str | None]]) -> None:
    """Give fields of many tickets their values, by number and field; `seen` are those that the person saw there."""
    acts = [
        {"number": number, "act": ActKind.SET, "fields": dict(values), "expected": dict(seen[number])}
        for number, values in wanted.items()
    ]
    _do_many(acts, lambda done: counted(len(done), "Changed {count} ticket.", "Changed {count} tickets."))


def resolve_many(seen: Mapping[str, Mapping[str, str | None]], resolution: str) -> None:
    """Resolve many tickets with the same resolution, those where the person saw the values that stand there now."""
    acts = [
        {"number": number, "act": ActKind.RESOLVE, "resolution": resolution, "expected": dict(values)}
        for number, values in seen.items()
    ]
    _do_many(acts, lambda done: counted(len(done), "Resolved {count} ticket.", "Resolved {count} tickets."))


def _do_one(act: Mapping[str, Any], message: str, done: Callable[[], None]) -> None:
    """Do an act on one ticket and run the page anew, or ask why it has to be where a limit of the board refuses it."""
    (result,) = service().act([act], by=person()).results
    if result.status is not ActStatus.DONE and result.exceeded:
        refusal = refusal_words(one.excess() for one in result.exceeded)
        show_dialog(_("Beyond the limit"), partial(_ask, act, refusal, message, done))
        return
    _tell([result], message)
    if result.status is ActStatus.DONE:
        hand_in_reason(act["number"])
        done()
    st.rerun()


def _ask(act: Mapping[str, Any], refusal: str, message: str, done: Callable[[], None]) -> None:
    reason = limit_reason(act["number"], refusal)
    if st.button(_("Do it anyway"), type="primary", disabled=not reason):
        tried(lambda: _do_one({**act, "override": reason}, message, done))


def _do_many(acts: Sequence[Mapping[str, Any]], words: Callable[[Sequence[ActResultView]], str]) -> None:
    """Do acts on many tickets, each checked apart; `words` say what those that were done did."""
    results = service().act(acts, by=person()).results
    _tell(results, words([result for result in results if result.status is ActStatus.DONE]))


def _tell(results: Sequence[ActResultView], message: str) -> None:
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
        message = f"{message.rstrip('.')}. {_('Beyond a limit: {reasons}.').format(reasons=told)}"
    acts = {result.number: result.undo for result in done if result.undo is not None}
    did(message.strip(), undo=partial(undo_on_many, acts) if acts else None, number=_only(results))


def _reason(result: ActResultView) -> str:
    if result.exceeded:
        return _exceeded(result)
    if result.refusal is not None:
        return refused_act_words(result.refusal.record())
    return worded(result.reason or "", result.wording)


def _exceeded(result: ActResultView) -> str:
    return excess_words(one.excess() for one in result.exceeded)


def _only(results: Sequence[ActResultView]) -> str | None:
    return results[0].number if len(results) == 1 else None
