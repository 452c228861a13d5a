"""Page: what the desk does with suggestions on each field, how often they were right, and what is changing."""

from __future__ import annotations

from functools import partial
from math import floor

import streamlit as st

from app.desk.address import chosen_view
from app.desk.charts import before_and_now_bars
from app.desk.dialogs import show_dialog
from app.desk.error_words import error_words
from app.desk.language import _, counted, day, in_sentence, number, share
from app.desk.shell import did, has_history, link, page, refused, service, start_box, ticket_link, tried
from app.desk.table import Cell, Column, Mark, Row, Tone, table
from app.desk.texts import label, plain, title_of
from app.desk.visitor import person
from app.schemas.administration import DriftView, FieldDriftView, FieldModeView, ModelsView, ModesView
from kb.records.excerpt import excerpt
from kb.records.mode import Mode
from models.errors import TriageError

_EXAMPLES = 10
_DAYS = ("7", "30", "90")
_USUAL_DAYS = "30"
_TONES: dict[Mode, Tone] = {Mode.OFF: "muted", Mode.MONITOR: "muted", Mode.RECOMMEND: "plain", Mode.AUTOMATIC: "good"}


def show() -> None:
    """Lay out the page."""
    page(_("Results"), _("How each field is filled, how often suggestions were right, and what is changing."))
    try:
        modes, models = service().modes(), service().models()
    except TriageError as error:
        refused(error)
        return
    if not modes.fields:
        if has_history():
            start_box(_("No field is learned yet. Train to see here how good its suggestions are."))
        return
    _training(models)
    st.header(_("Fields"), anchor=False)
    chosen = _fields(modes, models)
    _detail(chosen, modes.precision, models)
    if modes.control_share:
        part = share(modes.control_share)
        st.caption(_("Suggestions are hidden on {share} of tickets to measure how good they are.").format(share=part))
    _drift()


def mode_words() -> dict[Mode, str]:
    """Return what each mode is called."""
    return {
        Mode.RECOMMEND: _("Suggest"),
        Mode.AUTOMATIC: _("Fill in when sure"),
        Mode.MONITOR: _("Test silently"),
        Mode.OFF: _("Off"),
    }


def _training(models: ModelsView) -> None:
    serving = next((model for model in models.models if model.serves), None)
    if serving is None:
        return
    words = _("Trained on {day}.").format(day=day(serving.trained_at))
    if models.due.needed:
        again = _("Retrains after {needed} changed tickets ({changed} so far).")
        words += " " + again.format(needed=number(models.due.needed), changed=number(models.due.changed))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(words, width="content")
        link("models", _("Trained models"))


def _fields(modes: ModesView, models: ModelsView) -> FieldModeView:
    """List the fields; return the one that is open, whose name stands in the address."""
    names = {entry.field: entry for entry in modes.fields}
    asked = str(st.query_params.get("field", ""))
    opened = asked if asked in names else next(iter(names))
    columns = [
        Column(_("Field")),
        Column(_("What happens"), "narrow"),
        Column(_("Target"), "narrow"),
        Column(_("Reached"), "wide"),
        Column(_("Would fill"), "narrow"),
        Column(_("Last change")),
    ]
    rows = [_row(entry, modes.precision, models) for entry in modes.fields]
    chosen = table(_("Fields"), columns, rows, key="result-rows", open_row=opened)
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["field"] = chosen.opened
        st.rerun()
    return names[opened]


def _row(entry: FieldModeView, precision: float, models: ModelsView) -> Row:
    serving = next((model for model in models.models if model.serves), None)
    figures = serving.metrics.get(entry.field, {}) if serving else {}
    fills = figures.get("automatic_share")
    changed = ""
    if entry.since is not None:
        changed = _("{day} by {name}").format(day=day(entry.since), name=entry.by or _("unknown"))
    return Row(
        entry.field,
        title_of(entry.field),
        [
            Cell(title_of(entry.field)),
            Cell(marks=[Mark(mode_words()[entry.mode], _TONES[entry.mode])]),
            Cell(share(precision)),
            Cell(_reached(entry), sub=_interval(entry)),
            Cell(_("{share} of tickets").format(share=share(fills)) if fills is not None else ""),
            Cell(changed, sub=_(entry.notice) if entry.notice else ""),
        ],
    )


def _reached(entry: FieldModeView) -> str:
    found = entry.evidence
    if found.examples < found.needed:
        words = _("Not enough confident predictions yet ({count}; at least {needed} needed).")
        return words.format(count=number(found.examples), needed=number(found.needed))
    right = number(round(found.examples * found.right))
    facts = {"right": right, "total": number(found.examples), "share": share(floor(found.right * 1000) / 1000)}
    if found.source == "live":
        return _("{right} of {total} right on resolved tickets ({share}).").format(**facts)
    return _("{right} of {total} right on past tickets ({share}).").format(**facts)


def _interval(entry: FieldModeView) -> str:
    """Return the 95 % interval of what was reached, where that was judged."""
    found = entry.evidence
    if found.examples < found.needed:
        return ""
    return _("very likely between {low} and {high}").format(low=share(found.low), high=share(found.high))


def _detail(entry: FieldModeView, precision: float, models: ModelsView) -> None:
    """Offer the modes of a field; what is impossible is disabled, with the reason."""
    st.subheader(_("What happens with {field}").format(field=in_sentence(title_of(entry.field))), anchor=False)
    explained = {
        Mode.RECOMMEND: _("People see the suggestion and decide."),
        Mode.AUTOMATIC: _("Sure values are filled in; everything else is suggested."),
        Mode.MONITOR: _("Nothing is shown; predictions are only compared with what people chose."),
        Mode.OFF: _("Nothing is predicted."),
    }
    impossible = entry.mode is not Mode.AUTOMATIC and not entry.evidence.enough
    with st.container(horizontal=True, gap="small"):
        for mode, words in mode_words().items():
            is_impossible = mode is Mode.AUTOMATIC and impossible
            if (
                st.button(
                    words,
                    key=f"mode-{entry.field}-{mode}",
                    type="primary" if mode is entry.mode else "secondary",
                    disabled=is_impossible,
                    help=explained[mode],
                )
                and mode is not entry.mode
            ):
                show_dialog(_("Change what happens"), partial(_change, entry, mode), width="large")
    st.caption(explained[entry.mode])
    if impossible:
        _say_why_impossible(entry, precision)
    st.caption(_origin(entry, models))
    if entry.evidence.control_right is not None:
        words = counted(
            entry.evidence.control_examples,
            "On {count} ticket without suggestions, the best guess was right for {{share}}.",
            "On {count} tickets without suggestions, the best guess was right for {{share}}.",
        )
        st.caption(words.format(share=share(entry.evidence.control_right)))


def _say_why_impossible(entry: FieldModeView, precision: float) -> None:
    """Say what a field lacks for being filled in, and what to do about it."""
    found = entry.evidence
    reason = _("“Fill in when sure” is not possible yet: {reason} Target {target}.")
    st.caption(label(reason.format(reason=_reached(entry), target=share(precision)), 300))
    is_rare = found.examples < found.needed
    helps = (
        _("What helps: more resolved tickets, and values that people use in the same way.")
        if is_rare
        else _("What helps: look at what went wrong, and merge or define values that are mixed up.")
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(helps, width="content")
        if not is_rare and st.button(_("Show the newest wrong values"), key=f"wrong-{entry.field}"):
            show_dialog(_("Newest examples"), partial(_examples, entry.field), width="large")
        link("quality", _("What is wrong in the data"))


def _origin(entry: FieldModeView, models: ModelsView) -> str:
    """Return what the figures of a field were measured on, and when."""
    if entry.evidence.source == "live":
        return _("Measured on the newest tickets that were resolved after a suggestion was made for them.")
    serving = next((model for model in models.models if model.serves), None)
    if serving is None:
        return _("Measured on resolved tickets that training did not see.")
    words = _("Measured on {day} on resolved tickets that training did not see.")
    return words.format(day=day(serving.trained_at))


def _change(entry: FieldModeView, mode: Mode) -> None:
    """Show the newest examples, wrong ones first, and change the mode once that is confirmed."""
    words = mode_words()[mode]
    st.write(_("{field}: {mode}").format(field=title_of(entry.field), mode=words))
    st.caption(_reached(entry))
    if mode in (Mode.AUTOMATIC, Mode.RECOMMEND):
        _examples(entry.field)
    if st.button(_("Confirm: {mode}").format(mode=words), type="primary", key="mode-confirm"):
        before = entry.mode
        if tried(partial(_set, entry.field, mode)):
            said = _("{field} is now: {mode}.").format(field=title_of(entry.field), mode=words)
            did(said, undo=partial(_set, entry.field, before))
            st.rerun()


def _set(field: str, mode: Mode) -> object:
    return service().set_mode(field, mode, by=person())


def _examples(field: str) -> None:
    try:
        found = service().mode_examples(field, limit=_EXAMPLES).examples
    except TriageError as error:
        refused(error)
        return
    if not found:
        st.caption(_("There are no examples yet: they come with the next training."))
        return
    st.subheader(_("Newest examples, wrong ones first"), anchor=False)
    for example in found:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            ticket_link(example.number)
            tag = _("right") if example.is_right else _("wrong")
            tone = "green" if example.is_right else "red"
            st.badge(tag, color=tone)  # type: ignore[arg-type]
            values = plain(example.filled)
            if not example.is_right:
                values = _("{filled}, should be {right}").format(filled=values, right=plain(example.right))
            st.html(f"<span class='t-note'>{plain(excerpt(example.subject, 80))}: <b>{values}</b></span>")


def _drift() -> None:
    st.header(_("What is changing"), anchor=False)
    words = {days: counted(int(days), "{count} day", "{count} days") for days in _DAYS}
    days = chosen_view(_("Compare the last"), words, key="days", is_labelled=True, usual=_USUAL_DAYS)
    try:
        found = service().drift(days=int(days))
    except TriageError as error:
        st.info(label(error_words(error), 300))
        return
    if not found.moving:
        st.success(_("No significant change since {day}.").format(day=day(found.now)))
    _moving_fields(found)


def _moving_fields(found: DriftView) -> None:
    for name, field in found.fields.items():
        if name in found.moving:
            _moving(name, field)


def _moving(name: str, field: FieldDriftView) -> None:
    mix, answers = field.mix, field.answers
    with st.container(border=True):
        st.subheader(title_of(name), anchor=False)
        if mix.moving:
            st.caption(_("Different kinds of tickets are coming in."))
            told = _("{value}: {before} before, {now} now")
            before_and_now_bars(
                [{"name": excerpt(mover.value, 40), "before": mover.before, "now": mover.now} for mover in mix.movers],
                _("of all tickets"),
                alt="; ".join(
                    told.format(value=mover.value, before=share(mover.before), now=share(mover.now))
                    for mover in mix.movers
                ),
            )
        if answers.confidence_moving:
            before, now = answers.confidence_before or 0.0, answers.confidence_now or 0.0
            st.caption(_("Suggestions are surer than before.") if now > before else _("Suggestions are less sure."))
        if answers.agreement_moving and answers.right_before.value is not None and answers.right_now.value is not None:
            words = _("The best guess was right for {before}, now for {now}.")
            st.caption(words.format(before=share(answers.right_before.value), now=share(answers.right_now.value)))
