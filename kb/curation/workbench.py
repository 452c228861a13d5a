"""Workbench: stores the results of curation for every page and process, and carries out what people decide."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from threading import Lock
from typing import Any

from kb.authoring.editing import ArticleEditing
from kb.curation.article_value import ArticleValue, worth
from kb.curation.content_standard import ContentStandard, Surroundings
from kb.curation.corpus import CurationCorpus, Report, read_corpus
from kb.curation.decisions import ItemDecisions
from kb.curation.demand import CaseFacts, case_facts
from kb.curation.drafts import ArticleDraft, Quote
from kb.curation.duplicates import find_duplicates
from kb.curation.findings import Findings, ParsedFinding
from kb.curation.gaps import GapRegistry
from kb.curation.taxonomy import taxonomy
from kb.curation.worklist import find_items, flag_item, ordered
from kb.records.article import Article, Audience, State
from kb.records.errors import UnknownRecordError
from kb.records.hint import Hint
from kb.records.known import Known
from kb.records.wording import Wording
from kb.records.worklist_item import Action, Item, ItemDecision, ItemKind, Verdict
from kb.retrieval.memory import Memory
from models.errors import ConflictError

WORKLIST, CASES, TAXONOMY, SURROUNDINGS, WORTH = "worklist", "cases", "taxonomy", "surroundings", "worth"


def _as_quoted(article: Article) -> Article:
    """Return a draft as quoted from incidents."""
    return article


class NoActionError(ConflictError):
    """An item cannot be done automatically; the message says what a person has to do."""


@dataclass(frozen=True, slots=True)
class WorklistEntry:
    """A worklist item and the decision on it."""

    item: Item
    decision: ItemDecision | None

    @property
    def title(self) -> str:
        """Return the name that a person gave it, or its default one."""
        return (self.decision.name if self.decision else None) or self.item.title

    @property
    def is_open(self) -> bool:
        """Return whether nothing was decided."""
        return self.decision is None or self.decision.verdict is Verdict.OPEN


@dataclass(frozen=True, slots=True)
class Worklist:
    """Items to do, the most worthwhile first; `as_of` is the time of curation's last run, `None` before the first."""

    entries: Sequence[WorklistEntry]
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """The action taken on an item, and the article that it concerns now."""

    item: str
    action: Action
    article: str


class Workbench:
    """Stores what curation finds, lists the worklist, and does what people decide on its items."""

    def __init__(self, memory: Memory, knowledge: ArticleEditing) -> None:
        self.memory = memory
        self.knowledge = knowledge
        self._database = knowledge.store.database
        self.decisions = ItemDecisions(self._database)
        self.findings = Findings(self._database)
        self._gaps = GapRegistry(self._database)
        self._looking = Lock()
        self._items = ParsedFinding(self.findings, WORKLIST, lambda content: [_item(one) for one in content])
        self._facts = ParsedFinding(self.findings, CASES, lambda content: [_facts(one) for one in content])

    def corpus(self) -> CurationCorpus:
        """Return everything that curation reads, read now."""
        return read_corpus(self.memory, self.knowledge)

    def refresh(self, report: Report = lambda _: None) -> None:
        """Run curation again and store all its findings in one act."""
        revision = self.knowledge.store.revision()
        corpus = self.corpus()
        duplicates = find_duplicates(corpus)
        report(0.1)
        items = find_items(corpus, self._gaps, duplicates, report=lambda done: report(0.1 + 0.6 * done))
        facts = case_facts(corpus, report=lambda done: report(0.7 + 0.2 * done))
        found = {
            WORKLIST: [asdict(item) for item in items],
            CASES: [_plain(asdict(one)) for one in facts],
            TAXONOMY: asdict(taxonomy(corpus)),
            SURROUNDINGS: Surroundings.of(corpus, duplicates).as_json(),
            WORTH: {key: worth(corpus, key).as_json() for key in corpus.named},
        }
        with self._database.writing():
            for kind, content in found.items():
                self.findings.put(kind, content, revision)
        report(1.0)

    def ensure(self) -> None:
        """Run curation if it never ran; only one of several callers does."""
        with self._looking:
            if self.findings.revision(WORKLIST) is None:
                self.refresh()

    def is_due(self) -> bool:
        """Return whether anything was written since curation last ran."""
        return self.findings.revision(WORKLIST) != self.knowledge.store.revision()

    def worklist(self, *, decided: bool = False) -> Worklist:
        """Return the open items of the last run and later flags; with `decided` also decided items.

        Open items of archived articles are left out.
        """
        found = self._items.last()
        decisions = self.decisions.all()
        closed = {key for key, decision in decisions.items() if decision.verdict is not Verdict.OPEN}
        titles = self.knowledge.store.articles.titles()
        archived = self.knowledge.store.articles.archived()
        flags = self.knowledge.flags.all(open_only=True)
        flagged = [flag_item(flag, titles[flag.article]) for flag in flags if flag.article in titles]
        entries = [
            WorklistEntry(item, decisions.get(item.id))
            for item in ordered([*(found[1] if found else ()), *flagged])
            if all(map(titles.__contains__, item.articles))
            and (item.id in closed or archived.isdisjoint(item.articles))
        ]
        return Worklist([entry for entry in entries if decided or entry.is_open], found[0] if found else None)

    def entry(self, key: str) -> WorklistEntry:
        """Return one item by its id; raises UnknownRecordError."""
        found = next((entry for entry in self.worklist(decided=True).entries if entry.item.id == key), None)
        if found is None:
            raise UnknownRecordError(Wording("no item {key} is on the worklist", {"key": str(key)}))
        return found

    def decide(
        self, key: str, verdict: Verdict | None, *, name: str | None, note: str, by: str | None
    ) -> WorklistEntry:
        """Store a decision on an item, and a name for it where one is given; raises UnknownRecordError.

        Without a verdict only the name changes; a decision, even one made at the same moment, stays.
        """
        entry = self.entry(key)
        if verdict is None:
            return replace(entry, decision=self.decisions.name(key, name or entry.title, by=by))
        return replace(entry, decision=self.decisions.put(key, verdict, name=name, note=note, by=by))

    def do(
        self,
        key: str,
        *,
        by: str | None,
        polish: Callable[[Article], Article] = _as_quoted,
        keep: str | None = None,
    ) -> Done:
        """Carry out the action of an item and mark it as done, in one act; `polish` improves the wording of a draft.

        `keep` is the article that stays in a merge, the first of the item unless given.

        Raises: UnknownRecordError; IllegalMoveError where this person may not; NoActionError where a person has to
        write, or where it is done already and not open again.
        """
        before = self.entry(key)
        draft = _draft_article(before, polish) if before.item.action is Action.DRAFT else None
        vectors = self.knowledge.store.articles.vectors_of(draft) if draft else {}
        with self._database.writing():
            entry = self.entry(key)
            item, decision = entry.item, entry.decision
            if decision is not None and decision.verdict is Verdict.DONE:
                words = "{key} was done already: decide it open to do it again"
                if decision.by:
                    words = "{key} was done already by {person}: decide it open to do it again"
                raise NoActionError(Wording(words, {"key": key, "person": decision.by or ""}))
            if (item.action, item.articles) != (before.item.action, before.item.articles):
                raise NoActionError(Wording("{key} was worked out anew meanwhile: read it again", {"key": str(key)}))
            if draft is not None:
                concerned = self.knowledge.create(draft, by=by, vectors=vectors).article.id
            else:
                concerned = self._do_to_article(item, by=by, keep=keep)
            self.decisions.put(key, Verdict.DONE, by=by)
        return Done(key, item.action, concerned)

    def _do_to_article(self, item: Item, *, by: str | None, keep: str | None) -> str:
        """Carry out the action on the first of the item's articles, or on the one to keep; return that article's id."""
        first = item.articles[0] if item.articles else ""
        if keep is not None and keep not in item.articles:
            raise NoActionError(Wording("{article} is not an article of {key}", {"article": keep, "key": item.id}))
        if item.action is Action.MERGE:
            first, gone = sorted(item.articles[:2], key=lambda one: one != (keep or first))
            self.knowledge.merge(first, gone, by=by)
        elif item.action is Action.ARCHIVE:
            self.knowledge.edit(first, {"state": State.ARCHIVED}, by=by)
        elif item.action is Action.VALIDATE:
            self.knowledge.edit(first, {"state": State.VALIDATED}, by=by)
        elif item.action is Action.PUBLISH:
            self.knowledge.edit(first, {"audience": Audience.CUSTOMERS}, by=by)
        else:
            raise NoActionError(Wording("{article}: edit the article, then decide this item done", {"article": first}))
        return first

    def standard(self) -> ContentStandard:
        """Return the content standard, as of curation's last run."""
        kept = self.findings.kept(SURROUNDINGS)
        if kept is None:
            corpus = self.corpus()
            return ContentStandard(Surroundings.of(corpus, find_duplicates(corpus)))
        return ContentStandard(Surroundings.from_json(kept.content))

    def hints(self, key: str) -> list[Hint]:
        """Return what could be better in an article by the content standard; raises UnknownRecordError."""
        return self.standard().hints(self.knowledge.store.articles.get(key).article)

    def hints_for(self, article: Article) -> list[Hint]:
        """Return what could be better in an unsaved article; it is compared with others once curation has run."""
        kept = self.findings.kept(SURROUNDINGS)
        around = Surroundings.from_json(kept.content) if kept else Surroundings.nothing()
        return ContentStandard(around).hints(article)

    def worth(self, key: str) -> ArticleValue:
        """Return what an article achieved, as of curation's last run; raises UnknownRecordError."""
        key = self.knowledge.store.articles.surviving(key)
        kept = self.findings.kept(WORTH)
        if kept is None or key not in kept.content:
            return worth(self.corpus(), key)
        return ArticleValue.from_json(kept.content[key])

    def facts(self) -> list[CaseFacts]:
        """Return facts of every case, as of curation's last run."""
        found = self._facts.last()
        return found[1] if found else []


def _draft_article(entry: WorklistEntry, polish: Callable[[Article], Article]) -> Article:
    """Return the article made from an item's draft, in the better wording of `polish`, which may take seconds."""
    content = entry.item.facts.get("draft")
    if content is None:
        raise NoActionError(Wording("{key}: it has no draft; the gaps that cost most have one", {"key": entry.item.id}))
    return polish(_draft(content).article(f"KB-{secrets.token_hex(5)}", entry.item.id))


def _item(content: dict[str, Any]) -> Item:
    return Item(**{**content, "kind": ItemKind(content["kind"]), "action": Action(content["action"])})


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {**facts, "day": facts["day"].isoformat() if facts["day"] else None}


def _facts(content: dict[str, Any]) -> CaseFacts:
    known, day = content["known"], content["day"]
    return CaseFacts(
        **{
            **content,
            "day": date.fromisoformat(day) if day else None,
            "articles": tuple(content["articles"]),
            "known": Known(known) if known else None,
        }
    )


def _draft(content: dict[str, Any]) -> ArticleDraft:
    quotes = partial(map, lambda quote: Quote(**quote))
    return ArticleDraft(
        **{
            **content,
            "title": Quote(**content["title"]),
            "issue": tuple(quotes(content["issue"])),
            "environment": tuple(content["environment"]),
            "resolution": tuple(quotes(content["resolution"])),
        }
    )
