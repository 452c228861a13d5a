"""Acts on an article: the steps that its life cycle offers now, and who may take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from kb.records.article import Article, Audience, State
from kb.records.life_cycle import IllegalMoveError, NotEntitledError, Role, check_change


class Step(StrEnum):
    """A step in an article's life: its text is edited, or its state or audience changes."""

    EDIT = "edit"
    SUBMIT = "submit"
    RETURN = "return"
    VALIDATE = "validate"
    INVALIDATE = "invalidate"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"
    REVIVE = "revive"


@dataclass(frozen=True, slots=True)
class OfferedStep:
    """A step that an article may take: what it changes, which roles may take it, and what the article still lacks.

    `lacking` is `None` where nothing stands in the way but the role.
    """

    step: Step
    changes: Mapping[str, Any]
    roles: frozenset[Role]
    lacking: str | None


def offered_steps(article: Article) -> list[OfferedStep]:
    """Return the steps that an article may take from where it is, in the order of its life."""
    return [_offered(article, step, changes) for step, changes in _steps(article)]


def _steps(article: Article) -> list[tuple[Step, dict[str, Any]]]:
    if article.merged_into is not None:
        return []
    if article.state is State.ARCHIVED:
        alive = State.NOT_VALIDATED if article.solves else State.WORK_IN_PROGRESS
        return [(Step.REVIVE, {"state": alive})]
    steps: list[tuple[Step, dict[str, Any]]] = [(Step.EDIT, {})]
    if article.state is State.WORK_IN_PROGRESS:
        steps.append((Step.SUBMIT, {"state": State.NOT_VALIDATED}))
    if article.state is State.NOT_VALIDATED:
        steps += [(Step.VALIDATE, {"state": State.VALIDATED}), (Step.RETURN, {"state": State.WORK_IN_PROGRESS})]
    if article.state is State.VALIDATED:
        steps.append((Step.INVALIDATE, {"state": State.NOT_VALIDATED}))
    if article.state is not State.WORK_IN_PROGRESS and article.audience is not Audience.CUSTOMERS:
        steps.append((Step.PUBLISH, {"audience": Audience.CUSTOMERS}))
    if article.audience is not Audience.INTERNAL:
        steps.append((Step.WITHDRAW, {"audience": Audience.INTERNAL}))
    return [*steps, (Step.ARCHIVE, {"state": State.ARCHIVED})]


def _offered(article: Article, step: Step, changes: dict[str, Any]) -> OfferedStep:
    after = replace(article, **changes)
    roles, lacking = set[Role](), None
    for role in Role:
        try:
            check_change(article, after, role)
        except NotEntitledError:
            continue
        except IllegalMoveError as error:
            lacking = str(error)
        roles.add(role)
    return OfferedStep(step, MappingProxyType(changes), frozenset(roles), lacking)
