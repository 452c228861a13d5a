"""The life cycle of an article after KCS v6: who may take it where, and why not."""

from __future__ import annotations

from enum import StrEnum

from kb.records.article import Article, Audience, Governance, State
from models.errors import ConflictError, ForbiddenError


class Role(StrEnum):
    """What a person may do with articles, after the roles of KCS v6."""

    CANDIDATE = "candidate"
    CONTRIBUTOR = "contributor"
    PUBLISHER = "publisher"
    COACH = "coach"
    KNOWLEDGE_DOMAIN_EXPERT = "knowledge_domain_expert"


class IllegalMoveError(ConflictError):
    """The life cycle does not allow this; the message says why and what to do."""


class NotEntitledError(ForbiddenError):
    """The life cycle allows this, but not to a person of this role; the message says to whom."""


_MOVES: dict[State, frozenset[State]] = {
    State.WORK_IN_PROGRESS: frozenset({State.NOT_VALIDATED, State.ARCHIVED}),
    State.NOT_VALIDATED: frozenset({State.WORK_IN_PROGRESS, State.VALIDATED, State.ARCHIVED}),
    State.VALIDATED: frozenset({State.NOT_VALIDATED, State.ARCHIVED}),
    State.ARCHIVED: frozenset({State.NOT_VALIDATED, State.WORK_IN_PROGRESS}),
}
_VALIDATE = frozenset(Role) - {Role.CANDIDATE}
_PUBLISH = frozenset({Role.PUBLISHER, Role.KNOWLEDGE_DOMAIN_EXPERT})
_ANSWER_FOR = frozenset({Role.KNOWLEDGE_DOMAIN_EXPERT})
_NAMES = {role: role.value.replace("_", " ") for role in Role}


def check_new(article: Article, role: Role) -> None:
    """Raise IllegalMoveError where no such article may be created, NotEntitledError where not by this role."""
    if article.state is State.ARCHIVED:
        raise IllegalMoveError("state: a new article cannot be archived; create it as work in progress")
    if article.state is State.VALIDATED:
        _need(role, _VALIDATE, "validate an article")
    _check_whole(article)
    _check_rights(article, role)


def check_change(before: Article, after: Article, role: Role) -> None:
    """Raise IllegalMoveError where an article may not become this, NotEntitledError where not by this role."""
    if before.merged_into is not None and after.merged_into is not None:
        raise IllegalMoveError(f"it was merged into {before.merged_into}: change that one, or restore this one first")
    if after.state is not before.state and after.state not in _MOVES[before.state]:
        ways = " or ".join(words(state) for state in _MOVES[before.state])
        raise IllegalMoveError(
            f"state: from {words(before.state)} an article goes to {ways}, not to {words(after.state)}"
        )
    if State.VALIDATED in (before.state, after.state) or State.ARCHIVED in (before.state, after.state):
        _need(role, _VALIDATE, f"change an article that is or becomes {words(_weightier(before, after))}")
    _check_whole(after)
    _check_rights(before, role)
    _check_rights(after, role)


def check_merge(kept: Article, gone: Article, role: Role) -> None:
    """Raise IllegalMoveError where a person of this role may not let `kept` take the place of `gone`."""
    if kept.id == gone.id:
        raise IllegalMoveError("an article cannot be merged into itself")
    for article in (kept, gone):
        if article.state is State.ARCHIVED:
            raise IllegalMoveError(f"{article.id} is archived: restore it first")
        if article.merged_into is not None:
            raise IllegalMoveError(f"{article.id} was merged into {article.merged_into}: restore it first")
        _check_rights(article, role)
    _need(role, _VALIDATE, "merge articles")


def words(state: State) -> str:
    """A state as people say it."""
    return state.value.replace("_", " ")


def _weightier(before: Article, after: Article) -> State:
    return after.state if after.state in (State.VALIDATED, State.ARCHIVED) else before.state


def _check_whole(article: Article) -> None:
    if article.state in (State.NOT_VALIDATED, State.VALIDATED) and not article.solves:
        raise IllegalMoveError(
            f"resolution: an article that is {words(article.state)} says what to do; "
            "without resolution or workaround it is work in progress"
        )
    if article.audience is not Audience.INTERNAL and article.state is State.WORK_IN_PROGRESS:
        raise IllegalMoveError(f"audience: work in progress is internal, not for {article.audience.value}")


def _check_rights(article: Article, role: Role) -> None:
    if article.audience is not Audience.INTERNAL:
        _need(role, _PUBLISH, f"change or publish what {article.audience.value} read")
    if article.governance is Governance.COMPLIANCE:
        _need(role, _ANSWER_FOR, "change an article under compliance")


def _need(role: Role, allowed: frozenset[Role], what: str) -> None:
    if role not in allowed:
        able = " or ".join(_NAMES[one] for one in Role if one in allowed)
        raise NotEntitledError(f"a {_NAMES[role]} may not {what}: ask a {able}")
