"""Suggestions as views."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from app.presenters.incidents import incident_view
from app.presenters.major_room import known_major_view
from app.schemas.security import SecurityAdviceView
from app.schemas.suggestions import (
    ArticleEvidence,
    ClassifyResult,
    FieldView,
    IncidentEvidence,
    ModelView,
    QuestionView,
    ReviewTicket,
    ReviewView,
    SuggestionView,
)
from kb.records.excerpt import excerpt, headline
from kb.records.major_room import KnownMajor
from kb.records.sensitive_data import MaskedKind
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit
from triage.review import ReviewItem
from triage.suggestion import Answer, FieldSuggestion, ModelInfo, Suggestion


def field_view(field: FieldSuggestion) -> FieldView:
    """Return the view of a field's suggestion."""
    return FieldView.model_validate(asdict(field))


def model_view(info: ModelInfo) -> ModelView:
    """Return the view of the model that answered."""
    return ModelView(version=info.version, trained_at=info.trained_at)


def suggestion_view(
    suggestion: Suggestion,
    masked: Collection[MaskedKind] = (),
    major: KnownMajor | None = None,
    security: SecurityAdviceView | None = None,
) -> SuggestionView:
    """Return the view of a suggestion, with the kinds of sensitive data that were masked in its ticket.

    `major` is the active major incident that the ticket reports, `security` what is done
    about it where it may be a security incident.
    """
    return SuggestionView(
        fields={name: field_view(field) for name, field in suggestion.fields.items()},
        known=suggestion.known,
        articles=[_article_evidence(hit) for hit in suggestion.articles],
        similar_incidents=[_incident_evidence(hit) for hit in suggestion.similar_incidents],
        model=model_view(suggestion.model),
        took_ms=suggestion.took_ms,
        masked=sorted(masked),
        questions=[
            QuestionView(
                field=question.field,
                kind=question.kind,
                text=question.text,
                why=question.why,
                choices=list(question.choices),
            )
            for question in suggestion.questions
        ],
        major=None if major is None else known_major_view(major),
        security=security,
    )


def classify_result(answer: Answer) -> ClassifyResult:
    """Return the fields of one classified ticket."""
    return ClassifyResult(fields={name: field_view(field) for name, field in answer.fields.items()}, known=answer.known)


def review_view(items: Sequence[ReviewItem]) -> ReviewView:
    """Return the view of tickets to review, in their order."""
    return ReviewView(
        tickets=[
            ReviewTicket(
                incident=incident_view(item.incident),
                fields={name: field_view(field) for name, field in item.fields.items()},
            )
            for item in items
        ]
    )


def _article_evidence(hit: ArticleHit) -> ArticleEvidence:
    passage = hit.answer or hit.passage
    return ArticleEvidence(
        id=hit.article.id,
        title=hit.article.title,
        score=round(hit.score, 4),
        state=hit.article.state,
        workaround=hit.article.solves,
        section=passage.section,
        excerpt=excerpt(passage.text),
        linked=round(hit.linked, 4),
    )


def _incident_evidence(hit: IncidentHit) -> IncidentEvidence:
    incident = hit.incident
    return IncidentEvidence(
        number=incident.number,
        score=round(hit.score, 4),
        short_description=headline(incident.short_description, incident.description),
        resolution=incident.resolution,
        category=incident.category,
        assignment_group=incident.assignment_group,
        articles=list(incident.articles),
        repeats=hit.repeats,
    )
