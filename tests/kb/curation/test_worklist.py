from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from app.composition import Services, open_services
from app.sample.incidents import sample_history, sample_incidents
from app.sample.issue import Issues
from kb.authoring.editing import ArticleEditing
from kb.curation.content_standard import ContentStandard, Surroundings
from kb.curation.contributions import contributions
from kb.curation.corpus import CurationCorpus, read_corpus
from kb.curation.demand import demand
from kb.curation.duplicates import find_duplicates
from kb.curation.gaps import GapRegistry, clusters, find_gaps
from kb.curation.promotions import find_promotions
from kb.curation.stale import Why, find_stale
from kb.curation.taxonomy import taxonomy
from kb.curation.workbench import NoActionError, Workbench
from kb.records.article import Article, Audience, Section, State
from kb.records.flag import Flag, Reason
from kb.records.hint import Check
from kb.records.incident import Incident
from kb.records.known import Known
from kb.records.life_cycle import IllegalMoveError, NotEntitledError, Role
from kb.records.worklist_item import Action, ItemKind, Verdict
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from models.clusters import MOST_POINTS, cluster
from models.distinctive_terms import Vocabulary
from models.sentences import sentences
from tests.conftest import SAMPLE_NOW

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())}


@pytest.mark.parametrize("distance", [0.2, 0.5, 0.9])
def test_clusters_are_those_of_average_linkage(distance: float) -> None:
    random = np.random.default_rng(3)
    centres = random.normal(size=(12, 24))
    vectors = unit(centres[random.integers(0, 12, 300)] + 0.6 * random.normal(size=(300, 24)))
    expected = fcluster(linkage(vectors, "average", metric="cosine"), distance, "distance")
    labels = cluster(vectors, distance=distance)
    assert partition(labels) == partition(expected)
    assert all(labels[label] == label for label in labels)


def test_more_vectors_than_fit_are_clustered_alike() -> None:
    random = np.random.default_rng(4)
    belongs = random.integers(0, 40, MOST_POINTS + 2000)
    vectors = unit(unit(random.normal(size=(40, 32)))[belongs] + 0.02 * random.normal(size=(len(belongs), 32)))
    assert partition(cluster(vectors, distance=0.4)) == partition(belongs)


def test_telling_words_are_those_that_others_do_not_say() -> None:
    group = ["the badge reader blinks red", "badge reader does not open", "badge readers are broken"]
    vocabulary = Vocabulary([*group, *(f"please help, mail number {n} does not arrive" for n in range(40))])
    words = vocabulary.distinctive_terms(group)
    assert words[0].term == "badge reader"
    assert words[0].share == 1.0
    assert not {"please", "does", "the"} & {word.term for word in words}


def test_sentences_end_where_their_writer_ended_them() -> None:
    assert sentences('Reset it, e.g. on Monday. Then "wait." Done\nby 3 p.m. today') == [
        "Reset it, e.g. on Monday.",
        'Then "wait."',
        "Done",
        "by 3 p.m. today",
    ]


# The sample desk


@pytest.fixture(scope="module")
def sample(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    import shutil

    with open_services(shutil.copytree(sample_home, tmp_path_factory.mktemp("curation") / "home")) as services:
        services.workbench.refresh()
        yield services


def planted_gaps() -> dict[str, str]:
    """Return the issue without article of each incident that is about one."""
    return {
        ticket.incident.number: ticket.call.issue.id
        for ticket in sample_history(now=SAMPLE_NOW)
        if ticket.call.issue.article is None
    }


def test_the_planted_gaps_duplicate_and_stale_article_come_first_and_nothing_absurd(sample: Services) -> None:
    entries = sample.workbench.worklist().entries
    planted = planted_gaps()
    gaps = [entry.item for entry in entries if entry.item.kind is ItemKind.GAP]
    about = [Counter(planted.get(number) for number in item.incidents).most_common(1)[0] for item in gaps]
    assert {issue for issue, _ in about if issue} == {
        issue.id for issue in Issues.read().by_id.values() if issue.article is None
    }
    first = [entry.item for entry in entries[:12]]
    duplicates = [entry.item for entry in entries if entry.item.kind is ItemKind.DUPLICATE]
    assert [set(item.articles) for item in duplicates] == [{"KB00030", "KB00031"}]
    assert duplicates[0] in first
    stale = [item.articles[0] for item in first if item.kind is ItemKind.STALE]
    assert "KB00065" in stale


def test_a_draft_says_nothing_that_stands_nowhere(sample: Services) -> None:
    gaps = [entry.item for entry in sample.workbench.worklist().entries if entry.item.kind is ItemKind.GAP]
    for item in gaps:
        draft = item.facts["draft"]
        assert item.title == draft["title"]["text"]
        assert draft["resolution"]
        for quote in (draft["title"], *draft["issue"], *draft["resolution"]):
            incident = sample.store.incident(quote["number"])
            everything = " ".join(f"{incident.text} {incident.short_description} {incident.resolution}".split())
            assert quote["text"] in everything


def test_measures_of_the_sample_desk_add_up(sample: Services) -> None:
    facts = sample.workbench.facts()
    whole = demand(facts)
    linked = sum(bool(incident.articles) for incident in sample_incidents(now=SAMPLE_NOW))
    assert whole.cases == len(facts)
    assert whole.link_rate.value == pytest.approx(linked / len(facts), abs=0.002)
    assert sum(share.value or 0 for share in whole.known.values()) == pytest.approx(1)
    assert all(share.low <= (share.value or 0) <= share.high for share in whole.known.values())
    assert sum(count for _, count, _ in whole.months) == whole.cases
    teams = {one.team for one in facts}
    assert sum(demand(facts, team=team).cases for team in teams) == whole.cases
    half = datetime(2026, 5, 1, tzinfo=UTC).date()
    assert demand(facts, until=half).cases + demand(facts, since=half).cases == whole.cases
    assert (whole.link_accuracy.value or 0) > 0.85
    gap = next(entry.item for entry in sample.workbench.worklist().entries if entry.item.kind is ItemKind.GAP)
    new = {one.number: one.known for one in facts if one.known}
    assert Known.KNOWN_LINKED not in {new.get(number) for number in gap.incidents}


def test_a_second_look_finds_the_same(sample: Services) -> None:
    def seen() -> list[tuple[str, str]]:
        return [(entry.item.id, entry.title) for entry in sample.workbench.worklist().entries]

    before = seen()
    sample.workbench.refresh()
    assert seen() == before


# Small desks


@pytest.fixture
def workbench(memory: Memory) -> Workbench:
    return Workbench(memory, ArticleEditing(memory.store, Role.KNOWLEDGE_DOMAIN_EXPERT))


def stock(workbench: Workbench) -> CurationCorpus:
    return read_corpus(workbench.memory, workbench.knowledge)


SAID = {
    "badge": "my badge does not open the door of the building",
    "fax": "the fax machine does not send any fax",
    "vpn": "the vpn drops every few minutes at home",
    "print": "the printer shows a paper jam",
}


def incidents(kind: str, count: int, *, start: int = 0, **more: object) -> list[Incident]:
    return [
        Incident(
            number=f"{kind.upper()}{start + n:04d}",
            short_description=f"{SAID[kind]} since {start + n} days",
            opened_at=NOW - timedelta(days=300 - (start + n) % 290, hours=n),
            resolution=f"Solved the {kind} for caller {n}.",
            **more,
        )
        for n in range(count)
    ]


def test_decisions_on_gaps_hold_when_more_of_them_come(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.put_incidents([*incidents("badge", 9), *incidents("fax", 7), *incidents("vpn", 6)])
    workbench.refresh()
    gaps = {entry.item.id: entry for entry in workbench.worklist().entries}
    badge = next(key for key, entry in gaps.items() if "badge" in entry.title)
    fax = next(key for key, entry in gaps.items() if "fax" in entry.title)
    workbench.decide(badge, Verdict.IGNORED, name=None, note="by design", by="kim")
    workbench.decide(fax, Verdict.OPEN, name="Fax is dead", note="", by="kim")
    store.put_incidents([*incidents("badge", 12, start=100), *incidents("fax", 4, start=100), *incidents("print", 5)])
    workbench.refresh()
    after = {entry.item.id: entry for entry in workbench.worklist().entries}
    assert badge not in after
    assert after[fax].title == "Fax is dead"
    assert after[fax].item.facts["count"] == 11
    assert len(after) == len(gaps)
    decided = workbench.entry(badge)
    assert decided.decision is not None
    assert (decided.decision.verdict, decided.decision.note, decided.item.facts["count"]) == (
        Verdict.IGNORED,
        "by design",
        21,
    )


def test_an_issue_with_a_fitting_article_is_no_gap(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.put_incidents([*incidents("badge", 9), *incidents("fax", 7)])
    store.articles.put([Article("K1", SAID["badge"], issue=SAID["badge"], resolution="1. Renew it.")])
    found = find_gaps(stock(workbench), GapRegistry(store.database))
    assert ["fax" in gap.name for gap in found] == [True]


def test_where_a_desk_links_what_nobody_links_is_a_gap(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.articles.put([Article("K1", "VPN drops at home", issue=SAID["vpn"], resolution="1. Update it.")])
    store.put_incidents([*incidents("vpn", 40, articles=("K1",)), *incidents("badge", 8)])
    corpus = stock(workbench)
    found = find_gaps(corpus, GapRegistry(store.database))
    assert ["badge" in gap.name for gap in found] == [True]
    assert found[0].nearest is not None
    assert found[0].yearly == 8


def test_what_no_word_holds_together_is_no_issue(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.put_incidents(incidents("badge", 6))
    corpus = stock(workbench)
    assert [len(found.cases) for found in clusters(corpus, range(6))] == [6]
    apart = [
        replace(case, incident=replace(case.incident, short_description=f"w{n}x z{n}y"))
        for n, case in enumerate(corpus.cases)
    ]
    assert clusters(replace(corpus, cases=tuple(apart)), range(6)) == []


DOCK = """Take the power from the docking station for half a minute. Wait for the light, then connect the laptop again.
Choose extend with the display keys. Install the firmware of the dock if the screen is still black."""


def test_duplicates_are_found_and_other_codes_are_not(workbench: Workbench) -> None:
    text = "Remove the stored password of the account in the credential manager, then sign in to the client once more."
    others = [
        Article(f"O{n}", title, resolution=f"{title}: ask the team, then note the asset tag and wait for the call.")
        for n, title in enumerate(
            ("Paper jam", "Payslip missing", "Scanner offline", "Room booked twice", "Slow share")
        )
    ]
    store = workbench.knowledge.store
    store.articles.put(
        [
            Article("D1", "Screen stays black at the dock", resolution=DOCK),
            Article("D2", "Screen black at the docking station", resolution=DOCK.replace("half a minute", "a moment")),
            Article("E1", "Error 0x8004dec5 when signing in", resolution=text),
            Article("E2", "Error 0x8004deef when signing in", resolution=f"{text[:50]} {DOCK[:90]}"),
            *others,
        ]
    )
    store.put_incidents([replace(one, articles=("D2",)) for one in incidents("print", 3)])
    found = find_duplicates(stock(workbench))
    assert [(pair.kept, pair.gone) for pair in found] == [("D2", "D1")]


def test_a_pair_that_is_no_duplicate_stays_away_and_a_merged_one_goes(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.articles.put([Article("D1", "Dock black", resolution=DOCK), Article("D2", "Dock is black", resolution=DOCK)])
    workbench.refresh()
    (entry,) = [entry for entry in workbench.worklist().entries if entry.item.kind is ItemKind.DUPLICATE]
    workbench.decide(entry.item.id, Verdict.IGNORED, name=None, note="", by="kim")
    workbench.refresh()
    assert not [entry for entry in workbench.worklist().entries if entry.item.kind is ItemKind.DUPLICATE]
    workbench.decide(entry.item.id, Verdict.OPEN, name=None, note="", by="kim")
    done = workbench.do(entry.item.id, by="kim")
    assert done.action is Action.MERGE
    assert {store.articles.surviving(key) for key in ("D1", "D2")} == {done.article}
    with pytest.raises(NoActionError, match="was done already by kim"):
        workbench.do(entry.item.id, by="kim")


def linked(kind: str, count: int, article: str, days: float, **more: object) -> list[Incident]:
    return [
        replace(one, number=f"{article}-{n}", opened_at=NOW - timedelta(days=days + n), articles=(article,), **more)
        for n, one in enumerate(incidents(kind, count))
    ]


def test_articles_go_stale_for_four_reasons(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    titles = {
        "USED": ("vpn", "Office"),
        "IDLE": ("badge", "Office"),
        "FAILS": ("print", "Office"),
        "GONE": ("fax", "Fax"),
        "NEVER": ("print", "Office"),
    }
    store.articles.put(
        [
            Article(
                key,
                SAID[kind],
                resolution="1. Restart it.",
                service=service,
                source=f"{key}.md",
            )
            for key, (kind, service) in titles.items()
        ]
    )
    store.put_incidents(
        [
            *linked("vpn", 200, "USED", 0, service="Office", reopen_count=0),
            *linked("badge", 60, "IDLE", 150, service="Office", reopen_count=0),
            *linked("print", 12, "FAILS", 1, service="Office", reopen_count=1),
            *linked("fax", 10, "GONE", 200, service="Fax", reopen_count=0),
        ]
    )
    found = {stale.article: stale.why for stale in find_stale(stock(workbench))}
    assert found == {
        "IDLE": Why.UNUSED,
        "FAILS": Why.NOT_SOLVING,
        "GONE": Why.ENVIRONMENT_GONE,
        "NEVER": Why.UNUSED,
    }


def test_newer_resolutions_that_say_other_things_contradict_an_article(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    answer = "Clear the queue of the printer and start the spooler service again."
    store.articles.put([Article("K1", SAID["print"], resolution=answer), Article("K2", SAID["vpn"], resolution=answer)])
    old = [f"Cleared the printer queue and restarted the spooler, case {n}." for n in range(12)]
    new = [f"Replaced the worn fuser unit with a new part from stock, case {n}." for n in range(12)]
    for key, notes in (("K1", [*old, *new]), ("K2", [*old, *old])):
        store.put_incidents(
            [
                Incident(
                    f"{key}-{n}",
                    SAID["print"],
                    resolution=note,
                    opened_at=NOW - timedelta(days=100 - n),
                    articles=(key,),
                )
                for n, note in enumerate(notes)
            ]
        )
    found = [stale for stale in find_stale(stock(workbench)) if stale.why is Why.CONTRADICTED]
    assert [stale.article for stale in found] == ["K1"]


def test_reuse_by_enough_people_makes_an_article_ready(workbench: Workbench) -> None:
    knowledge = workbench.knowledge
    store = knowledge.store
    store.articles.put(
        [
            Article("K1", SAID["vpn"], resolution="1. Update it."),
            Article("K2", SAID["fax"], resolution="1. Update it."),
            Article("K3", SAID["badge"], resolution="1. Renew it.", state=State.VALIDATED),
        ]
    )
    store.put_incidents([*incidents("vpn", 6), *incidents("fax", 6), *linked("badge", 12, "K3", 1, channel="portal")])
    for n in range(6):
        knowledge.link("K1", f"VPN{n:04d}", by=("ann", "ben", "cora")[n % 3])
        knowledge.link("K2", f"FAX{n:04d}", by="ann")
    found = find_promotions(stock(workbench))
    assert [(ready.article, ready.publish, ready.people) for ready in found] == [("K1", False, 3), ("K3", True, None)]


def test_the_worklist_validates_publishes_and_archives_only_by_who_may(memory: Memory) -> None:
    workbench = Workbench(memory, ArticleEditing(memory.store, Role.CANDIDATE))
    workbench.knowledge.people.give("pia", Role.PUBLISHER, by=None)
    store = workbench.knowledge.store
    store.articles.put([Article("K3", SAID["badge"], issue="x", resolution="1. Renew it.", state=State.VALIDATED)])
    store.put_incidents(linked("badge", 12, "K3", 1, channel="portal"))
    workbench.refresh()
    (entry,) = [entry for entry in workbench.worklist().entries if entry.item.action is Action.PUBLISH]
    with pytest.raises(NotEntitledError):
        workbench.do(entry.item.id, by="cana")
    workbench.do(entry.item.id, by="pia")
    assert store.articles.get("K3").article.audience is Audience.CUSTOMERS
    assert entry.item.id not in {one.item.id for one in workbench.worklist().entries}


def test_a_draft_becomes_work_in_progress_that_names_its_incidents(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.put_incidents(incidents("badge", 9))
    workbench.refresh()
    (entry,) = workbench.worklist().entries
    key = workbench.do(entry.item.id, by="kim").article
    article = store.articles.get(key).article
    assert (article.state, article.extra["gap"]) == (State.WORK_IN_PROGRESS, entry.item.id)
    assert all(store.incident(number) for number in article.extra["drafted_from"])
    assert not workbench.worklist().entries


def test_flags_are_on_the_worklist_at_once_and_take_a_person(workbench: Workbench) -> None:
    knowledge = workbench.knowledge
    knowledge.store.articles.put([Article("K1", "VPN", resolution="1. Sign in.")])
    knowledge.flag(Flag("K1", Reason.WRONG, "It does not help.", NOW, "INC1", "ann"))
    (entry,) = workbench.worklist().entries
    assert entry.item.why == "flagged as wrong by ann: It does not help."
    with pytest.raises(NoActionError, match="edit the article"):
        workbench.do(entry.item.id, by="kim")


def test_the_content_standard_hints_at_what_a_machine_can_tell(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    services = ("Mail", "Network", "Office", "Phones", "Printing")
    store.put_incidents(
        [replace(one, service=services[n % 5], category="Any") for n, one in enumerate(incidents("print", 10))]
    )
    good = Article(
        "GOOD",
        "Printer shows a paper jam",
        issue="The printer shows a paper jam.",
        environment="Floor printers",
        resolution="1. Open the tray.\n2. Take the paper out.\n3. Close it. See [more](dir/other.md).",
        service="Printing",
        source="good.md",
    )
    bad = Article(
        "BAD",
        "Troubleshooting guide",
        issue="The mail is gone.",
        resolution="Open it. Wait for it. Close it again. " + "word " * 45 + ".",
        service="Prnting",
        sections=(Section("More", "See [this](gone.md), [that](https://example.org/x.md) and ![it](pic.md)."),),
        source="bad.md",
    )
    store.articles.put([good, bad, Article("O", "Other page", issue="a", resolution="b", source="dir/other.md")])
    corpus = stock(workbench)
    around = Surroundings.of(corpus, find_duplicates(corpus))
    standard = ContentStandard(Surroundings.from_json(around.as_json()))
    assert standard.hints(good) == []
    assert {(hint.check, hint.part) for hint in standard.hints(bad)} == {
        (Check.COMPLETE, "environment"),
        (Check.CLEAR, "Resolution"),
        (Check.TITLE, "title"),
        (Check.LINKS, "More"),
        (Check.METADATA, "service"),
    }
    messages = " ".join(hint.message for hint in standard.hints(bad))
    assert "nearest is Printing" in messages
    assert "Number the steps" in messages
    assert "gone.md" in messages


def test_taxonomy_names_what_is_unused_mixed_and_deserving(workbench: Workbench) -> None:
    def labelled(kind: str, count: int, start: int, **labels: str) -> list[Incident]:
        return incidents(kind, count, start=start, **labels)

    workbench.knowledge.store.put_incidents(
        [
            *labelled("fax", 15, 0, category="Fax"),
            *(replace(one, category=("VPN", "Remote access")[n % 2]) for n, one in enumerate(labelled("vpn", 60, 230))),
            *labelled("badge", 40, 250, category="Building"),
            *labelled("print", 40, 250, category="Building"),
            replace(incidents("print", 1)[0], number="LAST", category="Building", opened_at=NOW),
        ]
    )
    found = taxonomy(stock(workbench))
    assert [one.category for one in found.unused] == ["Fax"]
    assert [one.categories for one in found.mixed] == [("Remote access", "VPN")]
    assert {one.category for one in found.deserving} == {"Building"}
    assert len(found.deserving) == 2


def test_contributions_count_people_and_not_imports(store: IncidentStore) -> None:
    knowledge = ArticleEditing(store, Role.CONTRIBUTOR)
    store.articles.put([Article("K0", "x", resolution="y")], by="import")
    knowledge.create(Article("K1", "VPN", issue="It drops.", state=State.WORK_IN_PROGRESS), by="ann")
    knowledge.edit("K1", {"resolution": "1. Sign in.", "state": State.NOT_VALIDATED}, by="ben")
    knowledge.edit("K1", {"state": State.VALIDATED}, by="ben")
    found = contributions(knowledge)
    assert [(one.person, one.created, one.edited, one.validated) for one in found.people] == [
        ("ann", 1, 0, 0),
        ("ben", 0, 2, 1),
    ]
    assert found.published == 1


def test_worth_counts_and_compares_like_with_like(workbench: Workbench) -> None:
    store = workbench.knowledge.store
    store.articles.put([Article("K1", SAID["vpn"], resolution="1. Update it.")])

    def timed(number: str, minutes: float, **more: object) -> Incident:
        return Incident(
            number, SAID["vpn"], category="VPN", opened_at=NOW, resolved_at=NOW + timedelta(minutes=minutes), **more
        )

    store.put_incidents(
        [
            *(timed(f"A{n}", 20, articles=("K1",), reopen_count=int(n == 0)) for n in range(6)),
            *(timed(f"B{n}", 50) for n in range(6)),
        ]
    )
    worth = workbench.worth("K1")
    assert (worth.linked, worth.solved, worth.reopened) == (6, 5, 1)
    assert (worth.minutes_saved, worth.compared) == (30, (6, 6))
    workbench.refresh()
    assert workbench.worth("K1") == worth


def test_publishing_is_refused_for_what_is_not_fit(workbench: Workbench) -> None:
    workbench.knowledge.store.articles.put([Article("K1", "x", issue="y", state=State.WORK_IN_PROGRESS)])
    with pytest.raises(IllegalMoveError):
        workbench.knowledge.edit("K1", {"audience": Audience.CUSTOMERS}, by="kim")
