"""Articles, their versions, flags and hints as views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from app.schemas.articles import (
    ArticleList,
    ArticleStepsView,
    ArticleStepView,
    ArticleSummary,
    ArticleView,
    ChangedPartView,
    CoachView,
    FlagList,
    FlagView,
    HintView,
    ListedArticle,
    MergedView,
    SectionBody,
    VersionView,
    WorthView,
)
from kb.authoring.editing import ChangedPart, Merged
from kb.curation.article_value import ArticleValue
from kb.records.article_steps import OfferedStep
from kb.records.flag import Flag
from kb.records.hint import Hint
from kb.records.life_cycle import Role
from kb.storage.article_rows import ArticleVersion, StoredArticle
from kb.storage.roles import Person


def article_summary(stored: StoredArticle) -> ArticleSummary:
    """Return a stored article as it stands in a list."""
    article = stored.article
    parts = {name: getattr(article, name) for name in ArticleSummary.model_fields if hasattr(article, name)}
    return ArticleSummary(**parts, version=stored.version, updated_at=stored.updated_at, updated_by=stored.updated_by)


def article_list(
    page: Iterable[StoredArticle], total: int, uses: Mapping[str, int], categories: list[str]
) -> ArticleList:
    """Return the view of a page of articles; `uses` count by id how many incidents are linked to each."""
    listed = [
        ListedArticle(**article_summary(stored).model_dump(), uses=uses.get(stored.article.id, 0)) for stored in page
    ]
    return ArticleList(articles=listed, total=total, categories=categories)


def steps_view(offered: Iterable[OfferedStep], role: Role, people: Iterable[Person]) -> ArticleStepsView:
    """Return the view of the steps that an article may take, for a person of this role."""
    known = list(people)
    steps = [
        ArticleStepView(
            step=one.step,
            changes=dict(one.changes),
            allowed=role in one.roles and one.lacking is None,
            lacking=one.lacking,
            roles=[able for able in Role if able in one.roles],
            people=[person.name for person in known if person.role in one.roles],
        )
        for one in offered
    ]
    return ArticleStepsView(role=role, steps=steps)


def changed_part_view(changed: ChangedPart) -> ChangedPartView:
    """Return the view of a part in two versions."""
    return ChangedPartView(part=changed.part, before=changed.before, after=changed.after)


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
    return HintView(**asdict(hint))


def worth_view(value: ArticleValue) -> WorthView:
    """Return the view of what an article did."""
    return WorthView(**{name: getattr(value, name) for name in WorthView.model_fields})


def coach_view(hints: Iterable[Hint], value: ArticleValue) -> CoachView:
    """Return the view of an article for who writes or coaches."""
    return CoachView(hints=[hint_view(hint) for hint in hints], worth=worth_view(value))
