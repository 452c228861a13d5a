from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.desk.article_draft import ArticleDraft, Conflict, parts_of
from app.desk.differences import marked_words
from app.desk.texts import plain
from app.schemas.articles import ArticleView, SectionBody
from kb.records.article import Audience, Governance, State


def article(version: int = 1, **parts: object) -> ArticleView:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    texts = dict.fromkeys(("issue", "environment", "cause", "workaround", "summary"), "")
    return ArticleView.model_validate(
        {
            **texts,
            "id": "KB1",
            "title": "VPN drops",
            "resolution": "Sign in.",
            "state": State.VALIDATED,
            "audience": Audience.INTERNAL,
            "governance": Governance.EXPERIENCE,
            "service": None,
            "category": "Network",
            "source": None,
            "merged_into": None,
            "version": version,
            "updated_at": now,
            "updated_by": None,
            "created_at": now,
            "sections": [
                SectionBody(heading="Seen", text="In hotels."),
                SectionBody(heading="Not seen", text="At home."),
            ],
            "extra": {},
            "history": [],
        }
        | parts
    )


def draft_of(view: ArticleView) -> ArticleDraft:
    return ArticleDraft(view.id, view.version, parts_of(view))


def test_only_what_was_changed_is_sent_and_sections_as_a_whole() -> None:
    view = article()
    draft = draft_of(view)
    draft.texts = {"cause": "Old client.", "title": "VPN drops", "category": "", "sections.1": "In the office."}
    assert draft.changes(view) == {
        "cause": "Old client.",
        "category": None,
        "sections": [{"heading": "Seen", "text": "In hotels."}, {"heading": "Not seen", "text": "In the office."}],
    }


def test_changes_of_others_to_other_parts_are_taken_in_and_to_the_same_part_asked_about() -> None:
    draft = draft_of(article())
    draft.texts = {"cause": "Old client.", "issue": "It drops."}
    theirs = article(2, cause="Bad router.", environment="Hotels.", issue="It drops.")
    (conflict,) = draft.conflicts(theirs)
    assert (conflict.part, conflict.mine, conflict.theirs) == ("cause", "Old client.", "Bad router.")
    draft.take_in(theirs, {"cause": "Bad router or old client."})
    assert (draft.base, draft.text("environment")) == (2, "Hotels.")
    assert draft.changed == {"cause": "Bad router or old client."}
    assert draft.conflicts(theirs) == []


def test_only_a_part_that_others_changed_is_shown_anew() -> None:
    draft = draft_of(article())
    draft.hear("cause", "Old client.")
    draft.take_in(article(2, issue="It drops.", cause=""), {})
    assert (draft.edition("issue"), draft.edition("cause"), draft.edition("title")) == (1, 0, 0)


def test_what_was_typed_into_a_part_just_as_others_changed_it_is_asked_about() -> None:
    draft, theirs = draft_of(article()), article(2, issue="It drops.")
    draft.take_in(theirs, {})
    draft.hear_late("issue", "")
    assert draft.conflicts(theirs) == []
    draft.hear_late("issue", "It is slow.")
    assert draft.conflicts(theirs) == [Conflict("issue", "It is slow.", "It drops.")]
    assert draft.edition("issue") == 0
    draft.take_in(theirs, {"issue": "It is slow and drops."})
    draft.hear_late("issue", "It is slow.")
    assert (draft.conflicts(theirs), draft.text("issue")) == ([], "It is slow and drops.")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_shows_both_texts_letter_by_letter(before: str, after: str) -> None:
    then, now = marked_words(before, after)
    tags = re.compile("</?(?:del|ins)>")
    assert (tags.sub("", then), tags.sub("", now)) == (plain(before), plain(after))


def test_a_difference_marks_the_words_that_changed() -> None:
    assert marked_words("Open the <b>old</b> menu", "Open the new menu") == (
        "Open the <del>&lt;b&gt;old&lt;/b&gt;</del> menu",
        "Open the <ins>new</ins> menu",
    )
