"""The life cycle of an article after KCS v6: who may take it where, and why not."""

from __future__ import annotations

from enum import StrEnum

from kb.records.article import Article, Audience, Governance, State
from kb.records.wording import Wording
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
        raise IllegalMoveError(Wording("state: a new article cannot be archived; create it as work in progress"))
    if article.state is State.VALIDATED:
        _need(role, _VALIDATE, "a {role} may not validate an article: ask a {roles}")
    _check_whole(article)
    _check_rights(article, role)


def check_change(before: Article, after: Article, role: Role) -> None:
    """Raise IllegalMoveError where an article may not become this, NotEntitledError where not by this role."""
    if before.merged_into is not None and after.merged_into is not None:
        raise IllegalMoveError(
            Wording(
                "it was merged into {into}: change that one, or restore this one first", {"into": before.merged_into}
            )
        )
    if after.state is not before.state and after.state not in _MOVES[before.state]:
        ways = " or ".join(words(state) for state in _MOVES[before.state])
        raise IllegalMoveError(
            Wording(
                "state: from {state} an article goes to {states}, not to {to}",
                {"state": words(before.state), "states": ways, "to": words(after.state)},
            )
        )
    if State.VALIDATED in (before.state, after.state) or State.ARCHIVED in (before.state, after.state):
        words_of = "a {role} may not change an article that is or becomes {state}: ask a {roles}"
        _need(role, _VALIDATE, words_of, state=words(_weightier(before, after)))
    _check_whole(after)
    _check_rights(before, role)
    _check_rights(after, role)


def check_merge(kept: Article, gone: Article, role: Role) -> None:
    """Raise IllegalMoveError where a person of this role may not let `kept` take the place of `gone`."""
    if kept.id == gone.id:
        raise IllegalMoveError(Wording("an article cannot be merged into itself"))
    for article in (kept, gone):
        if article.state is State.ARCHIVED:
            raise IllegalMoveError(Wording("{article} is archived: restore it first", {"article": article.id}))
        if article.merged_into is not None:
            raise IllegalMoveError(
                Wording(
                    "{article} was merged into {into}: restore it first",
                    {"article": article.id, "into": article.merged_into},
                )
            )
        _check_rights(article, role)
    _need(role, _VALIDATE, "a {role} may not merge articles: ask a {roles}")


def words(state: State) -> str:
    """Return a state as people say it."""
    return state.value.replace("_", " ")


def _weightier(before: Article, after: Article) -> State:
    return after.state if after.state in (State.VALIDATED, State.ARCHIVED) else before.state


def _check_whole(article: Article) -> None:
    if article.state in (State.NOT_VALIDATED, State.VALIDATED) and not article.solves:
        raise IllegalMoveError(
            Wording(
                "resolution: an article that is {state} says what to do; without resolution or workaround it is work "
                "in progress",
                {"state": words(article.state)},
            )
        )
    if article.audience is not Audience.INTERNAL and article.state is State.WORK_IN_PROGRESS:
        raise IllegalMoveError(
            Wording("audience: work in progress is internal, not for {state}", {"state": article.audience.value})
        )


def _check_rights(article: Article, role: Role) -> None:
    if article.audience is not Audience.INTERNAL:
        words_of = "a {role} may not change or publish what {state} read: ask a {roles}"
        _need(role, _PUBLISH, words_of, state=article.audience.value)
    if article.governance is Governance.COMPLIANCE:
        _need(role, _ANSWER_FOR, "a {role} may not change an article under compliance: ask a {roles}")


def _need(role: Role, allowed: frozenset[Role], refusal: str, **values: str) -> None:
    """Raise NotEntitledError with a refusal, a template of a wording, unless a role is allowed to do something."""
    if role not in allowed:
        able = " or ".join(_NAMES[one] for one in Role if one in allowed)
        raise NotEntitledError(Wording(refusal, {"role": _NAMES[role], "roles": able, **values}))
