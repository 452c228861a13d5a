from __future__ import annotations

from dataclasses import replace

import pytest

from kb.records.article import Article, Audience, Governance, State
from kb.records.article_steps import Step, offered_steps
from kb.records.life_cycle import Role, check_change

ARTICLE = Article("K1", "VPN drops", issue="The VPN drops.", resolution="1. Sign in again.")
EXPERTS = {Role.PUBLISHER, Role.KNOWLEDGE_DOMAIN_EXPERT}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("audience", Audience)
def test_every_step_that_is_offered_to_a_role_passes_the_life_cycle_for_it(state: State, audience: Audience) -> None:
    article = replace(ARTICLE, state=state, audience=audience)
    for offered in offered_steps(article):
        for role in offered.roles if offered.lacking is None else ():
            check_change(article, replace(article, **offered.changes), role)


def test_what_is_offered_follows_the_state() -> None:
    steps = {state: {one.step for one in offered_steps(replace(ARTICLE, state=state))} for state in State}
    assert steps == {
        State.WORK_IN_PROGRESS: {Step.EDIT, Step.SUBMIT, Step.ARCHIVE},
        State.NOT_VALIDATED: {Step.EDIT, Step.VALIDATE, Step.RETURN, Step.PUBLISH, Step.ARCHIVE},
        State.VALIDATED: {Step.EDIT, Step.INVALIDATE, Step.PUBLISH, Step.ARCHIVE},
        State.ARCHIVED: {Step.REVIVE},
    }
    assert offered_steps(replace(ARTICLE, state=State.ARCHIVED, merged_into="K2")) == []


def test_a_step_says_which_roles_may_take_it_and_what_the_article_lacks() -> None:
    offered = {one.step: one for one in offered_steps(replace(ARTICLE, state=State.VALIDATED))}
    assert offered[Step.PUBLISH].roles == EXPERTS
    assert offered[Step.ARCHIVE].roles == set(Role) - {Role.CANDIDATE}
    comply = {one.step: one for one in offered_steps(replace(ARTICLE, governance=Governance.COMPLIANCE))}
    assert comply[Step.EDIT].roles == {Role.KNOWLEDGE_DOMAIN_EXPERT}
    unsolved = replace(ARTICLE, state=State.WORK_IN_PROGRESS, resolution="")
    (submit,) = [one for one in offered_steps(unsolved) if one.step is Step.SUBMIT]
    assert "says what to do" in (submit.lacking or "")
