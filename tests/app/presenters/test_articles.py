from __future__ import annotations

from datetime import UTC, datetime

from app.presenters.articles import article_summary, article_view
from kb.records.article import Article, Section, State
from kb.storage.article_rows import ArticleVersion, StoredArticle

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_article_is_shown_with_its_sections_its_extras_and_its_versions() -> None:
    article = Article("KB1", "VPN", sections=(Section("Notes", "None."),), extra={"owner": "Network"})
    before = ArticleVersion(1, Article("KB1", "VPN", state=State.WORK_IN_PROGRESS), NOW, "Ada")
    stored = StoredArticle(article, 2, NOW, NOW, "Kim")
    view = article_view(stored, [before, ArticleVersion(2, article, NOW, "Kim")])
    assert [(part.heading, part.text) for part in view.sections] == [("Notes", "None.")]
    assert (view.extra, view.version, view.updated_by) == ({"owner": "Network"}, 2, "Kim")
    assert [(one.version, one.by, one.state) for one in view.history] == [
        (1, "Ada", State.WORK_IN_PROGRESS),
        (2, "Kim", State.NOT_VALIDATED),
    ]
    assert article_summary(stored).model_dump() == {
        name: value for name, value in view.model_dump().items() if name in article_summary(stored).model_fields_set
    }
