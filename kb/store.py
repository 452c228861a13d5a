"""The store: what has been acknowledged is on disk, and what changed since can be followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Row,
    Select,
    Text,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from kb.article_rows import (
    ArticleState,
    ArticleStep,
    ArticleVersion,
    StoredArticle,
    article_of,
    article_of_content,
    embedded,
    stored_article,
    write_article,
)
from kb.articles import Article, Passage, State, passages
from kb.database import Database
from kb.feedback import Feedback
from kb.import_log import ImportLog, bring_back, note_changes
from kb.incidents import EXAMPLE_STATE, OPEN_STATES, Incident, text_sha256
from kb.label_changes import LabelChanges, relabelled
from kb.privacy.masking import Masking
from kb.refusals import Ruling
from kb.rows import as_json, by_key, incident_of, incident_row, next_revision
from kb.schema import (
    article_versions,
    articles,
    clock,
    embeddings,
    feedback,
    incidents,
    removals,
)
from kb.schema import passages as passage_table
from models.encoder import Encoder, Vectors

_ROWS_A_FETCH = 2000
_TEXTS_A_STEP = 500


class UnknownRecordError(LookupError):
    """No record has this key."""


class EditConflictError(RuntimeError):
    """The record was changed meanwhile; read it again and repeat the change."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many records a write added, changed and left as they were."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident with the vector of its text, float16 of shape (dimension,), and the revision of its first writing.

    `decided` names the fields whose value a person chose against what was suggested.
    """

    incident: Incident
    vector: NDArray[np.float16]
    added: int = 0
    decided: frozenset[str] = frozenset()


class Store:
    """Incidents, articles and feedback in a database, each text with its embedding."""

    def __init__(self, database: Database, encoder: Encoder, masking: Masking | None = None) -> None:
        self.database = database
        self.encoder = encoder
        self.masking = masking or Masking()
        self.imports = ImportLog(database)
        self.label_changes = LabelChanges(database)

    # Incidents

    def put_incidents(self, records: Sequence[Incident], *, imported: int | None = None) -> Written:
        """Add or replace incidents by number; all of them are on disk when this returns.

        `imported` is the import that they came with, which can be undone.
        Secrets in their texts are masked. Where a number stands twice, the last one counts. The texts with which an
        incident was first written while it was open stay known as those it was filed with, and what a person
        corrected stays as that person chose.
        """
        masked = {record.number: self.masking.incident(record)[0] for record in records}
        latest = self._as_decided(self._as_filed(masked))
        vectors = self._missing_vectors([record.text for record in latest.values()])
        with self.database.writing() as connection:
            known = {row.number: row for row in by_key(connection, select(incidents), incidents.c.number, latest)}
            revision = next_revision(connection)
            added, changed = [], []
            for number, record in latest.items():
                row = incident_row(record)
                if number not in known:
                    added.append({**row, "revision": revision, "added": revision})
                elif incident_of(known[number]) != record:
                    changed.append({**row, "revision": revision})
            if added:
                connection.execute(insert(incidents), added)
            for row in changed:
                connection.execute(update(incidents).where(incidents.c.number == row["number"]).values(row))
            bring_back(connection, [row["number"] for row in added])
            if imported is not None:
                before = {row["number"]: as_json(incident_of(known[row["number"]])) for row in changed}
                note_changes(connection, imported, [*added, *changed], before)
            self._keep_vectors(connection, vectors)
        return Written(len(added), len(changed), len(latest) - len(added) - len(changed))

    def _as_filed(self, records: Mapping[str, Incident]) -> dict[str, Incident]:
        with self.database.reading() as connection:
            rows = list(by_key(connection, select(incidents), incidents.c.number, records))
        before = {row.number: incident_of(row) for row in rows}
        return {
            number: record.filed_as(before[number]) if number in before and _tells(before[number], record) else record
            for number, record in records.items()
        }

    def _as_decided(self, records: Mapping[str, Incident]) -> dict[str, Incident]:
        with self.database.reading() as connection:
            chosen = _corrections(connection, records)
        return {
            number: record.with_values(chosen[number]) if number in chosen else record
            for number, record in records.items()
        }

    def incident(self, number: str) -> Incident:
        """The incident with this number; raises UnknownRecordError."""
        with self.database.reading() as connection:
            row = connection.execute(select(incidents).where(incidents.c.number == number)).one_or_none()
        if row is None:
            raise UnknownRecordError(f"no incident {number}")
        return incident_of(row)

    def incidents_since(self, revision: int) -> Iterator[StoredIncident]:
        """Incidents written after `revision` with their vectors, in the order of their numbers' first writing."""
        query = (
            select(incidents, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(incidents.c.revision > revision, embeddings.c.encoder == self.encoder.name)
            .order_by(incidents.c.revision, incidents.c.number)
        )
        with self.database.reading() as connection:
            written = select(incidents.c.number).where(incidents.c.revision > revision)
            chosen = _corrections(connection, connection.execute(written).scalars().all() if revision > 0 else None)
        for row in self._stream(query):
            incident, vector = incident_of(row), np.frombuffer(row.vector, dtype=np.float16)
            decided = incident.values if incident.state == EXAMPLE_STATE else chosen.get(incident.number, {})
            yield StoredIncident(incident, vector, row.added, frozenset(decided))

    def open_between(self, earliest: datetime, latest: datetime) -> list[StoredIncident]:
        """Incidents logged from one moment to another and not resolved yet, the earliest first, with their vectors."""
        query = (
            select(incidents, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(incidents.c.opened_at.between(earliest, latest), embeddings.c.encoder == self.encoder.name)
            .where(func.lower(func.trim(incidents.c.state)).in_(OPEN_STATES))
            .order_by(incidents.c.opened_at, incidents.c.number)
        )
        with self.database.reading() as connection:
            return [
                StoredIncident(incident_of(row), np.frombuffer(row.vector, dtype=np.float16), row.added)
                for row in connection.execute(query)
            ]

    def logged_for(self) -> timedelta:
        """The time between the first and the last incident that was logged, none where no times are known."""
        query = select(func.min(incidents.c.opened_at), func.max(incidents.c.opened_at))
        with self.database.reading() as connection:
            first, last = connection.execute(query).one()
        return last - first if first else timedelta(0)

    def history(self) -> list[StoredIncident]:
        """Every resolved incident with the values that it would carry today; examples are none."""
        self.embed_missing()
        changes = self.label_changes.all()
        return [
            replace(record, incident=relabelled(record.incident, changes))
            for record in self.incidents_since(0)
            if record.incident.is_history and record.incident.state != EXAMPLE_STATE
        ]

    def logged_since(self, moment: datetime) -> list[Incident]:
        """Incidents that were logged at a moment or later, with the values that they would carry today."""
        query = select(incidents).where(incidents.c.opened_at >= moment, incidents.c.state != EXAMPLE_STATE)
        changes = self.label_changes.all()
        return [relabelled(incident_of(row), changes) for row in self._stream(query)]

    def last_logged(self) -> datetime | None:
        """When the newest incident was logged, `None` where none says so."""
        query = select(func.max(incidents.c.opened_at)).where(incidents.c.state != EXAMPLE_STATE)
        with self.database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar_one()
            return moment

    def all_incidents(self) -> Iterator[Incident]:
        """Every incident, oldest first where they have dates."""
        query = select(incidents).order_by(incidents.c.opened_at, incidents.c.number)
        return (incident_of(row) for row in self._stream(query))

    def open_incidents(self, *, limit: int) -> list[Incident]:
        """Incidents that are not resolved yet, oldest first."""
        query = (
            select(incidents)
            .where(func.lower(func.trim(incidents.c.state)).in_(OPEN_STATES))
            .order_by(incidents.c.opened_at, incidents.c.number)
            .limit(limit)
        )
        with self.database.reading() as connection:
            return [incident_of(row) for row in connection.execute(query)]

    def link_article(self, number: str, article: str) -> Incident:
        """Note that an article solved an incident; raises UnknownRecordError where either is not there.

        Of an article that was merged into another, the other one is linked.
        """
        surviving = self.surviving(article)
        incident = self.incident(number)
        linked = replace(incident, articles=tuple(dict.fromkeys((*incident.articles, surviving))))
        self.put_incidents([linked])
        return linked

    def relink(self, names: Sequence[str], article: str) -> int:
        """Let every link by one of these names be one to an article; returns how many incidents had such links."""
        query = select(incidents).where(
            or_(*(cast(incidents.c.articles, Text).contains(json.dumps(name), autoescape=True) for name in names))
        )
        found = [
            replace(one, articles=tuple(dict.fromkeys(article if name in names else name for name in one.articles)))
            for one in map(incident_of, self._stream(query))
            if set(names) & set(one.articles)
        ]
        self.put_incidents(found)
        return len(found)

    def count_incidents(self) -> int:
        """How many incidents there are."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(incidents)).scalar_one()

    def removed_since(self, revision: int) -> list[str]:
        """Numbers of incidents that were removed after a revision."""
        with self.database.reading() as connection:
            return list(connection.execute(select(removals.c.number).where(removals.c.revision > revision)).scalars())

    # Articles

    def put_articles(self, records: Sequence[Article], *, by: str | None = None) -> Written:
        """Add or replace articles by id, keeping every version; all of them are on disk when this returns."""
        latest = {record.id: record for record in records}
        parts = {key: passages(record) for key, record in latest.items()}
        vectors = self._missing_vectors([embedded(latest[key], part) for key in latest for part in parts[key]])
        written = Written()
        with self.database.writing() as connection:
            known = {row.id: row for row in by_key(connection, select(articles), articles.c.id, latest)}
            revision = next_revision(connection)
            for key, record in latest.items():
                row = known.get(key)
                if row is not None and article_of(row) == record:
                    written += Written(unchanged=1)
                    continue
                written += Written(new=1) if row is None else Written(updated=1)
                write_article(connection, record, parts[key], row, revision=revision, by=by)
            self._keep_vectors(connection, vectors)
        return written

    def create_article(self, record: Article, *, by: str | None) -> None:
        """Add an article; raises EditConflictError where its id is taken."""
        parts = passages(record)
        vectors = self._missing_vectors([embedded(record, part) for part in parts])
        with self.database.writing() as connection:
            if connection.execute(select(articles.c.id).where(articles.c.id == record.id)).first():
                raise EditConflictError(f"there is an article {record.id} already: change it, or choose another id")
            write_article(connection, record, parts, None, revision=next_revision(connection), by=by)
            self._keep_vectors(connection, vectors)

    def edit_article(
        self,
        key: str,
        changes: Mapping[str, Any],
        *,
        by: str | None,
        version: int | None = None,
        check: Callable[[Article, Article], None] = lambda _before, _after: None,
    ) -> None:
        """Change parts of an article and keep the version before.

        `version` is the one the editor saw: raises EditConflictError where there is a newer one, and
        UnknownRecordError where there is no such article. `check` is given both and raises where it may not be.
        """
        stored = self.article(key)
        if version is not None and stored.version != version:
            raise EditConflictError(
                f"article {key} is at version {stored.version}, this edit began at version {version}: "
                "read it again and repeat the change"
            )
        edited = replace(stored.article, **changes)
        if edited != stored.article:
            check(stored.article, edited)
        parts = passages(edited)
        vectors = self._missing_vectors([embedded(edited, part) for part in parts])
        with self.database.writing() as connection:
            row = connection.execute(select(articles).where(articles.c.id == key)).one()
            if row.version != stored.version:
                raise EditConflictError(f"article {key} was changed at the same moment: read it again and repeat")
            if edited != stored.article:
                write_article(connection, edited, parts, row, revision=next_revision(connection), by=by)
            self._keep_vectors(connection, vectors)

    def article(self, key: str) -> StoredArticle:
        """The article with this id, without passages; raises UnknownRecordError."""
        with self.database.reading() as connection:
            row = connection.execute(select(articles).where(articles.c.id == key)).one_or_none()
        if row is None:
            raise UnknownRecordError(f"no article {key}")
        return stored_article(row)

    def all_articles(self) -> Iterator[Article]:
        """Every article, archived ones too, by id."""
        return (article_of(row) for row in self._stream(select(articles).order_by(articles.c.id)))

    def surviving(self, key: str) -> str:
        """Id of the article that took the place of one that was merged, or its own; raises UnknownRecordError.

        An import may name an article that is not there, or two that were merged into each other: the last one on the
        way that is there, and was not passed already, counts.
        """
        stored, passed = self.article(key).article, {key}
        while stored.merged_into is not None and stored.merged_into not in passed:
            try:
                stored = self.article(stored.merged_into).article
            except UnknownRecordError:
                break
            passed.add(stored.id)
        return stored.id

    def list_articles(
        self, *, limit: int, offset: int = 0, state: State | None = None
    ) -> tuple[list[StoredArticle], int]:
        """A page of articles by title, and how many there are in all."""
        where = [] if state is None else [articles.c.state == state.value]
        with self.database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(articles).where(*where)).scalar_one()
            query = select(articles).where(*where).order_by(articles.c.title, articles.c.id).limit(limit).offset(offset)
            return [stored_article(row) for row in connection.execute(query)], total

    def article_states(self) -> dict[str, ArticleState]:
        """Title and state of every article by id."""
        query = select(articles.c.id, articles.c.title, articles.c.state)
        with self.database.reading() as connection:
            return {row.id: ArticleState(row.title, State(row.state)) for row in connection.execute(query)}

    def article_history(self, key: str) -> list[ArticleVersion]:
        """Every version of an article, oldest first; raises UnknownRecordError."""
        self.article(key)
        query = select(article_versions).where(article_versions.c.article == key).order_by(article_versions.c.version)
        with self.database.reading() as connection:
            return [
                ArticleVersion(row.version, article_of_content(row.content), row.at, row.by)
                for row in connection.execute(query)
            ]

    def article_steps(self) -> Iterator[ArticleStep]:
        """Every version of every article as a step in its life, by article, oldest first."""
        columns = article_versions.c
        state = columns.content["state"].as_string().label("state")
        query = select(columns.article, columns.at, columns.by, state).order_by(columns.article, columns.version)
        for row in self._stream(query):
            yield ArticleStep(row.article, row.at, row.by, State(row.state))

    def articles_since(self, revision: int) -> Iterator[StoredArticle]:
        """Articles written after `revision` with their passages and vectors."""
        changed = select(articles).where(articles.c.revision > revision).order_by(articles.c.revision, articles.c.id)
        with self.database.reading() as connection:
            rows = connection.execute(changed).all()
            parts: dict[str, list[tuple[Passage, NDArray[np.float16]]]] = {row.id: [] for row in rows}
            query = (
                select(passage_table, embeddings.c.vector)
                .join_from(passage_table, embeddings, passage_table.c.text_sha256 == embeddings.c.text_sha256)
                .join(articles, articles.c.id == passage_table.c.article)
                .where(articles.c.revision > revision, embeddings.c.encoder == self.encoder.name)
                .order_by(passage_table.c.article, passage_table.c.position)
            )
            for row in connection.execute(query):
                vector = np.frombuffer(row.vector, dtype=np.float16)
                parts[row.article].append((Passage(row.section, row.text), vector))
        for row in rows:
            found = parts[row.id]
            yield replace(
                stored_article(row),
                passages=tuple(passage for passage, _ in found),
                vectors=np.stack([vector for _, vector in found]) if found else None,
            )

    # Feedback

    def put_feedback(self, entry: Feedback, text: str) -> int:
        """Keep what a person decided on a ticket with this text; returns its id."""
        vectors = self._missing_vectors([text])
        with self.database.writing() as connection:
            row = {
                **asdict(entry),
                "ticket": None if entry.ticket is None else self.masking.fields(entry.ticket),
                "text_sha256": text_sha256(text),
                "revision": next_revision(connection),
            }
            (key,) = connection.execute(insert(feedback).values(row)).inserted_primary_key or (0,)
            self._keep_vectors(connection, vectors)
            return int(key)

    def rulings_since(self, revision: int) -> Iterator[Ruling]:
        """What was refused or chosen after a revision, oldest first."""
        query = (
            select(feedback, embeddings.c.vector)
            .join_from(feedback, embeddings, feedback.c.text_sha256 == embeddings.c.text_sha256)
            .where(feedback.c.revision > revision, embeddings.c.encoder == self.encoder.name)
            .order_by(feedback.c.id)
        )
        for row in self._stream(query):
            value = row.suggested if row.chosen is None else row.chosen
            if value is not None:
                vector = np.frombuffer(row.vector, dtype=np.float16).astype(np.float32)
                yield Ruling(row.field, value, row.text_sha256, row.chosen is None, vector)

    def feedback(self, *, number: str | None = None) -> list[Feedback]:
        """What people decided, oldest first, on one incident or on all."""
        query = select(feedback).order_by(feedback.c.id)
        if number is not None:
            query = query.where(feedback.c.number == number)
        with self.database.reading() as connection:
            rows = connection.execute(query)
            return [
                Feedback(row.field, row.chosen, row.at, row.number, row.ticket, row.suggested, row.by) for row in rows
            ]

    # Both

    def revision(self) -> int:
        """Number of the newest write; any process that shares the store sees it grow."""
        with self.database.reading() as connection:
            return int(connection.execute(select(clock.c.revision)).scalar_one())

    def embed_missing(self, since: int = -1, report: Callable[[float], None] = lambda _: None) -> int:
        """Embed every text written after a revision that this encoder has not embedded yet; returns how many.

        Such texts were written under another encoder. `report` is called with the share that is done.
        """
        unread = select(passage_table.c.article).where(
            passage_table.c.article == articles.c.id, ~self._is_embedded(passage_table.c.text_sha256)
        )
        pending = self._texts(
            select(incidents).where(incidents.c.revision > since, ~self._is_embedded(incidents.c.text_sha256)),
            select(articles).where(articles.c.revision > since, unread.exists()),
        )
        for start in range(0, len(pending), _TEXTS_A_STEP):
            report(start / len(pending))
            vectors = self._missing_vectors(pending[start : start + _TEXTS_A_STEP])
            with self.database.writing() as connection:
                self._keep_vectors(connection, vectors)
        return len(pending)

    def _is_embedded(self, key: ColumnElement[str]) -> Exists:
        """Whether there is a vector of this encoder for the text with a key, row by row: few are asked for."""
        found = select(embeddings.c.vector).where(
            embeddings.c.encoder == self.encoder.name, embeddings.c.text_sha256 == key
        )
        return found.exists()

    def embed_again(self) -> Iterator[tuple[int, int]]:
        """Embed every text anew in place of the vector kept for it; yields how many of how many are done."""
        texts = self._texts(select(incidents), select(articles))
        for start in range(0, len(texts), _TEXTS_A_STEP):
            some = texts[start : start + _TEXTS_A_STEP]
            vectors = dict(zip(map(text_sha256, some), self.encoder.encode(some), strict=True))
            with self.database.writing() as connection:
                kept = (embeddings.c.encoder == self.encoder.name, embeddings.c.text_sha256.in_(vectors))
                connection.execute(delete(embeddings).where(*kept))
                self._keep_vectors(connection, vectors)
            yield start + len(some), len(texts)

    def _texts(self, some_incidents: Select[Any], some_articles: Select[Any]) -> list[str]:
        """Every text that is embedded for these incidents and articles, once."""
        texts: dict[str, str] = {}
        with self.database.reading() as connection:
            for row in connection.execute(some_incidents):
                texts[row.text_sha256] = incident_of(row).text
            for row in connection.execute(some_articles):
                article = article_of(row)
                texts.update((text_sha256(text), text) for text in (embedded(article, p) for p in passages(article)))
        return list(texts.values())

    def forget_vectors(self) -> None:
        """Drop every embedding of this encoder, which is not going to serve."""
        with self.database.writing() as connection:
            connection.execute(delete(embeddings).where(embeddings.c.encoder == self.encoder.name))

    def _missing_vectors(self, texts: Iterable[str]) -> dict[str, Vectors]:
        by_key = {text_sha256(text): text for text in texts}
        with self.database.reading() as connection:
            known = self._known(connection, by_key)
        lacking = [key for key in by_key if key not in known]
        vectors = self.encoder.encode([by_key[key] for key in lacking])
        return dict(zip(lacking, vectors, strict=True))

    def _keep_vectors(self, connection: Connection, vectors: Mapping[str, Vectors]) -> None:
        known = self._known(connection, vectors)
        rows = [
            {"encoder": self.encoder.name, "text_sha256": key, "vector": vector.astype(np.float16).tobytes()}
            for key, vector in vectors.items()
            if key not in known
        ]
        if rows:
            connection.execute(insert(embeddings), rows)

    def _known(self, connection: Connection, keys: Iterable[str]) -> set[str]:
        query = select(embeddings.c.text_sha256).where(embeddings.c.encoder == self.encoder.name)
        return {row.text_sha256 for row in by_key(connection, query, embeddings.c.text_sha256, keys)}

    def _stream(self, query: Select[Any]) -> Iterator[Row[Any]]:
        with self.database.reading() as connection:
            yield from connection.execution_options(yield_per=_ROWS_A_FETCH).execute(query)


def _tells(first: Incident, record: Incident) -> bool:
    """Whether an earlier state of an incident says how it was filed, and that matters by now."""
    known = first.is_as_filed or not first.is_history
    return known and not record.is_as_filed and (record.is_history or record.text != first.text)


def _corrections(connection: Connection, numbers: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
    """What people chose against what was suggested, by number and field; the last decision on a field counts."""
    query = select(feedback.c.number, feedback.c.field, feedback.c.suggested, feedback.c.chosen).where(
        feedback.c.chosen.is_not(None), feedback.c.number.is_not(None)
    )
    rows = (
        connection.execute(query.order_by(feedback.c.id))
        if numbers is None
        else list(by_key(connection, query.order_by(feedback.c.id), feedback.c.number, numbers))
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.chosen != row.suggested:
            found.setdefault(row.number, {})[row.field] = row.chosen
        elif found.get(row.number, {}).get(row.field) != row.chosen:
            found.get(row.number, {}).pop(row.field, None)
    return found
