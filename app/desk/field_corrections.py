"""Corrections: the fields of a ticket that is resolved or closed, where a wrong value would teach the model."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.acts import set_fields
from app.desk.field_form import field_form, field_names
from app.desk.language import _, in_sentence
from app.desk.shell import tried
from app.desk.stage_words import stage_name
from app.desk.texts import label, plain, title_of
from app.desk.ticket_draft import TicketDraft, hand_in_fields
from kb.records.incident import LABELS
from kb.vocabulary.stage import Stage

_SAID = "caller"  # which the conversation says


def correct_fields(draft: TicketDraft, stage: Stage, *, place: str) -> None:
    """Show the fields of a finished ticket to correct, and save what was changed."""
    words = _("This ticket is “{state}”. What you change here corrects it, and suggestions learn from that.")
    st.caption(label(words.format(state=stage_name(stage)), 300))
    shown = field_names({})
    further = [name for name in LABELS if name in draft.stored and name not in (*shown, _SAID)]
    if not further and not any(name in draft.stored for name in shown):
        st.caption(_("No field is set."))
    field_form(draft, {}, place=place, is_correction=True)
    for name in further:
        st.html(f"<div class='t-note'><b>{plain(title_of(name))}:</b> {plain(draft.stored[name])}</div>")
    if not (pending := draft.pending({})):
        return
    names = ", ".join(in_sentence(title_of(name)) for name in pending)
    if st.button(
        _("Correct {fields}").format(fields=names),
        key=f"correct-{place}-{draft.number}",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter",
        wrap=True,
    ):
        message = _("Corrected {number}.").format(number=draft.number)
        tried(lambda: set_fields(draft.number, pending, draft.stored, message, done=partial(hand_in_fields, draft)))
