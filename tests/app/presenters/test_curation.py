from __future__ import annotations

from datetime import UTC, datetime

from app.presenters.curation import measures_view, worklist_view
from kb.curation.demand import Demand, Share
from kb.curation.workbench import Worklist, WorklistEntry
from kb.records.worklist_item import Action, Item, ItemDecision, ItemKind, Verdict

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def entry(key: str, kind: ItemKind, ruling: ItemDecision | None = None) -> WorklistEntry:
    return WorklistEntry(Item(key, kind, f"title of {key}", "why", Action.DRAFT, 3.0), ruling)


def test_a_worklist_is_cut_by_kind_and_limit_and_counts_every_kind() -> None:
    named = ItemDecision("gap-2", Verdict.OPEN, NOW, name="Badges", by="Kim")
    worklist = Worklist(
        [entry("gap-1", ItemKind.GAP), entry("flag-1", ItemKind.FLAG), entry("gap-2", ItemKind.GAP, named)], NOW
    )
    view = worklist_view(worklist, kind=ItemKind.GAP, limit=1, polishes=False)
    assert ([item.id for item in view.items], view.total) == (["gap-1"], 2)
    assert (view.counts[ItemKind.GAP], view.counts[ItemKind.FLAG], view.counts[ItemKind.STALE]) == (2, 1, 0)
    second = worklist_view(worklist, kind=None, limit=3, polishes=False).items[2]
    assert (second.title, second.ruling and second.ruling.by) == ("Badges", "Kim")


def test_measures_call_an_article_by_its_title_and_one_that_is_gone_by_its_id() -> None:
    share = Share(0.5, 0.4, 0.6, 10)
    demand = Demand(10, {"new": share}, share, share, share, share, (), (("KB1", 4), ("KB2", 1)), ())
    about = {"as_of": None, "team": None, "service": None, "since": None, "until": None, "teams": [], "services": []}
    assert [one.title for one in measures_view(demand, {"KB1": "VPN"}, **about).reuse] == ["VPN", "KB2"]
