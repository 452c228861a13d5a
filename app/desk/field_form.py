"""The form of a ticket's fields: each is filled with what is suggested until the person sets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

import streamlit as st

from app.desk.dialogs import show_dialog
from app.desk.language import _, of_ten
from app.desk.last_answers import last_answer
from app.desk.shell import did, link, service, ticket_link, tried
from app.desk.shown_values import ShownValues, shown_values
from app.desk.texts import label, plain, title_of
from app.desk.ticket_draft import TicketDraft
from app.desk.visitor import person
from app.schemas.suggestions import ExplanationView, FieldView, WordView
from kb.records.incident import LABELS, PEOPLE
from models.errors import TriageError

_MOST_PICKS = 3
_MOST_VOTERS = 5
_CATALOGUE_SECONDS = 60

Word = Literal["sure", "check", "checked", "choose", "yours", "kept"]


def field_form(draft: TicketDraft, fields: Mapping[str, FieldView], *, place: str, is_correction: bool = False) -> None:
    """Show a field a row, filled with what the ticket has, else with what is suggested.

    `place` tells the forms of one ticket on several pages apart. A correction of a finished ticket asks for nothing.
    """
    shown = shown_values(f"{place}-{draft.number}")
    for name in field_names(fields):
        _field_row(draft, name, fields.get(name), shown, is_correction=is_correction)
    shown.watch()
    _reasons(fields, draft)


def field_names(fields: Mapping[str, FieldView]) -> list[str]:
    """Return the fields of the form in the order of a ticket's fields, which stays while they are set."""
    names = {*_all_fields(), *fields}
    return [*(name for name in LABELS if name in names), *sorted(names.difference(LABELS))]


def first_open(draft: TicketDraft, fields: Mapping[str, FieldView]) -> str | None:
    """Return the first field without a value that has likely ones to choose from; the group comes before all others."""
    for name, view in sorted(fields.items(), key=lambda entry: entry[0] != "assignment_group"):
        if word_of(draft, name, view) == "choose" and view.alternatives:
            return name
    return None


def word_of(draft: TicketDraft, name: str, view: FieldView | None) -> Word:
    """Return in one word where a field stands."""
    if name in draft.chosen:
        return "yours"
    if name in draft.stored:
        return "kept"
    if view is None or view.value is None:
        return "choose"
    if view.decision == "automatic":
        return "sure"
    return "checked" if draft.is_checked(name, view.value) else "check"


def _field_row(
    draft: TicketDraft, name: str, view: FieldView | None, shown: ShownValues, *, is_correction: bool
) -> None:
    word = word_of(draft, name, view)
    suggested = view.value if view is not None else None
    value = draft.chosen.get(name, draft.stored.get(name, suggested))
    known = _known(name, view)
    options = known if value is None or value in known else [*known, value]
    choice, beside = st.columns([5, 3], vertical_alignment="bottom", gap="small")
    with choice:
        shown.select(
            title_of(name),
            options,
            value,
            key=name if known else f"{name}-free",  # a box of its own, since the browser draws it anew
            choose=partial(draft.choose, name),
            can_be_empty=True,
            placeholder=_("empty") if is_correction else _("please choose"),
            filter_mode="fuzzy",
            accept_new_options=not known,  # where values are known, Enter takes the one that fits what is typed
        )
    with beside:
        if word != "choose" or not is_correction:
            _word(draft, name, word, shown.form)
    if word == "choose" and view is not None and (likely := _likely(view)):
        picked = st.pills(
            _("Likely values of {field}").format(field=title_of(name)),
            likely,
            key=f"pills-{shown.form}-{name}",
            label_visibility="collapsed",
            format_func=label,
        )
        if picked:
            draft.choose(name, picked)
            st.rerun()


def _word(draft: TicketDraft, name: str, word: Word, form: str) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if word == "sure":
            st.badge(_("sure"), color="green")
        elif word == "check":
            st.badge(_("check"), color="orange")
        elif word == "checked":
            st.badge(_("checked"), color="gray")
        elif word == "choose":
            st.badge(_("please choose"), color="red")
        elif word == "yours":
            st.badge(_("set by you"), color="gray")
            back = _("Leave {field} as it is") if name in draft.stored else _("Back to the suggestion for {field}")
            words = back.format(field=title_of(name))
            if st.button("", icon=":material/undo:", key=f"back-{form}-{name}", type="tertiary", help=words):
                del draft.chosen[name]
                st.rerun()


def _likely(view: FieldView) -> list[str]:
    return [entry.value for entry in view.alternatives[:_MOST_PICKS]]


def _known(name: str, view: FieldView | None) -> list[str]:
    first = [] if view is None else [view.value, *(entry.value for entry in view.alternatives)]
    return list(dict.fromkeys(value for value in (*first, *values_of(name)) if value is not None))


def values_of(name: str) -> Sequence[str]:
    """Return the values that people may choose for a field, the most used first; none where they were never read."""
    try:
        return last_answer(f"values of {name}", lambda: _read_values(name), is_everybodys=True).value
    except TriageError:
        return ()


def filter_values(name: str, *, key: str) -> Sequence[str]:
    """Return the values to filter by; while the service is away the one in the address, where it has to stay."""
    return values_of(name) or st.query_params.get_all(key)


def _all_fields() -> Sequence[str]:
    """Return the fields that are learnt; before the first training those that can be."""
    try:
        return last_answer("fields", _read_fields, is_everybodys=True).value
    except TriageError:
        return ()


@st.cache_data(ttl=_CATALOGUE_SECONDS, show_spinner=False)
def _read_values(name: str) -> Sequence[str]:
    return [entry.value for entry in service().field_values(name).values]


@st.cache_data(ttl=_CATALOGUE_SECONDS, show_spinner=False)
def _read_fields() -> Sequence[str]:
    learnt = [entry.field for entry in service().modes().fields]
    return learnt or [name for name in LABELS if name not in PEOPLE]


def _reasons(fields: Mapping[str, FieldView], draft: TicketDraft) -> None:
    """Say once why fields are open, and offer the evidence for all of them."""
    decided = {**draft.stored, **draft.chosen}
    open_fields = [view for name, view in fields.items() if view.value is None and name not in decided]
    for reason in dict.fromkeys(_open_sentence(view) for view in open_fields if view.reason):
        st.caption(label(reason, 300))
    if fields and st.button(_("Why?"), key=f"why-{draft.number}", type="tertiary", icon=":material/help:"):
        show_dialog(_("Why?"), partial(_why, fields, draft), position="right", width="large")


_SPOKEN = {
    "(what the same caller or channel came with before)": "what this caller or channel came with before",
    "(caller or channel)": "the caller or the channel",
}
_EQUALLY_LIKELY = " are about equally likely"
_TEST_TICKET = "nothing is shown on this ticket, so that accuracy can be measured without influence"
_SENTENCES = {
    "the ticket says nothing to go by": "The ticket does not say enough.",
    "it is unlike anything known": "Nothing like this is in your history.",
    "no value is likely enough": "No value stands out.",
    "no value fits what the other fields say": "No value fits the other fields.",
    _TEST_TICKET: (
        "Test ticket: suggestions are hidden on a few tickets to measure how good they are. Please fill in the fields."
    ),
}


def _refuse(draft: TicketDraft, name: str, value: str) -> None:
    ticket = {"number": draft.number, **draft.texts()}

    def refuse() -> None:
        made = service().feedback(
            number=draft.number, ticket=ticket, field=name, suggested=value, chosen=None, by=person()
        )

        def undo() -> None:
            service().withdraw_feedback(made.id, by=person())
            draft.answered = None

        did(_("“{value}” will not be suggested for tickets like this.").format(value=value), undo=undo)

    if tried(refuse):
        draft.answered = None
        st.rerun()


def _why(fields: Mapping[str, FieldView], draft: TicketDraft) -> None:
    """Show for each field how sure its value is, the words that point to it, and the tickets that carried it."""
    if all(view.reason == _TEST_TICKET for view in fields.values()):
        st.write(label(_(_SENTENCES[_TEST_TICKET]), 300))
        return
    articles = dict[str, None]()  # the same for every field, as a rule
    for name, view in fields.items():
        st.subheader(title_of(name), anchor=False)
        if view.value is not None and name not in draft.chosen:
            share = _("{value}: about {share} of 10 tickets like this one had it.")
            st.write(share.format(value=label(view.value), share=of_ten(view.confidence)))
            never = _("Don't suggest “{value}” for tickets like this").format(value=label(view.value, 60))
            if st.button(never, key=f"never-{draft.number}-{name}", type="tertiary"):
                _refuse(draft, name, view.value)
        elif view.reason:
            st.write(label(_open_sentence(view), 300))
        if view.explanation is not None:
            _evidence(view, view.explanation)
            articles |= dict.fromkeys(view.explanation.articles)
    if articles:
        st.subheader(_("Articles that solved them"), anchor=False)
        with st.container(horizontal=True, gap="small"):
            for article in articles:
                link("articles", article, article=article)


def _evidence(view: FieldView, found: ExplanationView) -> None:
    """Show what a value rests on; similar tickets are links."""
    derived = ", ".join(f"{title_of(side)} “{value}”" for side, value in found.derived_from.items())
    lines = [
        (_("By the priority matrix, from"), derived),
        (_("Words that point to it"), _words(found.words_for)),
        (_("Words that point away from it"), _words(found.words_against)),
        (_("Most likely one of"), ", ".join(view.prediction_set) if len(view.prediction_set) > 1 else ""),
    ]
    st.html("".join(f"<div class='t-note'><b>{plain(head)}:</b> {plain(text)}</div>" for head, text in lines if text))
    if found.incidents:
        st.caption(_("Most similar resolved tickets"))
        with st.container(horizontal=True, gap="small"):
            for voter in found.incidents[:_MOST_VOTERS]:
                ticket_link(voter.number)


def _words(words: Sequence[WordView]) -> str:
    return ", ".join(_(_SPOKEN[word.text]) if word.text in _SPOKEN else word.text for word in words)


def _open_sentence(view: FieldView) -> str:
    """Return why a field is open, as a sentence."""
    reason = view.reason or ""
    if reason.endswith(_EQUALLY_LIKELY) and len(view.alternatives) > 1:
        words = _("“{first}” and “{second}” are about equally likely.")
        return words.format(first=view.alternatives[0].value, second=view.alternatives[1].value)
    return _(_SENTENCES.get(reason, reason.capitalize()))
