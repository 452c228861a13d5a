"""Page: articles as a list with filters, and the chosen one beside it: to read, change, look back on and flag."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.desk.address import chosen_filter, chosen_view, paged, turn_pages
from app.desk.article_editor import begin_editing, drafts_of_this_browser, is_editing, show_editor, show_new
from app.desk.article_flags import show_flags
from app.desk.article_history import show_history
from app.desk.article_steps import show_steps
from app.desk.article_text import show_head, show_text
from app.desk.article_words import audience_word, state_mark, state_word
from app.desk.help import note_gap
from app.desk.into_view import come_into_view
from app.desk.language import _, counted, date_and_time, day_or_age, number
from app.desk.last_answers import last_answer
from app.desk.shell import page, refused, service, tried, wait_for_service
from app.desk.table import Cell, Column, Mark, Row, table
from app.desk.texts import label
from app.desk.visitor import person
from app.desk.watching import watch
from app.schemas.articles import ArticleList, ArticleView
from kb.records.article import Audience, State
from models.errors import NotFoundError, TriageError

_PAGE = 50
_FOUND = 20


def show() -> None:
    """Lay out the page."""
    page(_("Articles"))
    if "new" in st.query_params:
        show_new(st.query_params["new"])
        return
    key = st.query_params.get("article", "")
    try:
        found = last_answer(f"article {key}", lambda: service().article(key)) if key else None
    except NotFoundError:
        found = None
        st.warning(_("There is no article {id} here.").format(id=label(key)))
    except TriageError as error:
        wait_for_service(error)
        return
    article = None if found is None else found.value
    with st.container():  # which is there in any case, so that what is below stays and keeps the focus
        if found is not None and found.away is not None:
            wait_for_service(found.away)
        elif article is not None:
            watch(lambda: service().article(article.id).version, article.version)
    if article is not None and is_editing(article):
        show_editor(article)
        return
    if found is not None and found.away is not None:
        return
    listed, reading = st.columns([5, 6], gap="large")
    with listed:
        can_choose = _listing(article)
    with reading:
        if article is None and can_choose:
            st.info(_("Choose an article to read it here."))
        elif article is not None:
            come_into_view("article", article.id, asked=article.id)
            _reading(article)


def _listing(article: ArticleView | None) -> bool:
    """List the articles that match; returns whether there is one to choose."""
    text = st.text_input(
        _("Search"),
        key="find",
        bind="query-params",
        live="400ms",
        placeholder=_("what the caller would say, or an id"),
        max_chars=1000,
    ).strip()
    wanted = _filters()
    try:
        found = _found(text, wanted)
    except TriageError as error:
        refused(error)
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_told(found, text))
        if st.button(_("New article"), icon=":material/add:"):
            begin_editing(None, title=text)
            st.rerun()
        if text and st.button(_("None of these help"), type="tertiary") and tried(lambda: note_gap(text)):
            st.rerun()
    _unfinished()
    _table(found, article, text)
    return bool(found.articles)


def _filters() -> dict[str, Any]:
    states = {state.value: state_word(state) for state in State}
    audiences = {audience.value: audience_word(audience) for audience in Audience}
    categories = {category: category for category in _categories()}
    with st.container(horizontal=True, gap="small"):
        return {
            "state": chosen_filter(_("State"), states, key="state", width=140),
            "audience": chosen_filter(_("Audience"), audiences, key="audience", width=130),
            "category": chosen_filter(_("Category"), categories, key="category", width=160),
        }


def _categories() -> list[str]:
    try:
        return _read_categories()
    except TriageError:
        return []


@st.cache_data(ttl=30, show_spinner=False)
def _read_categories() -> list[str]:
    return service().articles(limit=1).categories


def _found(text: str, wanted: dict[str, Any]) -> ArticleList:
    if text:
        return service().articles(limit=_FOUND, q=text, **wanted)
    return paged(
        "articles",
        lambda offset: service().articles(limit=_PAGE, offset=offset, **wanted),
        lambda found: found.total,
        size=_PAGE,
        asked=wanted,
    )


def _told(found: ArticleList, text: str) -> str:
    if text:
        return counted(found.total, "{count} article, best match first", "{count} articles, best match first")
    return counted(found.total, "{count} article", "{count} articles")


def _unfinished() -> None:
    """Offer the articles that this person began to change and did not save."""
    for key, title in drafts_of_this_browser():
        words = _("Continue writing: {title}").format(title=title or _("a new article"))
        if st.button(label(words), key=f"continue-{key}", icon=":material/edit_note:", type="tertiary"):
            begin_editing(key)
            st.rerun()


def _table(found: ArticleList, article: ArticleView | None, text: str) -> None:
    columns = [
        Column(_("Id"), "narrow"),
        Column(_("Title"), "wide"),
        Column(_("Used"), "narrow"),
        Column(_("Updated"), "narrow"),
    ]
    rows = []
    for one in found.articles:
        marks = [state_mark(one.state)]
        if one.audience is not Audience.INTERNAL:
            marks.append(Mark(audience_word(one.audience), "plain"))
        cells = [
            Cell(one.id),
            Cell(one.title, sub=one.category or "", marks=marks),
            Cell(number(one.uses)),
            Cell(day_or_age(one.updated_at), hint=date_and_time(one.updated_at)),
        ]
        rows.append(Row(one.id, one.id, cells))
    if not rows:
        st.info(_("No article matches.") if found.categories else _no_articles())
        return
    chosen = table(
        _("Articles"), columns, rows, key="article-rows", open_row=article.id if article else None, height=480
    )
    if chosen.opened is not None and (article is None or chosen.opened != article.id):
        _open(chosen.opened)
    if not text:
        turn_pages(found.total, size=_PAGE)


def _no_articles() -> str:
    return _("No articles yet. Write the first one here, or import a folder of them with {command}.").format(
        command="`triage import articles`"
    )


def _open(key: str) -> None:
    for name in ("view", "version"):
        st.query_params.pop(name, None)
    st.query_params["article"] = key
    tried(lambda: service().opened(key, by=person()))
    st.rerun()


def _reading(article: ArticleView) -> None:
    show_head(article)
    show_steps(article)
    views = {"read": _("Read"), "history": _("History"), "flags": _("Flags and use")}
    view = chosen_view(_("View of article {id}").format(id=article.id), views, key="view")
    try:
        if view == "history":
            show_history(article)
        elif view == "flags":
            show_flags(article)
        else:
            show_text(article)
    except TriageError as error:
        refused(error)
