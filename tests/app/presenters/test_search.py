from __future__ import annotations

from app.presenters.search import search_view
from kb.records.article import Article, Audience, Passage
from kb.records.incident import Incident
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit


def test_incidents_and_articles_stand_in_one_list_in_their_order() -> None:
    article = Article("KB1", "VPN", workaround="Restart.", source="network/vpn.md", audience=Audience.CUSTOMERS)
    incident = Incident("INC1", "vpn drops", "since noon", channel="phone", state="resolved", resolution="Restarted.")
    found, other = search_view(
        [
            IncidentHit(incident, 0.9, 0.9),
            ArticleHit(article, Passage("Workaround", "Restart."), None, 0.7, 0.7),
        ]
    ).results
    assert (found.kind, found.id, found.excerpt, found.source) == ("incident", "INC1", "Restarted.", "phone")
    assert (other.kind, other.id, other.excerpt, other.source) == ("article", "KB1", "Restart.", "network/vpn.md")
    assert (other.section, other.workaround, other.audience) == ("Workaround", True, "customers")


def test_an_incident_without_resolution_shows_what_was_said() -> None:
    (found,) = search_view([IncidentHit(Incident("INC1", "vpn drops", "since noon"), 0.9, 0.9)]).results
    assert found.excerpt == "since noon"
