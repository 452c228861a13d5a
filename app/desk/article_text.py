"""The text of an article, as it is read on pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from app.desk.article_words import audience_word, part_word, state_word
from app.desk.language import _, day_or_age
from app.desk.shell import link
from app.desk.texts import article_html, plain
from app.schemas.articles import ArticleView
from kb.records.article import KCS_SECTIONS


def show_head(article: ArticleView) -> None:
    """Show the title, and in one line what is known of the article."""
    st.html(f"<h2 class='t-head'>{plain(article.title)}</h2>")
    facts = [
        article.id,
        state_word(article.state),
        audience_word(article.audience),
        _("version {number}").format(number=article.version),
        day_or_age(article.updated_at),
        article.updated_by,
    ]
    st.html(f"<div class='t-note'>{plain(' · '.join(filter(None, facts)))}</div>")
    if article.merged_into:
        link("articles", _("Merged into {id}").format(id=article.merged_into), article=article.merged_into)


def show_text(article: ArticleView) -> None:
    """Show the sections that say something."""
    sections = [(name, getattr(article, name)) for name in KCS_SECTIONS]
    show_sections([(part_word(name), text) for name, text in sections])
    show_sections([(section.heading, section.text) for section in article.sections])


def show_sections(sections: Iterable[tuple[str, str]]) -> None:
    """Show sections, each with its heading, as far as they say something."""
    for heading, text in sections:
        if text.strip():
            st.html(f"<h3>{plain(heading)}</h3>{article_html(text)}")


def draft_sections(text: Callable[[str], str], headings: list[str]) -> list[tuple[str, str]]:
    """Return the sections of a text that is being written, by what `text` gives for a part."""
    known = [(part_word(name), text(name)) for name in KCS_SECTIONS]
    return [*known, *((heading, text(f"sections.{place}")) for place, heading in enumerate(headings))]
