"""Parts that several pages show: the service, fields, evidence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import streamlit as st

from app.client import Client
from app.desk.texts import label, plain
from app.environment import API_VARIABLE, KEY_VARIABLE
from app.schemas.suggestions import ArticleEvidence, FieldView, IncidentEvidence
from models.errors import TriageError

_STYLE = """
<style>
.block-container {padding-top: 2.2rem; max-width: 1200px}
.t-card {border: 1px solid #d9e0e6; border-radius: 8px; padding: .6rem .9rem; margin-bottom: .4rem; background: #fff}
.t-head {font-weight: 600; color: #16324a}
.t-note {color: #4b5a67; font-size: .88rem; margin-top: .15rem; overflow-wrap: anywhere}
.t-tag {display: inline-block; font-size: .75rem; border-radius: 9px; padding: 0 .55rem; margin-left: .4rem}
.t-automatic {background: #dcf2e3; color: #12562c}
.t-suggested {background: #fdf1d0; color: #6b4a00}
.t-unsure {background: #f8dede; color: #7d1c1c}
.t-plain {background: #e6edf3; color: #28445c}
.t-bar {height: 5px; background: #e6edf3; border-radius: 3px; margin: .3rem 0}
.t-bar > div {height: 5px; border-radius: 3px; background: #1f5f8b}
.t-table {border-collapse: collapse; width: 100%; font-size: .9rem; margin-bottom: .6rem}
.t-table th {text-align: left; color: #4b5a67; font-weight: 600; border-bottom: 1px solid #d9e0e6; padding: .3rem .6rem}
.t-table td {border-bottom: 1px solid #eef2f5; padding: .3rem .6rem; overflow-wrap: anywhere}
</style>
"""


@st.cache_resource
def service() -> Client:
    """The API that this desk is a client of."""
    return Client(os.environ.get(API_VARIABLE, "http://127.0.0.1:8000"), key=os.environ.get(KEY_VARIABLE))


def page(title: str, note: str) -> None:
    """Head of a page."""
    st.html(_STYLE)
    if st.session_state.get("signed_in"):
        st.sidebar.caption(f"Signed in as {label(person() or '')}")
        st.sidebar.button("Sign out", on_click=st.logout)
    else:
        st.sidebar.text_input("Your name", key="person", max_chars=200, placeholder="stands beside what you change")
    st.title(title)
    st.caption(note)


def person() -> str | None:
    """Who works at this desk: who signed in, or as far as they said."""
    name = str(st.session_state.get("person", "")).strip()
    return name or None


def title_of(field: str) -> str:
    """What a field is called on a page."""
    return field.replace("_", " ").capitalize()


def asked(call: Callable[[], object]) -> bool:
    """Make a call; where the service refuses or is away, say so on the page and return False."""
    try:
        call()
    except TriageError as error:
        st.error(label(str(error), 300))
        return False
    return True


def field_card(name: str, field: FieldView, chosen: str | None) -> None:
    """One field: value, confidence and decision."""
    shown = chosen or field.value or (f"{field.parent.value}, more is unclear" if field.parent else "unclear")
    tag = "chosen" if chosen else field.decision
    look = "plain" if chosen else field.decision
    reason = f"<span class='t-note'>{plain(field.reason)}</span>" if field.reason and not chosen else ""
    st.html(
        f"<div class='t-card'><span class='t-note'>{plain(title_of(name))}</span>"
        f"<span class='t-tag t-{look}'>{tag}</span>"
        f"<span class='t-note' style='float:right'>{field.confidence:.0%}</span>"
        f"<br><span class='t-head'>{plain(shown)}</span>"
        f"<div class='t-bar'><div style='width:{round(100 * field.confidence)}%'></div></div>{reason}</div>"
    )


def why(field: FieldView) -> None:
    """Why a value: words, incidents, articles, and what else it may be."""
    found = field.explanation
    if found is None:
        return
    rows = [
        ("Words for it", ", ".join(word.text for word in found.words_for)),
        ("Words against it", ", ".join(word.text for word in found.words_against)),
        ("Incidents that carried it", ", ".join(f"{voter.number} ({voter.share:.0%})" for voter in found.incidents)),
        ("Articles linked to such incidents", ", ".join(found.articles)),
        ("Nine times in ten one of", ", ".join(field.prediction_set)),
    ]
    st.html("".join(f"<div class='t-note'><b>{head}</b> {plain(text)}</div>" for head, text in rows if text))


def options(field: FieldView) -> list[str]:
    """Values to choose from, the suggested one first."""
    values = [] if field.value is None else [field.value]
    return values + [entry.value for entry in field.alternatives]


def article_card(article: ArticleEvidence) -> None:
    """An article with the passage that says what to do."""
    state = article.state.replace("_", " ")
    st.html(
        f"<div class='t-card'><span class='t-head'>{plain(article.title)}</span>"
        f"<span class='t-tag t-plain'>{plain(state)}</span><span class='t-tag t-plain'>{article.score:.2f}</span>"
        f"<div class='t-note'><b>{plain(article.section)}</b> {plain(article.excerpt)}</div></div>"
    )


def incident_cards(incidents: Iterable[IncidentEvidence], refuse: Callable[[str], None]) -> None:
    """Resolved incidents with how they were resolved; `refuse` is called with the number of one that is not similar."""
    for incident in incidents:
        like_it = f"and {incident.repeats} like it" if incident.repeats else ""
        where = " · ".join(filter(None, (incident.category, incident.assignment_group, like_it)))
        solved = (
            f"<div class='t-note'><b>Resolution</b> {plain(incident.resolution)}</div>" if incident.resolution else ""
        )
        st.html(
            f"<div class='t-card'><span class='t-head'>{plain(incident.short_description)}</span>"
            f"<span class='t-tag t-plain'>{incident.score:.2f}</span>"
            f"<div class='t-note'>{plain(incident.number)} · {plain(where)}</div>{solved}</div>"
        )
        if st.button("Not similar", key=f"apart-{incident.number}", type="tertiary"):
            refuse(incident.number)
