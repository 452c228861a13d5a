"""Tables of the store; portable types only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from kb.records.fields import Field, FieldKind
from kb.records.incident import FIELDS
from kb.vocabulary.stage import Stage

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment: stored in UTC without zone, read back with zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (its name is SQLAlchemy's)
        """Turn an aware datetime into UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (its name is SQLAlchemy's)
        """Return the stored moment with its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


class StageColumn(TypeDecorator[Stage]):
    """A stage: stored by its name."""

    impl = String(20)
    cache_ok = True

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Stage | None:  # noqa: ARG002 (its name is SQLAlchemy's)
        """Return the stage that the stored name says."""
        return None if value is None else Stage(value)


clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)


_TYPES: Mapping[FieldKind, type[TypeEngine[Any]] | TypeEngine[Any]] = {
    FieldKind.KEY: String(200),
    FieldKind.TEXT: Text,
    FieldKind.LABEL: Text,
    FieldKind.STATE: Text,
    FieldKind.STAGE: StageColumn,
    FieldKind.INSTANT: Instant,
    FieldKind.COUNT: Integer,
    FieldKind.LINKS: JSON,
}


_INDEXED = frozenset({"opened_at", "resolved_at", "stage"})


def _column(field: Field) -> Column[Any]:
    """Return the column of a field of an incident."""
    return Column(
        field.name,
        _TYPES[field.kind],
        primary_key=field.kind is FieldKind.KEY,
        nullable=not field.required,
        index=field.name in _INDEXED or None,
    )


incidents = Table(
    "incidents",
    metadata,
    *map(_column, FIELDS),
    Column("extra", JSON, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("added", BigInteger, nullable=False, server_default="0"),
)

restricted_incidents = Table(
    "restricted_incidents",
    metadata,
    Column("number", String(200), primary_key=True),
    Column("incident", JSON, nullable=False),
    Column("events", JSON, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("tlp", String(20), nullable=False),
    Column("people", JSON, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)
"""Incidents that only named people may see: no query but those of `restricted_store` reads this table."""

articles = Table(
    "articles",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("title", Text, nullable=False),
    Column("issue", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("resolution", Text, nullable=False),
    Column("workaround", Text, nullable=False),
    Column("sections", JSON, nullable=False),
    Column("summary", Text, nullable=False),
    Column("service", Text),
    Column("category", Text),
    Column("state", String(20), nullable=False),
    Column("audience", String(20), nullable=False),
    Column("governance", String(20), nullable=False, server_default="experience"),
    Column("source", Text),
    Column("merged_into", String(200)),
    Column("extra", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", Text),
    Column("revision", BigInteger, nullable=False, index=True),
    Index("ix_articles_source", "source"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article", String(200), ForeignKey("articles.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", JSON, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text),
)

passages = Table(
    "passages",
    metadata,
    Column("article", String(200), ForeignKey("articles.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("section", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("encoder", String(100), primary_key=True),
    Column("text_sha256", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(200), index=True),
    Column("ticket", JSON),
    Column("field", Text, nullable=False),
    Column("suggested", Text),
    Column("chosen", Text),
    Column("by", Text),
    Column("at", Instant, nullable=False),
    Column("text_sha256", String(64)),
    Column("revision", BigInteger, nullable=False, server_default="0", index=True),
    Column("act", Integer, index=True),
    Column("before", JSON(none_as_null=True)),
    Column("withdrawn_at", Instant),
)

acts = Table(
    "acts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(200), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("undone_at", Instant),
    Column("undone_by", Text),
)

answers = Table(
    "answers",
    metadata,
    Column("ticket", String(200), primary_key=True),
    Column("field", String(200), primary_key=True),
    Column("value", Text),
    Column("confidence", Float, nullable=False),
    Column("decision", String(20), nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("model", String(100), nullable=False),
    Column("at", Instant, nullable=False, index=True),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant),
)

import_changes = Table(
    "import_changes",
    metadata,
    Column("import_id", Integer, ForeignKey("imports.id"), primary_key=True, autoincrement=False),
    Column("number", String(200), primary_key=True),
    Column("before", JSON(none_as_null=True)),
    Column("revision", BigInteger, nullable=False),
)

incident_events = Table(
    "incident_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("happened_at", Instant, nullable=False, index=True),
    Column("recorded_at", Instant, nullable=False),
    Column("by", Text),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("source", String(20), nullable=False),
    Column("digest", String(64)),
    Index("ix_incident_events_number", "number", "id"),
    Index("ix_incident_events_digest", "digest", unique=True),
)

removals = Table(
    "removals",
    metadata,
    Column("number", String(200), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

label_changes = Table(
    "label_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("field", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", JSON, nullable=False),
    Column("since", Instant, nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("revision", BigInteger, nullable=False),
)

column_mappings = Table(
    "column_mappings",
    metadata,
    Column("shape", String(64), primary_key=True),
    Column("mapping", JSON, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

state_meanings = Table(
    "state_meanings",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("state", Text, nullable=False),
    Column("stage", StageColumn, nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("role", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text),
    Column("groups", JSON, nullable=False, server_default="[]"),
)

uses = Table(
    "uses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("article", String(200), index=True),
    Column("number", String(200), index=True),
    Column("searched", Text),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

flags = Table(
    "flags",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article", String(200), ForeignKey("articles.id"), nullable=False, index=True),
    Column("reason", String(20), nullable=False),
    Column("comment", Text, nullable=False),
    Column("number", String(200)),
    Column("by", Text),
    Column("at", Instant, nullable=False),
    Column("closed_by", Text),
    Column("closed_at", Instant),
)

rulings = Table(
    "rulings",
    metadata,
    Column("item", String(240), primary_key=True),
    Column("verdict", String(20), nullable=False),
    Column("name", Text),
    Column("note", Text, nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", String(240), primary_key=True),
    Column("name", Text, nullable=False),
    Column("members", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("content", JSON, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    Column("groups", JSON, nullable=False, server_default="[]"),
)

idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("address", Text),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("format", String(20), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("written", BigInteger, nullable=False),
    Column("rejects", JSON, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("error", Text),
    Column("by", Text),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("error_wording", JSON),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook", String(40), ForeignKey("webhooks.id"), nullable=False, index=True),
    Column("event", String(40), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("created_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Index("ix_deliveries_state", "state", "next_at"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(64), nullable=False),
    Column("rule", Text, nullable=False),
    Column("event", String(40), nullable=False),
    Column("cause", Text, nullable=False),
    Column("number", String(200), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("audience", String(20), nullable=False),
    Column("address", Text),
    Column("language", String(10), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("template", String(100), nullable=False),
    Column("details", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("step", Integer, nullable=False),
    Column("calendar", Text),
    Column("digest", String(64)),
    Column("message", String(60), index=True),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("escalate_at", Instant, index=True),
    Column("last_error", Text),
    Column("sent_at", Instant),
    Column("claim", String(40)),
    Column("holder", String(64)),
    Column("lease_until", Instant),
    Index("ix_notifications_key", "key", unique=True),
    Index("ix_notifications_state", "state", "next_at"),
)

notification_rules = Table(
    "notification_rules",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("since", Instant, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(200), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("value", Text),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

major_proposals = Table(
    "major_proposals",
    metadata,
    Column("number", String(200), primary_key=True),
    Column("lead", String(200), nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

major_decisions = Table(
    "major_decisions",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("decision", String(20), nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

major_reasons = Table(
    "major_reasons",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("observed", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    Column("minutes", Float, nullable=False),
    Column("usual_from", Instant, nullable=False),
    Column("usual", JSON, nullable=False),
    Column("field", String(200)),
    Column("value", Text),
    Column("criterion", Text),
)

major_merges = Table(
    "major_merges",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("into", String(200), nullable=False, index=True),
    Column("by", Text),
    Column("at", Instant, nullable=False),
    Column("parent", String(200)),
)

major_separations = Table(
    "major_separations",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("other", String(200), primary_key=True),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

catalogue = Table(
    "catalogue",
    metadata,
    Column("field", String(200), primary_key=True),
    Column("value", String(200), primary_key=True),
)

field_modes = Table(
    "field_modes",
    metadata,
    Column("field", String(200), primary_key=True),
    Column("mode", String(20), nullable=False),
    Column("since", Instant),
    Column("by", Text),
    Column("notice", Text),
)

data_folder = Table(
    "data_folder",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("known_before", JSON(none_as_null=True)),
)

queue_entries = Table(
    "queue_entries",
    metadata,
    Column("number", String(200), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("need", Integer, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("model", String(100), nullable=False),
    Column("stage", StageColumn, nullable=False, server_default=Stage.NEW.value),
    Column("assignment_group", Text),
    Column("service", Text),
    Column("priority", Text),
    Column("assigned_to", Text),
    Column("practice", String(64), nullable=False, server_default=""),
    Column("hops", Integer, nullable=False, server_default="0"),
    Column("clocked_at", Instant),
    Column("measure", String(20)),
    Column("warns_at", Instant),
    Column("due_at", Instant, index=True),
    Column("breaches_at", Instant),
    Column("left_seconds", Integer),
    Column("stage_since", Instant),
    Column("breach_probability", Float),
    Index("ix_queue_entries_order", "need", "urgency", "since", "number"),
)

queue_position = Table(
    "queue_position",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("taught", BigInteger, nullable=False, server_default="0"),
)
