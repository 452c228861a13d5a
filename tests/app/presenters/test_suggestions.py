from __future__ import annotations

from app.presenters.suggestions import suggestion_view
from kb.records.article import Article, Passage, State
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.sensitive_data import Personal, Secret
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit
from triage.suggestion import Candidate, FieldSuggestion, ModelInfo, Suggestion

ARTICLE = Article("KB1", "Mail does not arrive", resolution="Sign in again.", state=State.VALIDATED)
TITLE, STEPS = Passage("Title", "Mail does not arrive"), Passage("Resolution", "Sign in again.")


def suggestion(*hits: ArticleHit, incidents: tuple[IncidentHit, ...] = ()) -> Suggestion:
    field = FieldSuggestion(None, 0.2, Decision.UNSURE, (Candidate("Mail", 0.2),), reason="too little is said")
    return Suggestion({"category": field}, 0.5, hits, incidents, ModelInfo("v1", None), 9.5)


def test_an_article_shows_what_to_do_rather_than_what_was_found() -> None:
    shown, without = suggestion_view(
        suggestion(ArticleHit(ARTICLE, TITLE, STEPS, 0.83456, 0.8, 0.25), ArticleHit(ARTICLE, TITLE, None, 0.5, 0.5))
    ).articles
    assert (shown.section, shown.excerpt, shown.score, shown.linked) == ("Resolution", "Sign in again.", 0.8346, 0.25)
    assert (without.section, without.excerpt) == ("Title", "Mail does not arrive")


def test_an_incident_without_short_description_is_called_by_the_beginning_of_its_text() -> None:
    hit = IncidentHit(Incident("INC1", "", "no mail\n" * 50, articles=("KB1",)), 0.5, 0.5, repeats=2)
    (shown,) = suggestion_view(suggestion(incidents=(hit,))).similar_incidents
    assert shown.short_description.startswith("no mail no mail")
    assert len(shown.short_description) <= 100
    assert (shown.articles, shown.repeats) == (["KB1"], 2)


def test_what_is_unsure_has_no_value_and_the_masked_kinds_are_sorted() -> None:
    view = suggestion_view(suggestion(), {Secret.PASSWORD, Personal.NAME})
    assert view.fields["category"].value is None
    assert [entry.value for entry in view.fields["category"].alternatives] == ["Mail"]
    assert view.masked == [Personal.NAME, Secret.PASSWORD]
