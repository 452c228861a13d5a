from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count, pairwise, product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kb.authoring.editing import ArticleEditing
from kb.records.article import Article, Audience, Governance, State
from kb.records.errors import EditConflictError
from kb.records.life_cycle import IllegalMoveError, NotEntitledError, Role, check_change, check_new
from kb.storage.database import Database
from kb.storage.incident_store import IncidentStore
from models.encoder import OnnxEncoder

ARTICLE = Article("K1", "VPN drops", issue="The VPN drops.", resolution="1. Sign in again.")
WIP, NOT_VALIDATED, VALIDATED, ARCHIVED = State
LEGAL = {
    (WIP, NOT_VALIDATED),
    (WIP, ARCHIVED),
    (NOT_VALIDATED, WIP),
    (NOT_VALIDATED, VALIDATED),
    (NOT_VALIDATED, ARCHIVED),
    (VALIDATED, NOT_VALIDATED),
    (VALIDATED, ARCHIVED),
    (ARCHIVED, NOT_VALIDATED),
    (ARCHIVED, WIP),
}


@pytest.mark.parametrize(("before", "after"), [pair for pair in product(State, State) if pair[0] is not pair[1]])
def test_an_article_moves_as_kcs_has_it_and_no_other_way(before: State, after: State) -> None:
    was, becomes = replace(ARTICLE, state=before), replace(ARTICLE, state=after)
    if (before, after) in LEGAL:
        check_change(was, becomes, Role.KNOWLEDGE_DOMAIN_EXPERT)
    else:
        with pytest.raises(IllegalMoveError, match="an article goes to"):
            check_change(was, becomes, Role.KNOWLEDGE_DOMAIN_EXPERT)


def test_without_resolution_it_stays_work_in_progress() -> None:
    unsolved = replace(ARTICLE, resolution="", state=WIP)
    with pytest.raises(IllegalMoveError, match="says what to do"):
        check_change(unsolved, replace(unsolved, state=NOT_VALIDATED), Role.CONTRIBUTOR)
    check_change(unsolved, replace(ARTICLE, state=NOT_VALIDATED), Role.CONTRIBUTOR)


@pytest.mark.parametrize("role", Role)
def test_who_may_validate_publish_and_answer_for_compliance(role: Role) -> None:
    validate = (replace(ARTICLE, state=NOT_VALIDATED), replace(ARTICLE, state=VALIDATED))
    publish = (validate[1], replace(validate[1], audience=Audience.CUSTOMERS))
    comply = (replace(ARTICLE, governance=Governance.COMPLIANCE), ARTICLE)
    able = {
        "validate": set(Role) - {Role.CANDIDATE},
        "publish": {Role.PUBLISHER, Role.KNOWLEDGE_DOMAIN_EXPERT},
        "comply": {Role.KNOWLEDGE_DOMAIN_EXPERT},
    }
    for name, (before, after) in {"validate": validate, "publish": publish, "comply": comply}.items():
        if role in able[name]:
            check_change(before, after, role)
        else:
            with pytest.raises(NotEntitledError, match="ask a"):
                check_change(before, after, role)


def test_what_customers_read_is_never_work_in_progress_and_only_publishers_change_it() -> None:
    with pytest.raises(IllegalMoveError, match="internal"):
        check_new(replace(ARTICLE, state=WIP, audience=Audience.CUSTOMERS), Role.PUBLISHER)
    public = replace(ARTICLE, state=VALIDATED, audience=Audience.CUSTOMERS)
    with pytest.raises(NotEntitledError):
        check_change(public, replace(public, title="Other"), Role.CONTRIBUTOR)
    with pytest.raises(NotEntitledError):
        check_new(replace(ARTICLE, state=VALIDATED), Role.CANDIDATE)
    with pytest.raises(IllegalMoveError):
        check_new(replace(ARTICLE, state=ARCHIVED), Role.KNOWLEDGE_DOMAIN_EXPERT)


PEOPLE = {
    "cana": Role.CANDIDATE,
    "cons": Role.CONTRIBUTOR,
    "pia": Role.PUBLISHER,
    "coco": Role.COACH,
    "kim": Role.KNOWLEDGE_DOMAIN_EXPERT,
}
REFUSED = (IllegalMoveError, NotEntitledError, EditConflictError)


def test_several_people_never_reach_an_illegal_state_nor_lose_a_version(  # noqa: C901 (a machine with its rules)
    tmp_path: Path, encoder: OnnxEncoder
) -> None:
    database = Database.in_folder(tmp_path)
    database.migrate()
    desks = count()  # all of them share the database, so each names its own articles

    class Desk(RuleBasedStateMachine):
        articles = Bundle("articles")

        @initialize()
        def empty(self) -> None:
            self.number = next(desks)
            self.knowledge = ArticleEditing(IncidentStore(database, encoder), Role.CONTRIBUTOR)
            for name, role in PEOPLE.items():
                self.knowledge.people.give(name, role, by=None)
            self.written: dict[str, list[Article]] = {}
            self.opened = Counter[str]()
            self.merged: dict[str, str] = {}

        @rule(
            target=articles,
            by=st.sampled_from(list(PEOPLE)),
            state=st.sampled_from(State),
            audience=st.sampled_from(Audience),
            solved=st.booleans(),
        )
        def create(self, by: str, state: State, audience: Audience, solved: bool) -> str:
            key = f"K{self.number}-{len(self.written)}"
            article = replace(ARTICLE, id=key, state=state, audience=audience, resolution="Restart." if solved else "")
            try:
                self.knowledge.create(article, by=by)
            except (IllegalMoveError, NotEntitledError):
                key = f"{key}-base"
                article = replace(ARTICLE, id=key, state=WIP)
                self.knowledge.create(article, by=by)
            self.written[key] = [article]
            return key

        @rule(
            key=articles,
            by=st.sampled_from(list(PEOPLE)),
            changes=st.fixed_dictionaries(
                {},
                optional={
                    "state": st.sampled_from(State),
                    "audience": st.sampled_from(Audience),
                    "governance": st.sampled_from(Governance),
                    "title": st.sampled_from(["VPN drops", "VPN is gone", "No VPN"]),
                    "resolution": st.sampled_from(["", "Restart.", "1. Sign in again."]),
                },
            ),
            late=st.booleans(),
        )
        def edit(self, key: str, by: str, changes: dict[str, object], late: bool) -> None:
            seen = len(self.written[key]) - late
            try:
                self.knowledge.edit(key, changes, by=by, version=seen)
            except REFUSED:
                return
            assert not late, "the second of two editors is told"
            edited = replace(self.written[key][-1], **changes)
            if edited != self.written[key][-1]:
                self.written[key].append(edited)

        @rule(key=articles, by=st.sampled_from(list(PEOPLE)), back=st.integers(1, 5))
        def restore(self, key: str, by: str, back: int) -> None:
            number = max(1, len(self.written[key]) - back)
            try:
                self.knowledge.restore(key, number, by=by)
            except REFUSED:
                return
            self.merged.pop(key, None)
            now = self.knowledge.store.articles.get(key).article
            assert (now.title, now.resolution) == (
                self.written[key][number - 1].title,
                self.written[key][number - 1].resolution,
            )
            if now != self.written[key][-1]:
                self.written[key].append(now)

        @rule(kept=articles, gone=articles, by=st.sampled_from(list(PEOPLE)))
        def merge(self, kept: str, gone: str, by: str) -> None:
            try:
                self.knowledge.merge(kept, gone, by=by)
            except REFUSED:
                return
            self.merged[gone] = kept
            self.written[gone].append(replace(self.written[gone][-1], state=ARCHIVED, merged_into=kept))

        @rule(key=articles)
        def open(self, key: str) -> None:
            self.knowledge.open(key, number=None, by=None)
            while key in self.merged:
                key = self.merged[key]
            self.opened[key] += 1

        @invariant()
        def nothing_is_illegal_and_nothing_lost(self) -> None:
            for key, written in getattr(self, "written", {}).items():
                history = self.knowledge.store.articles.history(key)
                assert [entry.article for entry in history] == written
                assert [entry.version for entry in history] == list(range(1, len(written) + 1))
                assert all(entry.by in PEOPLE for entry in history)
                now = written[-1]
                assert now.solves or now.state in (WIP, ARCHIVED)
                assert now.audience is Audience.INTERNAL or now.state is not WIP
                for before, after in pairwise(written):
                    assert before.state is after.state or (before.state, after.state) in LEGAL

        def teardown(self) -> None:
            for key in getattr(self, "written", {}):
                assert len(self.knowledge.uses.all(article=key)) == self.opened[key]

    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    database.close()
