"""What people found wrong with an article, and what it did for tickets."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.article_words import reason_word
from app.desk.entry import entry_field, hand_in_entry
from app.desk.language import _, day_or_age, number
from app.desk.shell import did, link, service, ticket_link, tried
from app.desk.texts import plain
from app.desk.visitor import person
from app.desk.watching import watch
from app.schemas.articles import ArticleView, FlagView, WorthView
from kb.records.flag import Reason


def show_flags(article: ArticleView) -> None:
    """Show the article's use, its flags, and a form for another."""
    _use(service().coaching(article.id).worth)
    st.header(_("Flags"), anchor=False)
    flags = service().flags(article.id).flags
    with st.container():  # so that the form below stays and keeps the focus where others flag something
        if not flags:
            st.caption(_("Nobody found anything wrong."))
        for flag in sorted(flags, key=lambda one: (one.closed_at is not None, -one.id)):
            _flag(article, flag)
    watch(lambda: service().flags(article.id).flags, flags)
    _form(article)


def _use(worth: WorthView) -> None:
    st.header(_("Use"), anchor=False)
    saved = _("unknown") if worth.minutes_saved is None else _("none")
    if worth.minutes_saved is not None and worth.minutes_saved > 0:
        saved = _("{count} min").format(count=number(worth.minutes_saved))
    facts = [
        (_("Tickets linked"), number(worth.linked)),
        (_("Solved"), number(worth.solved)),
        (_("Reopened"), number(worth.reopened)),
        (_("Time saved per ticket"), saved),
    ]
    cells = "".join(f"<td><b>{plain(text)}</b><br>{plain(name)}</td>" for name, text in facts)
    st.html(f"<table class='t-table'><tr>{cells}</tr></table>")
    if worth.linked:
        link("coverage", _("Show these tickets"), cases=f"article-{worth.article}")


def _flag(article: ArticleView, flag: FlagView) -> None:
    with st.container(border=True, gap="small"):
        who = flag.by or _("somebody")
        state = ""
        if flag.closed_at is not None:
            state = _("resolved by {name}").format(name=flag.closed_by or _("somebody"))
        facts = " · ".join(filter(None, (who, day_or_age(flag.at), state)))
        st.html(
            f"<b>{plain(reason_word(flag.reason))}</b> {plain(flag.comment)}<div class='t-note'>{plain(facts)}</div>"
        )
        with st.container(horizontal=True):
            if flag.number:
                ticket_link(flag.number)
            if (
                flag.closed_at is None
                and st.button(
                    _("Resolve flag"),
                    key=f"close-{flag.id}",
                    help=_("Resolve flag {number} of {id}").format(number=flag.id, id=article.id),
                )
                and tried(partial(close, flag))
            ):
                st.rerun()


def close(flag: FlagView) -> None:
    """Resolve a flag, which can be undone by flagging the same again."""
    service().close_flag(flag.article, flag.id, by=person())
    did(
        _("Flag on {id} resolved.").format(id=flag.article),
        undo=lambda: service().flag_article(flag.article, flag.reason, flag.comment, number=flag.number, by=flag.by),
    )


def _form(article: ArticleView) -> None:
    st.subheader(_("Flag something"), anchor=False)
    reasons = [reason for reason in Reason if reason is not Reason.APPROVAL]
    reason = st.selectbox(_("What is wrong"), reasons, format_func=reason_word, key=f"reason-{article.id}", width=260)
    kept = f"flag-{article.id}"
    comment, is_submitted = entry_field(_("Comment"), kept=kept, limit=2000)
    if not (st.button(_("Flag"), key=f"send-{kept}") or is_submitted):
        return

    def send() -> None:
        flag = service().flag_article(article.id, reason or Reason.OTHER, comment, by=person())
        did(
            _("Flagged {id}.").format(id=article.id),
            undo=lambda: service().close_flag(article.id, flag.id, by=person()),
        )

    if tried(send):
        hand_in_entry(kept)
        st.rerun()
