"""ArticleEditing: what people do with articles, at the ticket and in their life cycle."""

from __future__ import annotations

import difflib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kb.authoring.export import as_markdown
from kb.records.article import KCS_SECTIONS, TITLE_LIMIT, Article, State
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.flag import Flag
from kb.records.incident import Incident
from kb.records.life_cycle import IllegalMoveError, Role, check_change, check_merge, check_new
from kb.records.webhook import Event
from kb.service.webhooks import Webhooks
from kb.storage.article_rows import ArticleVersion
from kb.storage.article_uses import ArticleUse, ArticleUses, UseKind
from kb.storage.flags import Flags
from kb.storage.incident_store import IncidentStore
from kb.storage.roles import Roles
from models.sentences import sentences

_SIGNATURE = re.compile(r"^--\s*$", re.MULTILINE)
_CONTENT = ("title", *KCS_SECTIONS, "sections", "summary", "service", "category", "extra")


@dataclass(frozen=True, slots=True)
class Merged:
    """The article that stays, the one that redirects to it now, and how many incidents' links moved along."""

    kept: str
    gone: str
    relinked: int


class ArticleEditing:
    """Articles as people may handle them: each act is checked against who does it, stamped and counted."""

    def __init__(self, store: IncidentStore, everybody: Role) -> None:
        """`everybody` is the role of those who were given none."""
        self._webhooks = Webhooks(store.database)
        self.store = store
        self.people = Roles(store.database, everybody)
        self.uses = ArticleUses(store.database)
        self.flags = Flags(store.database)

    # Life cycle

    def create(self, article: Article, *, by: str | None) -> None:
        """Add an article; raises IllegalMoveError, and EditConflictError where its id is taken."""
        check_new(article, self.people.role(by))
        self.store.articles.create(article, by=by)
        self._announce(article.id, None)

    def edit(self, key: str, changes: Mapping[str, Any], *, by: str | None, version: int | None = None) -> None:
        """Change parts of an article.

        `version` is the one the editor saw: raises EditConflictError where there is a newer one, UnknownRecordError
        where there is no such article, and IllegalMoveError.
        """
        before = self.store.articles.get(key).article.state
        check = partial(check_change, role=self.people.role(by))
        self.store.articles.edit(key, changes, by=by, version=version, check=check)
        self._announce(key, before)

    def restore(self, key: str, number: int, *, by: str | None, version: int | None = None) -> None:
        """Give an article the content of an earlier version again; an archived one comes back, merged or not.

        State, audience and governance stay as they are, but for what was archived. Raises as `edit`, and
        UnknownRecordError where there never was such a version.
        """
        then = self.version(key, number).article
        changes = {name: getattr(then, name) for name in _CONTENT}
        if self.store.articles.get(key).article.state is State.ARCHIVED:
            changes |= {"state": State.NOT_VALIDATED if then.solves else State.WORK_IN_PROGRESS, "merged_into": None}
        self.edit(key, changes, by=by, version=version)

    def merge(self, kept: str, gone: str, *, by: str | None) -> Merged:
        """Let one article take the place of another, which is archived and redirects; links and counts move along.

        Raises UnknownRecordError, IllegalMoveError.
        """
        stays, goes = self.store.articles.get(kept), self.store.articles.get(gone)
        check_merge(stays.article, goes.article, self.people.role(by))
        self.store.articles.edit(
            gone, {"state": State.ARCHIVED, "merged_into": kept}, by=by, version=goes.version, check=_allowed
        )
        names = [name for name in (goes.article.id, goes.article.source, goes.article.title) if name]
        return Merged(kept, gone, self.store.relink(names, kept))

    def _announce(self, key: str, before: State | None) -> None:
        """Tell who listens that an article is validated by now."""
        stored = self.store.articles.get(key)
        if stored.article.state is State.VALIDATED and before is not State.VALIDATED:
            facts = {"id": key, "title": stored.article.title, "version": stored.version, "before": before}
            self._webhooks.announce(Event.ARTICLE_PUBLISHED, facts)

    def version(self, key: str, number: int) -> ArticleVersion:
        """An article as it was; raises UnknownRecordError."""
        for entry in self.store.articles.history(key):
            if entry.version == number:
                return entry
        raise UnknownRecordError(f"article {key} never had a version {number}")

    def difference(self, key: str, before: int, after: int) -> list[str]:
        """What changed between two versions, as the lines of a unified diff of their Markdown."""
        then, now = (as_markdown(self.version(key, number).article).splitlines() for number in (before, after))
        names = (f"{key} version {before}", f"{key} version {after}")
        return list(difflib.unified_diff(then, now, *names, lineterm=""))

    # At the ticket

    def open(self, key: str, *, number: str | None, by: str | None) -> None:
        """Note that somebody read an article, at a ticket where one is named; raises UnknownRecordError."""
        self._note(UseKind.OPENED, self.store.articles.surviving(key), number, by)

    def link(self, key: str, number: str, *, by: str | None) -> Incident:
        """Note that an article solved an incident; raises UnknownRecordError where either is not there."""
        already = self.store.incident(number).articles
        linked = self.store.link_article(number, key)
        if linked.articles != already:
            self._note(UseKind.LINKED, linked.articles[-1], number, by)
        return linked

    def not_found(self, searched: str, *, number: str | None, by: str | None) -> None:
        """Note that a search found no article that helps."""
        self.uses.note(
            ArticleUse(UseKind.NOT_FOUND, datetime.now(UTC), None, number, self.store.masking.text(searched).text, by)
        )

    def capture(self, number: str, *, searched: str | None = None, by: str | None) -> str:
        """Turn an incident into an article that is work in progress, in the caller's words; returns its id.

        Nothing is invented: what the incident does not say stays empty. `searched` is what was looked for in vain,
        the last such search at this ticket unless given. Raises UnknownRecordError, and EditConflictError where the
        incident was captured before.
        """
        incident = self.store.incident(number)
        before = self.uses.all(number=number, kinds=[UseKind.CAPTURED])
        if before:
            raise EditConflictError(f"incident {number} was captured as article {before[0].article}: improve that one")
        in_vain = self.uses.all(number=number, kinds=[UseKind.NOT_FOUND])
        last = in_vain[-1].searched if in_vain else None
        article = captured(
            incident, f"KB-{secrets.token_hex(5)}", self.store.masking.text(searched).text if searched else last
        )
        self.create(article, by=by)
        self.store.link_article(number, article.id)
        self._note(UseKind.CAPTURED, article.id, number, by)
        return article.id

    def flag(self, flag: Flag) -> int:
        """Keep what is wrong with an article; returns the flag's id; raises UnknownRecordError."""
        comment = self.store.masking.text(flag.comment).text
        return self.flags.put(replace(flag, article=self.store.articles.surviving(flag.article), comment=comment))

    def _note(self, kind: UseKind, article: str, number: str | None, by: str | None) -> None:
        self.uses.note(ArticleUse(kind, datetime.now(UTC), article, number, None, by))


def captured(incident: Incident, key: str, searched: str | None) -> Article:
    """The article in an incident: its own words, under the headings of KCS."""
    said = _SIGNATURE.split(incident.description, maxsplit=1)[0].strip()
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


def _allowed(before: Article, after: Article) -> None:
    """Merging has checks of its own; only what was merged meanwhile is refused here."""
    if before.merged_into is not None and after.merged_into is not None:
        raise IllegalMoveError(f"{before.id} was merged into {before.merged_into} meanwhile")
