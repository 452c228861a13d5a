from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kb.authoring.editing import ArticleEditing, captured
from kb.records.article import Article, State
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.flag import Flag, Reason
from kb.records.incident import Incident
from kb.records.life_cycle import IllegalMoveError, NotEntitledError, Role
from kb.records.record_kind import RecordKind
from kb.retrieval.memory import Memory
from kb.storage.article_uses import UseKind
from kb.storage.flags import NoSuchFlagError
from kb.storage.incident_store import IncidentStore

TICKET = Incident(
    number="INC1",
    short_description="badge reader blinks red",
    description="Since Monday I cannot get in.\nReception let me in.\n--\nDoor Ltd, private and confidential",
    caller="Ada Brinkhoff",
    service="Buildings",
    configuration_item="badge reader",
    category="Access",
    resolution="Badge activated again at the gate.",
)


@pytest.fixture
def knowledge(store: IncidentStore) -> ArticleEditing:
    return ArticleEditing(store, Role.CONTRIBUTOR)


def article(key: str, title: str = "VPN drops", **more: object) -> Article:
    return Article(key, title, issue="The VPN drops.", resolution="1. Sign in again.", **more)


def test_an_article_made_from_a_ticket_says_nothing_of_who_wrote_it() -> None:
    mail = replace(TICKET, description="I cannot get in.\n\nBest regards,\nAda Brinkhoff\nDoor Ltd.")
    assert captured(mail, "K1", None).issue == "I cannot get in."


def test_a_ticket_becomes_an_article_in_the_callers_words_and_nothing_is_invented(knowledge: ArticleEditing) -> None:
    knowledge.store.put_incidents([TICKET])
    knowledge.not_found("door badge red light", number="INC1", by="cora")
    key = knowledge.capture("INC1", by="cora")
    found = knowledge.store.articles.get(key).article
    assert (found.title, found.state) == (TICKET.short_description, State.WORK_IN_PROGRESS)
    assert found.issue == "Since Monday I cannot get in.\nReception let me in."
    assert found.environment == "- Service: Buildings\n- Configuration item: badge reader"
    assert (found.resolution, found.cause, found.workaround) == (TICKET.resolution, "", "")
    assert found.extra == {"captured_from": "INC1", "searched": "door badge red light"}
    assert knowledge.store.incident("INC1").articles == (key,)
    assert [use.by for use in knowledge.uses.all(article=key, kinds=[UseKind.CAPTURED])] == ["cora"]
    with pytest.raises(EditConflictError, match=key):
        knowledge.capture("INC1", by="ben")


def test_a_ticket_that_says_little_gives_an_article_that_says_little(knowledge: ArticleEditing) -> None:
    knowledge.store.put_incidents([Incident("INC2", description="Mail is gone. Please help.")])
    found = knowledge.store.articles.get(knowledge.capture("INC2", by=None)).article
    assert (found.title, found.environment, found.resolution) == ("Mail is gone.", "", "")
    assert found.extra == {"captured_from": "INC2"}


def test_merging_moves_links_and_counts_and_redirects(knowledge: ArticleEditing, memory: Memory) -> None:
    store = knowledge.store
    store.articles.put([article("K1"), article("K2", "Connection to the VPN breaks", source="vpn/breaks.md")])
    names = ("K2", "vpn/breaks.md", "Connection to the VPN breaks", "K1", "other")
    store.put_incidents([Incident(f"INC{n}", "vpn drops", articles=(name,)) for n, name in enumerate(names)])
    merged = knowledge.merge("K1", "K2", by="ben")
    assert merged.relinked == 3
    assert [store.incident(f"INC{n}").articles for n in range(5)] == [("K1",)] * 4 + [("other",)]
    assert store.articles.surviving("K2") == "K1"
    assert knowledge.link("K2", "INC4", by="ben").articles == ("other", "K1")
    knowledge.open("K2", number=None, by="ben")
    assert [use.article for use in knowledge.uses.all()] == ["K1", "K1"]
    store.put_incidents([Incident("INC9", "vpn drops", articles=("K2",))])
    memory.refresh()
    linked = memory.articles.linked("K2")
    assert linked is not None
    assert linked.id == "K1"
    assert [hit.article.id for hit in memory.search("vpn", kind=RecordKind.ARTICLES, limit=5)] == ["K1"]
    with pytest.raises(IllegalMoveError, match="archived"):
        knowledge.merge("K2", "K1", by="ben")
    with pytest.raises(IllegalMoveError, match="merged into K1"):
        knowledge.edit("K2", {"title": "again"}, by="ben")


def test_what_was_merged_by_mistake_comes_back(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1"), article("K2")])
    knowledge.merge("K1", "K2", by="ben")
    knowledge.restore("K2", 1, by="ben")
    back = knowledge.store.articles.get("K2").article
    assert (back.state, back.merged_into) == (State.NOT_VALIDATED, None)
    assert knowledge.store.articles.surviving("K2") == "K2"


def test_an_earlier_version_comes_back_and_differences_are_shown(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1")])
    knowledge.edit("K1", {"title": "VPN is gone", "state": State.VALIDATED}, by="ben")
    lines = knowledge.difference("K1", 1, 2)
    assert "-title: VPN drops" in lines
    assert "+title: VPN is gone" in lines
    knowledge.restore("K1", 1, by="cora")
    now = knowledge.store.articles.get("K1")
    assert (now.article.title, now.article.state, now.version, now.updated_by) == (
        "VPN drops",
        State.VALIDATED,
        3,
        "cora",
    )
    with pytest.raises(UnknownRecordError, match="version 9"):
        knowledge.restore("K1", 9, by="cora")


def test_a_restored_version_may_not_make_an_illegal_article(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([Article("K1", "VPN drops", issue="It drops.", state=State.WORK_IN_PROGRESS)])
    knowledge.edit("K1", {"resolution": "Restart.", "state": State.NOT_VALIDATED}, by="ben")
    with pytest.raises(IllegalMoveError, match="says what to do"):
        knowledge.restore("K1", 1, by="ben")


def test_the_second_of_two_editors_is_told(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1")])
    knowledge.edit("K1", {"title": "first"}, by="ben", version=1)
    with pytest.raises(EditConflictError, match="version 2"):
        knowledge.edit("K1", {"title": "second"}, by="cora", version=1)
    assert knowledge.store.articles.get("K1").article.title == "first"


def test_roles_hold_whatever_the_case_of_a_name(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1")])
    knowledge.people.give("Cana  Date", Role.CANDIDATE, by=None)
    with pytest.raises(NotEntitledError, match="candidate"):
        knowledge.edit("K1", {"state": State.VALIDATED}, by="cana date")
    knowledge.people.give("cana date", Role.CONTRIBUTOR, by="kim")
    knowledge.edit("K1", {"state": State.VALIDATED}, by="CANA DATE")
    assert [(person.name, person.role) for person in knowledge.people.all()] == [("cana date", Role.CONTRIBUTOR)]


def test_flags_are_kept_dated_and_closed(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1")])
    now = datetime.now(UTC)
    key = knowledge.flag(Flag("K1", Reason.OUTDATED, "The menu moved.", now, "INC1", "cora"))
    assert [flag.comment for flag in knowledge.flags.all(open_only=True)] == ["The menu moved."]
    knowledge.flags.close(key, article="K1", by="ben")
    assert not knowledge.flags.all(open_only=True)
    assert [flag.closed_by for flag in knowledge.flags.all(article="K1")] == ["ben"]
    with pytest.raises(NoSuchFlagError):
        knowledge.flags.close(key, article="K1", by="ben")
    with pytest.raises(UnknownRecordError):
        knowledge.flag(Flag("K9", Reason.WRONG, "", now))


def test_linking_twice_counts_once(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1")])
    knowledge.store.put_incidents([Incident("INC1", "vpn drops")])
    for _ in range(2):
        knowledge.link("K1", "INC1", by="ben")
    assert len(knowledge.uses.all(kinds=[UseKind.LINKED])) == 1


def test_an_import_whose_articles_were_merged_in_a_circle_or_into_nothing_can_be_read(
    knowledge: ArticleEditing, memory: Memory
) -> None:
    store = knowledge.store
    archived = {"state": State.ARCHIVED}
    store.articles.put(
        [
            article("K1", merged_into="K2", **archived),
            article("K2", "Other", merged_into="K1", **archived),
            article("K3", "Third", merged_into="nowhere", **archived),
        ]
    )
    memory.refresh()
    assert [store.articles.surviving(key) for key in ("K1", "K2", "K3")] == ["K1", "K1", "K3"]
    assert [found.id for key in ("K1", "K2", "K3") if (found := memory.articles.linked(key))] == ["K1", "K1", "K3"]
    knowledge.restore("K3", 1, by="ben")
    assert store.articles.get("K3").article.state is State.NOT_VALIDATED


def test_an_imported_article_that_is_alive_and_merged_takes_nobodys_place(knowledge: ArticleEditing) -> None:
    knowledge.store.articles.put([article("K1", merged_into="K2"), article("K2", "Other")])
    with pytest.raises(IllegalMoveError, match="K1 was merged into K2"):
        knowledge.merge("K1", "K2", by="ben")
    knowledge.restore("K1", 1, by="ben")
    assert knowledge.merge("K1", "K2", by="ben").kept == "K1"
