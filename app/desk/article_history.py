"""The history of an article: its versions, what each changed in words, and going back to one."""

from __future__ import annotations

import streamlit as st

from app.desk.article_words import part_word, state_mark
from app.desk.differences import show_sides
from app.desk.language import _, date_and_time
from app.desk.shell import did, service, tried
from app.desk.table import Cell, Column, Row, table
from app.desk.visitor import person
from app.schemas.articles import ArticleView


def show_history(article: ArticleView) -> None:
    """Show the versions, the newest first, and what the chosen one changed."""
    columns = [Column(_("Version"), "narrow"), Column(_("Saved"), "narrow"), Column(_("By")), Column(_("State"))]
    rows = [
        Row(
            str(entry.version),
            _("Version {number}").format(number=entry.version),
            [
                Cell(str(entry.version)),
                Cell(date_and_time(entry.at)),
                Cell(entry.by or _("unknown")),
                Cell(marks=[state_mark(entry.state)]),
            ],
        )
        for entry in reversed(article.history)
    ]
    asked = st.query_params.get("version", "")
    opened = asked if asked in {row.id for row in rows} else rows[0].id
    chosen = table(_("Versions"), columns, rows, key=f"versions-{article.id}", open_row=opened).opened
    if chosen is not None and chosen != opened:
        st.query_params["version"] = chosen
        st.rerun()
    _difference(article, int(opened))


def _difference(article: ArticleView, version: int) -> None:
    if version == 1:
        st.caption(_("The first version."))
    else:
        found = service().difference(article.id, version - 1, version)
        if not found.parts:
            st.caption(_("No text changed."))
        for changed in found.parts:
            st.subheader(part_word(changed.part, [section.heading for section in article.sections]), anchor=False)
            show_sides(
                changed.before,
                changed.after,
                left=_("Version {number}").format(number=version - 1),
                right=_("Version {number}").format(number=version),
            )
    if version != article.version and st.button(
        _("Restore version {number}").format(number=version), key=f"restore-{article.id}-{version}"
    ):
        _restore(article, version)


def _restore(article: ArticleView, version: int) -> None:
    newest = article.version

    def restore() -> None:
        service().restore_article(article.id, version, by=person())
        did(
            _("Restored version {number} of {id}.").format(number=version, id=article.id),
            undo=lambda: service().restore_article(article.id, newest, by=person()),
        )

    if tried(restore):
        st.query_params.pop("version", None)
        st.rerun()
