"""Worklist: everything that curation finds, as items ordered by how much is at stake per minute of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from kb.curation.content_standard import ContentStandard, Surroundings
from kb.curation.corpus import CurationCorpus, Report
from kb.curation.drafts import draft
from kb.curation.duplicates import Duplicate
from kb.curation.gaps import Gap, GapRegistry, find_gaps
from kb.curation.promotions import Promotion, find_promotions
from kb.curation.stale import Stale, Why, find_stale
from kb.records.flag import Flag, Reason
from kb.records.wording import Wording
from kb.records.worklist_item import Action, Item, ItemKind, item_id

# gaps that get a draft: a draft reads thirty incidents, so more would make a run slow
MOST_GAPS = 50
# incidents that an item names
_EXAMPLES = 10
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class EffortSettings:
    """Assumed costs of work and reading, by which items are ordered; open to debate."""

    # minutes that a reader loses to a second article on the same issue, or to one that does not solve it
    search_minutes: float = 5.0
    # minutes of doubt that a validation, or a resolved hint, saves at each use
    review_minutes: float = 1.0
    # hours a year that a stale article costs
    upkeep_hours: float = 2.0
    # hours a year that two articles on the same issue cost
    double_upkeep_hours: float = 4.0
    # hours a year of a stale article where many articles were never used: then links say little
    never_used_hours: float = 0.5
    # share of articles from which these are many
    many_never_used: float = 0.1
    # hours of waiting readers: a flag comes before nearly everything that was only computed
    flagged_hours: float = 8.0
    # uses a year from which the content standard is worth an item
    used_often: int = 5


_EFFORT = EffortSettings()


def find_items(
    corpus: CurationCorpus, registry: GapRegistry, duplicates: Sequence[Duplicate], report: Report = lambda _: None
) -> list[Item]:
    """Return all items except flags, by value per minute of work, highest first.

    Hours at stake are assumed. A gap costs the time to solve it again. A duplicate costs readers five minutes a use and
    four hours of upkeep a year. A stale article costs two hours, or half an hour if many were never used. A validation
    saves readers a minute of doubt a use, and so does each hint on an often used article.
    """
    doubled = {pair.gone for pair in duplicates}
    gaps = find_gaps(corpus, registry, report=lambda done: report(0.7 * done))
    items = [
        *(_gap_item(corpus, gap, drafted=place < MOST_GAPS) for place, gap in enumerate(gaps)),
        *(_duplicate_item(corpus, pair) for pair in duplicates),
        *_stale_items(corpus, [stale for stale in find_stale(corpus) if stale.article not in doubled]),
        *(_ready_item(corpus, ready) for ready in find_promotions(corpus)),
        *_quality_items(corpus, ContentStandard(Surroundings.of(corpus, duplicates))),
    ]
    report(1.0)
    return ordered(items)


def ordered(items: Iterable[Item]) -> list[Item]:
    """Return items by value per minute of work, highest first."""
    return sorted(items, key=lambda item: (-item.worth, item.id))


def flag_item(flag: Flag, title: str) -> Item:
    """Return the item for an open flag; it counts the readers who are affected."""
    who = flag.by or "somebody"
    if flag.reason is Reason.APPROVAL:
        why = f"{who} asks for approval: {flag.comment}"
    else:
        why = f"flagged as {flag.reason.value.replace('_', ' ')} by {who}: {flag.comment}"
    return Item(
        id=item_id(ItemKind.FLAG, str(flag.id)),
        kind=ItemKind.FLAG,
        title=title,
        why=why.rstrip(": "),
        action=Action.EDIT,
        hours=_EFFORT.flagged_hours,
        articles=(flag.article,),
        incidents=(flag.number,) if flag.number else (),
        facts={
            "flag": flag.id,
            "reason": flag.reason.value,
            "at": flag.at.isoformat(),
            "by": flag.by,
            "comment": flag.comment,
        },
    )


def _gap_item(corpus: CurationCorpus, gap: Gap, *, drafted: bool) -> Item:
    cases = gap.cluster.cases
    why = Wording(
        "{count} tickets last year without an article (median {time} each). Last quarter {recent}, before {earlier}.",
        {"count": gap.yearly, "time": _spell(gap.minutes), "recent": gap.recent, "earlier": gap.earlier},
    )
    found = draft(gap, corpus.encode) if drafted else None
    return Item(
        id=gap.id,
        kind=ItemKind.GAP,
        title=found.title.text if found else gap.name,
        why=str(why),
        action=Action.DRAFT,
        hours=round(gap.hours, 2),
        incidents=tuple(case.incident.number for case in cases[:_EXAMPLES]),
        facts={
            "count": len(cases),
            "yearly": gap.yearly,
            "recent": gap.recent,
            "earlier": gap.earlier,
            "minutes": round(gap.minutes, 1),
            "words": [asdict(word) for word in gap.cluster.telling],
            "nearest": {"article": gap.nearest[0], "similarity": round(gap.nearest[1], 3)} if gap.nearest else None,
            "draft": asdict(found) if found else None,
            "why": why.as_json(),
        },
    )


def _duplicate_item(corpus: CurationCorpus, pair: Duplicate) -> Item:
    kept, gone = corpus.named[pair.kept], corpus.named[pair.gone]
    uses = _yearly(corpus, pair.kept), _yearly(corpus, pair.gone)
    why = Wording(
        "Same issue. Uses last year: {kept_uses} of {kept}, {gone_uses} of {gone}.",
        {"kept": pair.kept, "kept_uses": uses[0], "gone": pair.gone, "gone_uses": uses[1]},
    )
    return Item(
        id=item_id(ItemKind.DUPLICATE, *sorted((pair.kept, pair.gone))),
        kind=ItemKind.DUPLICATE,
        title=f"{kept.title} / {gone.title}",
        why=str(why),
        action=Action.MERGE,
        hours=round(sum(uses) * _EFFORT.search_minutes / 60 + _EFFORT.double_upkeep_hours, 2),
        articles=(pair.kept, pair.gone),
        facts={"score": round(pair.score, 3), "uses": uses, "why": why.as_json()},
    )


def _stale_items(corpus: CurationCorpus, found: Sequence[Stale]) -> Iterable[Item]:
    """Yield items for stale articles; many that were never used say more about linking than about each article."""
    never = sum(_was_never_used(stale) for stale in found)
    many = never > _EFFORT.many_never_used * len(corpus.articles)
    for stale in found:
        mend = stale.why in (Why.NOT_SOLVING, Why.CONTRADICTED)
        uses = _yearly(corpus, stale.article)
        upkeep = _EFFORT.never_used_hours if many and _was_never_used(stale) else _EFFORT.upkeep_hours
        yield Item(
            id=item_id(ItemKind.STALE, stale.article),
            kind=ItemKind.STALE,
            title=corpus.named[stale.article].title,
            why=str(stale.message),
            action=Action.EDIT if mend else Action.ARCHIVE,
            hours=round(upkeep + mend * uses * _EFFORT.search_minutes / 60, 2),
            articles=(stale.article,),
            incidents=stale.incidents,
            facts={"reason": stale.why.value, "uses": uses, "why": stale.message.as_json()},
        )


def _was_never_used(stale: Stale) -> bool:
    return stale.why is Why.UNUSED and not stale.incidents


def _ready_item(corpus: CurationCorpus, ready: Promotion) -> Item:
    return Item(
        id=item_id(ItemKind.READY, "publish" if ready.publish else "validate", ready.article),
        kind=ItemKind.READY,
        title=corpus.named[ready.article].title,
        why=str(ready.message),
        action=Action.PUBLISH if ready.publish else Action.VALIDATE,
        hours=round(_yearly(corpus, ready.article) * _EFFORT.review_minutes / 60, 2),
        articles=(ready.article,),
        incidents=ready.incidents,
        facts={
            "solved": ready.solved,
            "reopened": ready.reopened,
            "people": ready.people,
            "why": ready.message.as_json(),
        },
    )


def _quality_items(corpus: CurationCorpus, standard: ContentStandard) -> Iterable[Item]:
    """Yield items for often used articles that fall short of the content standard; others can wait."""
    for record in corpus.articles:
        uses = _yearly(corpus, record.article.id)
        hints = standard.hints(record.article) if uses >= _EFFORT.used_often else []
        if hints:
            yield Item(
                id=item_id(ItemKind.QUALITY, record.article.id),
                kind=ItemKind.QUALITY,
                title=record.article.title,
                why=" ".join(hint.message for hint in hints),
                action=Action.EDIT,
                hours=round(uses * len(hints) * _EFFORT.review_minutes / 60, 2),
                articles=(record.article.id,),
                facts={"uses": uses, "hints": [asdict(hint) for hint in hints]},
            )


def _spell(minutes: float) -> str:
    hours, left = divmod(round(minutes), 60)
    return f"{hours} h {left} min" if hours else f"{left} min"


def _yearly(corpus: CurationCorpus, key: str) -> int:
    """Return how often an article was linked in the last year."""
    begin = corpus.now - _YEAR
    return sum(case.moment is None or case.moment >= begin for case in corpus.cases_of[key])
