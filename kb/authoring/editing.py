"""Article editing: what people do with articles, at a ticket and over their life cycle."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kb.authoring.export import as_markdown
from kb.reading.signature import above_dashes, without_signature
from kb.records.article import KCS_SECTIONS, TITLE_LIMIT, Article, State
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.flag import Flag, Reason
from kb.records.incident import Incident
from kb.records.life_cycle import Role, check_change, check_merge, check_new
from kb.records.webhook import Event
from kb.records.wording import Wording
from kb.service.webhooks import Webhooks
from kb.storage.article_rows import StoredArticle
from kb.storage.article_uses import ArticleUse, ArticleUses, UseKind
from kb.storage.flags import Flags
from kb.storage.incident_store import IncidentStore
from kb.storage.roles import Roles
from models.encoder import Vectors
from models.sentences import sentences

_PARTS = ("title", "summary", *KCS_SECTIONS, "service", "category", "state", "audience", "governance")
_CONTENT = ("title", *KCS_SECTIONS, "sections", "summary", "service", "category", "extra")


@dataclass(frozen=True, slots=True)
class Merged:
    """The article that stays, the one that redirects to it now, and how many incidents' links moved with it."""

    kept: str
    gone: str
    relinked: int


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """A part of an article in two versions; further sections are called `sections.0` and so on."""

    part: str
    before: str
    after: str


class ArticleEditing:
    """Acts on articles: each is checked against the role of the person, stamped, counted and announced.

    An act is one transaction with all its checks; no other act comes in between.
    """

    def __init__(self, store: IncidentStore, everybody: Role) -> None:
        """`everybody` is the role of people without an assigned one."""
        self._webhooks = Webhooks(store.database)
        self._database = store.database
        self.store = store
        self.people = Roles(store.database, everybody)
        self.uses = ArticleUses(store.database)
        self.flags = Flags(store.database)

    # Life cycle

    def create(
        self, article: Article, *, by: str | None, vectors: Mapping[str, Vectors] | None = None
    ) -> StoredArticle:
        """Add an article and return it as stored.

        `vectors` are those of `ArticleStore.vectors_of`, where the caller made them before starting its own act.

        Raises: IllegalMoveError; EditConflictError where its id is taken.
        """
        ready = self.store.articles.vectors_of(article) if vectors is None else vectors
        with self._database.writing():
            check_new(article, self.people.role(by))
            stored = self.store.articles.create(article, by=by, vectors=ready)
            self._announce_published(stored, None)
        return stored

    def edit(
        self, key: str, changes: Mapping[str, Any], *, by: str | None, version: int | None = None
    ) -> StoredArticle:
        """Change parts of an article and return it as stored; other people's changes to other parts stay.

        `version` is the one that the editor saw.

        Raises: EditConflictError where there is a newer version than `version`; UnknownRecordError; IllegalMoveError.
        """
        return self._edit(key, lambda _: changes, by=by, version=version)

    def _edit(
        self,
        key: str,
        changes_to: Callable[[Article], Mapping[str, Any]],
        *,
        by: str | None,
        version: int | None,
    ) -> StoredArticle:
        articles = self.store.articles
        vectors = articles.vectors_after(key, changes_to)
        with self._database.writing():
            before = articles.get(key).article
            stored = articles.edit(
                key,
                changes_to(before),
                by=by,
                version=version,
                check=partial(check_change, role=self.people.role(by)),
                vectors=vectors,
            )
            if (stored.article.state, stored.article.audience) != (before.state, before.audience):
                self.flags.close_all(key, Reason.APPROVAL, by=by)
            self._announce_published(stored, before.state)
        return stored

    def restore(self, key: str, number: int, *, by: str | None, version: int | None = None) -> StoredArticle:
        """Restore the content of an earlier version; an archived article comes back, merged or not.

        State, audience and governance stay as they are, except for an archived article. Raises as `edit`, and
        UnknownRecordError where there is no such version.
        """
        then = self.store.articles.version(key, number)
        content = {name: getattr(then, name) for name in _CONTENT}
        alive = {"state": State.NOT_VALIDATED if then.solves else State.WORK_IN_PROGRESS, "merged_into": None}

        def changes_to(now: Article) -> Mapping[str, Any]:
            return content | alive if now.state is State.ARCHIVED or now.merged_into is not None else content

        return self._edit(key, changes_to, by=by, version=version)

    def merge(self, kept: str, gone: str, *, by: str | None) -> Merged:
        """Replace one article with another: it is archived and redirects, and its links and counts move.

        An archived article cannot replace another, so redirects never form a circle.

        Raises: UnknownRecordError; IllegalMoveError.
        """
        articles = self.store.articles
        with self._database.writing():
            goes = articles.get(gone).article
            check_merge(articles.get(kept).article, goes, self.people.role(by))
            articles.edit(gone, {"state": State.ARCHIVED, "merged_into": kept}, by=by)
            names = [name for name in (goes.id, goes.source, goes.title) if name]
            return Merged(kept, gone, self.store.relink(names, kept))

    def _announce_published(self, stored: StoredArticle, before: State | None) -> None:
        """Announce an article that has become validated, within the act."""
        article = stored.article
        if article.state is State.VALIDATED and before is not State.VALIDATED:
            facts = {"id": article.id, "title": article.title, "version": stored.version, "before": before}
            self._webhooks.announce(Event.ARTICLE_PUBLISHED, facts)

    def difference(self, key: str, before: int, after: int) -> list[str]:
        """Return what changed between two versions, as the lines of a unified diff of their Markdown."""
        then, now = (as_markdown(self.store.articles.version(key, one)).splitlines() for one in (before, after))
        names = (f"{key} version {before}", f"{key} version {after}")
        return list(difflib.unified_diff(then, now, *names, lineterm=""))

    def changed_parts(self, key: str, before: int, after: int) -> list[ChangedPart]:
        """Return the parts of an article that differ between two versions, in the order of its page."""
        then, now = (_parts(self.store.articles.version(key, one)) for one in (before, after))
        return [
            ChangedPart(name, then.get(name, ""), now.get(name, ""))
            for name in dict.fromkeys((*then, *now))
            if then.get(name, "") != now.get(name, "")
        ]

    # At the ticket

    def open(self, key: str, *, number: str | None, by: str | None) -> None:
        """Note that somebody read an article, at a ticket where one is named; raises UnknownRecordError."""
        with self._database.writing():
            self._note(UseKind.OPENED, self.store.articles.surviving(key), number, by)

    def link(self, key: str, number: str, *, by: str | None) -> Incident:
        """Note that an article, or the one that it was merged into, solved an incident; return the incident.

        Raises: UnknownRecordError where either does not exist.
        """
        with self._database.writing():
            already = self.store.incident(number).articles
            linked = self.store.link_article(number, key, by=by)
            if linked.articles != already:
                self._note(UseKind.LINKED, linked.articles[-1], number, by)
        return linked

    def not_found(self, searched: str, *, number: str | None, by: str | None) -> None:
        """Note that a search found no article that helps."""
        masked = self.store.masking.text(searched).text
        self.uses.note(ArticleUse(UseKind.NOT_FOUND, datetime.now(UTC), None, number, masked, by))

    def withdraw_not_found(self, searched: str, *, number: str | None, by: str | None) -> None:
        """Forget that a search found no article that helps; raises UnknownRecordError where nobody noted it so."""
        masked = self.store.masking.text(searched).text
        if not self.uses.withdraw(ArticleUse(UseKind.NOT_FOUND, datetime.now(UTC), None, number, masked, by)):
            raise UnknownRecordError(Wording("no such search was recorded as one that found nothing"))

    def capture(self, number: str, *, searched: str | None = None, by: str | None) -> str:
        """Turn an incident into an article, Work in Progress, in the caller's words; return its id.

        Nothing is invented: what the incident does not say stays empty. `searched` is the search that found nothing, by
        default the last such one at this ticket. Raises UnknownRecordError, and EditConflictError where the incident
        was captured before.
        """
        key, masked = f"KB-{secrets.token_hex(5)}", self.store.masking.text(searched).text if searched else None
        vectors = self.store.articles.vectors_of(captured(self.store.incident(number), key, masked))
        with self._database.writing():
            before = self.uses.all(number=number, kinds=[UseKind.CAPTURED])
            if before:
                raise EditConflictError(
                    Wording(
                        "incident {number} was captured as article {article}: improve that one",
                        {"number": number, "article": before[0].article or ""},
                    )
                )
            in_vain = self.uses.all(number=number, kinds=[UseKind.NOT_FOUND])
            last = in_vain[-1].searched if in_vain else None
            article = captured(self.store.incident(number), key, masked or last)
            self.create(article, by=by, vectors=vectors)
            self.store.link_article(number, key, by=by)
            self._note(UseKind.CAPTURED, key, number, by)
        return key

    def flag(self, flag: Flag) -> int:
        """Store a flag on an article and return the flag's id; raises UnknownRecordError."""
        comment = self.store.masking.text(flag.comment).text
        with self._database.writing():
            return self.flags.put(replace(flag, article=self.store.articles.surviving(flag.article), comment=comment))

    def _note(self, kind: UseKind, article: str, number: str | None, by: str | None) -> None:
        self.uses.note(ArticleUse(kind, datetime.now(UTC), article, number, None, by))


def _parts(article: Article) -> dict[str, str]:
    """Return the parts of an article as texts, empty where they are not set."""
    parts = {name: str(getattr(article, name) or "") for name in _PARTS}
    for place, section in enumerate(article.sections):
        parts[f"sections.{place}.heading"] = section.heading
        parts[f"sections.{place}"] = section.text
    return parts


def captured(incident: Incident, key: str, searched: str | None) -> Article:
    """Return the article made from an incident: its own words under the headings of KCS."""
    said = without_signature(above_dashes(incident.description)).strip()
    title = " ".join(incident.short_description.split()) or next(iter(sentences(said)), incident.number)
    facts = (("Service", incident.service), ("Configuration item", incident.configuration_item))
    return Article(
        id=key,
        title=title[:TITLE_LIMIT],
        issue=said or incident.short_description.strip(),
        environment="\n".join(f"- {name}: {value}" for name, value in facts if value),
        resolution=(incident.resolution or "").strip(),
        service=incident.service,
        category=incident.category,
        state=State.WORK_IN_PROGRESS,
        extra={"captured_from": incident.number, **({"searched": searched} if searched else {})},
    )
