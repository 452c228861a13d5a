"""Articles, their versions, flags and hints as views."""

from __future__ import annotations

from collections.abc import Iterable

from app.schemas.articles import (
    ArticleSummary,
    ArticleView,
    CoachView,
    FlagList,
    FlagView,
    HintView,
    MergedView,
    SectionBody,
    VersionView,
    WorthView,
)
from kb.authoring.editing import Merged
from kb.curation.article_value import ArticleValue
from kb.records.flag import Flag
from kb.records.hint import Hint
from kb.storage.article_rows import ArticleVersion, StoredArticle


def article_summary(stored: StoredArticle) -> ArticleSummary:
    """Return a stored article as it stands in a list."""
    article = stored.article
    parts = {name: getattr(article, name) for name in ArticleSummary.model_fields if hasattr(article, name)}
    return ArticleSummary(**parts, version=stored.version, updated_at=stored.updated_at, updated_by=stored.updated_by)


def article_view(stored: StoredArticle, history: Iterable[ArticleVersion]) -> ArticleView:
    """Return the view of a whole article with its history."""
    article = stored.article
    parts = {name: getattr(article, name) for name in ArticleView.model_fields if hasattr(article, name)}
    return ArticleView(
        **parts
        | {"sections": [SectionBody(heading=part.heading, text=part.text) for part in article.sections]}
        | {"extra": dict(article.extra)},
        version=stored.version,
        updated_at=stored.updated_at,
        updated_by=stored.updated_by,
        created_at=stored.created_at,
        history=[version_view(version) for version in history],
    )


def version_view(version: ArticleVersion) -> VersionView:
    """Return the view of one version of an article."""
    return VersionView(version=version.version, at=version.at, by=version.by, state=version.article.state)


def flag_view(flag: Flag) -> FlagView:
    """Return the view of a flag."""
    return FlagView(**{name: getattr(flag, name) for name in FlagView.model_fields})


def flag_list(flags: Iterable[Flag]) -> FlagList:
    """Return the view of flags, in their order."""
    return FlagList(flags=[flag_view(flag) for flag in flags])


def merged_view(merged: Merged) -> MergedView:
    """Return the view of a merge."""
    return MergedView(kept=merged.kept, gone=merged.gone, relinked=merged.relinked)


def hint_view(hint: Hint) -> HintView:
    """Return the view of a hint by the content standard."""
    return HintView(check=hint.check, part=hint.part, message=hint.message)


def worth_view(value: ArticleValue) -> WorthView:
    """Return the view of what an article did."""
    return WorthView(**{name: getattr(value, name) for name in WorthView.model_fields})


def coach_view(hints: Iterable[Hint], value: ArticleValue) -> CoachView:
    """Return the view of an article for who writes or coaches."""
    return CoachView(hints=[hint_view(hint) for hint in hints], worth=worth_view(value))
