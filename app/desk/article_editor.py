"""The editor of an article: fields with hints below them, a preview beside them; what others save meanwhile is merged.

What is typed is kept by the browser and by the desk until it is saved or discarded.
"""

from __future__ import annotations

import secrets

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.desk.article_draft import FACTS, GOVERNANCE, ArticleDraft, Conflict, parts_of
from app.desk.article_text import draft_sections, show_sections
from app.desk.article_words import governance_word, part_word
from app.desk.differences import show_sides
from app.desk.field_form import values_of
from app.desk.language import _, counted
from app.desk.shell import did, service, tried
from app.desk.texts import label, plain, sentence
from app.desk.visitor import Keeper, browser, person
from app.desk.writing import hand_in_texts, typed_text, writing_field
from app.schemas.articles import ArticleView
from kb.records.article import KCS_SECTIONS, TITLE_LIMIT, Governance
from models.errors import TriageError

_LEAST_ROWS, _MOST_ROWS = 3, 14
_LINE = 80  # characters of a line, about
_SECTION_LIMIT = 200_000


@st.cache_resource
def _drafts() -> Keeper[ArticleDraft]:
    return Keeper()


@st.cache_resource
def _open_drafts() -> Keeper[list[str]]:
    """Names of the drafts that a browser has, by browser."""
    return Keeper()


def begin_editing(key: str | None, *, title: str = "") -> None:
    """Open the editor for an article, or for a new one where `key` is `None` or names a draft of one."""
    if key is None or key.startswith("new-"):
        name = key or f"new-{secrets.token_hex(4)}"
        _draft(name) or _keep(ArticleDraft(name, 0, {}, {"title": title} if title else {}))
        st.query_params.from_dict({"new": name})
        return
    st.query_params.from_dict({"article": key, "edit": "1"})


def is_editing(article: ArticleView) -> bool:
    """Return whether the address asks for the editor."""
    return st.query_params.get("edit") is not None and article.merged_into is None


def drafts_of_this_browser() -> list[tuple[str, str]]:
    """Return the drafts with unsaved text, by name, each with its title."""
    drafts = [_draft(name) for name in _open_drafts().get(browser()) or []]
    return [(draft.key, draft.text("title")) for draft in drafts if draft is not None and draft.changed]


def show_editor(article: ArticleView) -> None:
    """Show the editor of an article that is stored."""
    draft = _draft(article.id)
    if draft is None:
        draft = _keep(ArticleDraft(article.id, article.version, parts_of(article)))
    _hear(draft)
    above = st.container()  # which is there without a message too, so that the fields below stay and keep the focus
    if draft.base != article.version and not draft.conflicts(article):
        with above:
            _take_in(draft, article)
    st.html(f"<h2 class='t-head'>{plain(_('Edit {id}').format(id=article.id))}</h2>")
    _form(draft, article)
    if conflicts := draft.conflicts(article):
        with above:
            _merge(draft, article, conflicts)


def show_new(name: str) -> None:
    """Show the editor of an article that is not stored yet."""
    draft = _draft(name) or _keep(ArticleDraft(name, 0, {}))
    st.html(f"<h2 class='t-head'>{plain(_('New article'))}</h2>")
    _form(draft, None)


def _draft(key: str) -> ArticleDraft | None:
    return _drafts().get(f"{browser()} {key}")


def _keep(draft: ArticleDraft) -> ArticleDraft:
    _drafts().put(f"{browser()} {draft.key}", draft)
    names = _open_drafts().get(browser()) or []
    _open_drafts().put(browser(), [*(name for name in names if name != draft.key), draft.key])
    return draft


def _drop(draft: ArticleDraft) -> None:
    _drafts().drop(f"{browser()} {draft.key}")
    names = _open_drafts().get(browser()) or []
    _open_drafts().put(browser(), [name for name in names if name != draft.key])
    hand_in_texts(_kept(draft, part) for part in ("title", *KCS_SECTIONS, *draft.originals))


def _kept(draft: ArticleDraft, part: str) -> str:
    return f"article-{draft.key}-{part}"


def _hear(draft: ArticleDraft) -> None:
    """Take in what was typed since the page ran, before what others saved is taken in."""
    for part in draft.originals:
        if (text := typed_text(_kept(draft, part), draft.edition(part))) is not None:
            draft.hear(part, text)
        elif (text := typed_text(_kept(draft, part), draft.edition(part) - 1)) is not None:
            draft.hear_late(part, text)


def _take_in(draft: ArticleDraft, article: ArticleView) -> None:
    """Go on from what others saved in other parts than this person."""
    if draft.changed:
        who = article.updated_by or _("Someone else")
        st.info(label(_("{who} changed other parts meanwhile. Your changes are kept.").format(who=who), 300))
    draft.take_in(article, {})


def _merge(draft: ArticleDraft, article: ArticleView, conflicts: list[Conflict]) -> None:
    """Ask which text stays in the parts that others saved meanwhile."""
    who = article.updated_by or _("Someone else")
    st.warning(label(_("{who} saved this article while you were editing. Compare and merge.").format(who=who), 300))
    chosen: dict[str, str] = {}
    for conflict in conflicts:
        text = _choose(article, conflict)
        if text is not None:
            chosen[conflict.part] = text
    left = len(conflicts) - len(chosen)
    words = counted(left, "Choose for {count} more part", "Choose for {count} more parts") if left else _("Go on")
    with st.container(horizontal=True):
        if st.button(words, type="primary", disabled=left > 0, key=f"merge-{article.id}"):
            draft.take_in(article, chosen)
            st.rerun()


def _choose(article: ArticleView, conflict: Conflict) -> str | None:
    name = part_word(conflict.part, [section.heading for section in article.sections])
    st.subheader(name, anchor=False)
    show_sides(conflict.mine, conflict.theirs, left=_("Yours"), right=_("Saved meanwhile"))
    ways = {
        "mine": (_("Keep yours"), conflict.mine),
        "theirs": (_("Take what was saved"), conflict.theirs),
        "both": (_("Keep both, to edit"), f"{conflict.theirs}\n\n{conflict.mine}"),
    }
    way = st.segmented_control(
        _("What becomes of {part}").format(part=name),
        list(ways),
        format_func=lambda one: ways[one][0],
        key=f"way-{article.id}-{article.version}-{conflict.part}",
        label_visibility="collapsed",
    )
    return ways[way][1] if way else None


def _form(draft: ArticleDraft, article: ArticleView | None) -> None:
    editing, beside = st.columns([6, 5], gap="large")
    headings = [section.heading for section in article.sections] if article else []
    with editing:
        is_submitted = _fields(draft, headings)
        _facts(draft)
    with beside:
        _buttons(draft, article, is_submitted=is_submitted)
        st.header(_("Preview"), anchor=False)
        st.html(f"<h2 class='t-head'>{plain(draft.text('title') or _('No title yet'))}</h2>")
        show_sections(draft_sections(draft.text, headings))


def _fields(draft: ArticleDraft, headings: list[str]) -> bool:
    """Show a writing field for each part, with its hints below it; return whether Ctrl+Enter was pressed in one."""
    is_submitted = False
    parts = ["title", *KCS_SECTIONS, *(f"sections.{place}" for place in range(len(headings)))]
    below: dict[str, DeltaGenerator] = {}
    for part in parts:
        text = draft.text(part)
        typed, submitted = writing_field(
            part_word(part, headings),
            text,
            kept=_kept(draft, part),
            rows=1 if part == "title" else _rows(text),
            edition=draft.edition(part),
            limit=TITLE_LIMIT if part == "title" else _SECTION_LIMIT,
            focus=part == "title" and not draft.base,
        )
        draft.hear(part, typed)
        is_submitted = is_submitted or submitted
        below[part] = st.container(gap=None)
    below["article"] = st.container(gap=None)
    hints = _hints(draft)
    for part, place in below.items():
        with place:
            _show_hints(hints, part, headings)
    return is_submitted


def _rows(text: str) -> int:
    lines = sum(1 + len(line) // _LINE for line in text.split("\n"))
    return max(_LEAST_ROWS, min(_MOST_ROWS, lines + 1))


def _hints(draft: ArticleDraft) -> list[tuple[str, str]]:
    """Return what could be better in the text as it stands, each with its part."""
    text = draft.article()
    if not text["title"].strip():
        return []
    if draft.asked != repr(text):
        body = {**text, "id": draft.key} if draft.base else text
        try:
            draft.hints = [(hint.part, sentence(hint.template, hint.values)) for hint in service().hints(body)]
        except TriageError:
            return draft.hints
        draft.asked = repr(text)
    return draft.hints


def _show_hints(hints: list[tuple[str, str]], part: str, headings: list[str]) -> None:
    names = {part, part_word(part, headings), part.capitalize()}
    for where, message in hints:
        if where in names:
            st.caption(label(message, 300))


def _facts(draft: ArticleDraft) -> None:
    with st.container(horizontal=True, gap="small"):
        for part in FACTS:
            now = draft.text(part) or None
            known = list(values_of(part))
            options = known if now is None or now in known else [now, *known]
            chosen = st.selectbox(
                part_word(part),
                options,
                index=options.index(now) if now else None,
                key=f"{draft.key}-{draft.edition(part)}-{part}",
                accept_new_options=True,
                filter_mode="fuzzy",
            )
            if (chosen or "") != (now or ""):
                draft.texts[part] = chosen or ""
                st.rerun()
        if draft.base:
            kinds = list(Governance)
            kind = st.selectbox(
                part_word(GOVERNANCE),
                kinds,
                index=kinds.index(Governance(draft.text(GOVERNANCE))),
                format_func=governance_word,
                key=f"{draft.key}-{draft.edition(GOVERNANCE)}-{GOVERNANCE}",
            )
            draft.texts[GOVERNANCE] = kind.value


def _buttons(draft: ArticleDraft, article: ArticleView | None, *, is_submitted: bool) -> None:
    changed = draft.changed
    may_save = (
        bool(changed) and bool(draft.text("title").strip()) and not (article is not None and draft.conflicts(article))
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            _("Save"),
            key="save-article",
            type="primary",
            shortcut="Ctrl+Enter",
            disabled=not may_save,
        )
        if changed:
            if st.button(_("Discard changes"), key="discard-article", type="tertiary"):
                _discard(draft)
            if st.button(_("Close, keep for later"), key="close-article", type="tertiary"):
                _leave(article.id if article else None)
        elif st.button(_("Close"), key="close-article"):
            _drop(draft)
            _leave(article.id if article else None)
    if changed:
        names = ", ".join(part_word(part, [s.heading for s in article.sections] if article else []) for part in changed)
        st.caption(label(_("Not saved yet: {parts}").format(parts=names), 300))
    if (pressed or is_submitted) and may_save:
        _save(draft, article)


def _save(draft: ArticleDraft, article: ArticleView | None) -> None:
    saved: list[ArticleView] = []

    def save() -> None:
        if article is None:
            saved.append(service().post_article({**draft.article(), "by": person(), "state": "work_in_progress"}))
        else:
            changes = {**draft.changes(article), "by": person()}
            saved.append(service().patch_article(article.id, changes, version=article.version))

    if not tried(save):
        return
    (after,) = saved
    before = None if article is None else article.version
    _drop(draft)
    if before is None:
        did(
            _("Article {id} written.").format(id=after.id),
            undo=lambda: service().patch_article(after.id, {"state": "archived", "by": person()}),
        )
    elif after.version != before:
        did(
            _("Article {id} saved.").format(id=after.id),
            undo=lambda: service().restore_article(after.id, before, by=person()),
        )
    _leave(after.id)


def _discard(draft: ArticleDraft) -> None:
    _drop(draft)
    did(_("Changes discarded."), undo=lambda: _keep(draft))
    _leave(draft.key if draft.base else None)


def _leave(key: str | None) -> None:
    st.query_params.from_dict({"article": key} if key else {})
    st.rerun()
