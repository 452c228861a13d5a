"""Steps of an article: those that this person may take as buttons, and of the others who can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.desk.article_editor import begin_editing
from app.desk.article_words import role_word, state_word, step_word, who_can
from app.desk.language import _, in_sentence
from app.desk.merging import offer_merge
from app.desk.shell import did, refused, service, tried
from app.desk.texts import label
from app.desk.visitor import person
from app.desk.watching import watch
from app.schemas.articles import ArticleStepsView, ArticleStepView, ArticleView
from kb.records.article import State
from kb.records.article_steps import Step
from kb.records.flag import Reason
from models.errors import TriageError

_FORWARD = {Step.SUBMIT, Step.VALIDATE, Step.PUBLISH}
_TO_BE_ASKED_FOR = (Step.VALIDATE, Step.PUBLISH)


def show_steps(article: ArticleView) -> None:
    """Show what can be done with an article."""
    try:
        found = service().article_steps(article.id, by=person())
    except TriageError as error:
        refused(error)
        return
    with st.container(horizontal=True, gap="small"):
        for view in found.steps:
            if view.allowed:
                _button(article, view)
        if any(view.step is Step.ARCHIVE and view.allowed for view in found.steps):
            offer_merge(article)
    _others(article, found)


def _button(article: ArticleView, view: ArticleStepView) -> None:
    words = step_word(view.step)
    pressed = st.button(
        words,
        key=f"step-{view.step}-{article.id}",
        type="primary" if view.step in _FORWARD else "secondary",
        help=_("{step}: article {id}").format(step=words, id=article.id),
        shortcut="e" if view.step is Step.EDIT else None,
    )
    if not pressed:
        return
    if view.step is Step.EDIT:
        begin_editing(article.id)
        st.rerun()
    if tried(partial(take_step, article, view)):
        st.rerun()


def take_step(article: ArticleView, view: ArticleStepView, *, then_undo: Callable[[], object] = lambda: None) -> None:
    """Take a step with an article and offer to undo it; `then_undo` is what else is to be undone then."""
    after = service().patch_article(article.id, {**view.changes, "by": person()}, version=article.version)

    def undo() -> None:
        take_back(article, after)
        then_undo()

    did(_("{step}: article {id}.").format(step=step_word(view.step), id=article.id), undo=undo)


def take_back(before: ArticleView, after: ArticleView) -> None:
    """Give an article the state and the audience that it had; raises where somebody changed it since."""
    version = after.version
    steps: list[dict[str, object]] = [{"audience": before.audience}] if before.audience is not after.audience else []
    if before.state is not after.state:
        if after.state is State.ARCHIVED and before.state is State.VALIDATED:
            steps.append({"state": State.NOT_VALIDATED})
        steps.append({"state": before.state})
    for step in steps:
        version = service().patch_article(before.id, {**step, "by": person()}, version=version).version


def _others(article: ArticleView, found: ArticleStepsView) -> None:
    """Say of the steps that this person may not take who can, or what the article lacks."""
    refused_ones = [view for view in found.steps if not view.allowed]
    for view in refused_ones:
        if view.lacking:
            st.caption(label(f"{step_word(view.step)}: {_(view.lacking)}", 300))
    by_whom: dict[str, list[str]] = {}
    for view in refused_ones:
        if not view.lacking:
            by_whom.setdefault(who_can(view.roles, view.people), []).append(step_word(view.step))
    for whom, steps in by_whom.items():
        told = _("{steps}: ask a {whom}. You are a {role}.")
        st.caption(label(told.format(steps=", ".join(steps), whom=whom, role=role_word(found.role)), 300))
    wanted = next((view for view in refused_ones if view.step in _TO_BE_ASKED_FOR and not view.lacking), None)
    if wanted is not None:
        _ask(article, wanted)


def _ask(article: ArticleView, wanted: ArticleStepView) -> None:
    """Let the person ask for a step that others may take; the request stands among their tasks."""
    try:
        flags = service().flags(article.id).flags
    except TriageError as error:
        refused(error)
        return
    watch(lambda: service().flags(article.id).flags, flags)
    if any(flag.reason is Reason.APPROVAL and flag.closed_at is None for flag in flags):
        st.caption(_("Approval is asked for: it stands among the tasks."))
        return
    words = _("Ask a publisher") if wanted.step is Step.PUBLISH else _("Ask for validation")
    if not st.button(words, key=f"ask-{article.id}", icon=":material/front_hand:"):
        return
    comment = _("{step}, now {state}").format(step=step_word(wanted.step), state=in_sentence(state_word(article.state)))

    def ask() -> None:
        flag = service().flag_article(article.id, Reason.APPROVAL, comment, by=person())
        did(
            _("Asked for approval of {id}.").format(id=article.id),
            undo=lambda: service().close_flag(article.id, flag.id, by=person()),
        )

    if tried(ask):
        st.rerun()
