"""Questions beside a ticket: what to ask the caller where a field is unsure and the answer would change that."""

from __future__ import annotations

import streamlit as st

from app.desk.language import _
from app.desk.texts import label
from app.desk.ticket_draft import TicketDraft
from app.schemas.suggestions import QuestionView, SuggestionView
from kb.records.question_kind import QuestionKind

_LONGEST = 60


def show_questions(draft: TicketDraft, answer: SuggestionView, *, takes_answers: bool) -> None:
    """Show what to ask; a choice becomes a further line of the description where the ticket is still being written."""
    if not answer.questions:
        return
    st.subheader(_("Ask the caller"), anchor=False)
    for place, question in enumerate(answer.questions):
        words = _words(question)
        if not takes_answers:
            st.write(f"{words} {', '.join(label(choice, _LONGEST) for choice in question.choices)}")
        else:
            chosen = st.pills(
                words,
                question.choices,
                key=f"ask-{draft.number}-{place}-{'-'.join(question.choices)}",
                format_func=lambda choice: label(choice, _LONGEST),
                help=label(question.why, 400),
            )
            if chosen is not None:
                draft.tell(chosen)
                st.rerun()


def _words(question: QuestionView) -> str:
    """Return a question in the reader's language."""
    return {
        QuestionKind.WORDS: _("Which of these is it about?"),
        QuestionKind.SERVICE: _("Which service is affected?"),
        QuestionKind.CONFIGURATION_ITEM: _("Which device or system is affected?"),
        QuestionKind.LOCATION: _("Where does it happen?"),
        QuestionKind.ERROR_MESSAGE: _("What does the error message say?"),
        QuestionKind.SINCE_WHEN: _("Since when does it happen?"),
        QuestionKind.WHO_ELSE: _("Who else is affected?"),
        QuestionKind.WHAT_CHANGED: _("What changed before it began?"),
    }[question.kind]
