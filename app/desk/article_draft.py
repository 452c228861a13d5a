"""Drafts: an article while it is edited, and how it meets what others saved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.schemas.articles import ArticleView
from kb.records.article import KCS_SECTIONS

FACTS = ("service", "category")
GOVERNANCE = "governance"
_TEXTS = ("title", *KCS_SECTIONS, "summary")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A part that two people changed: what this one wrote, and what the other saved."""

    part: str
    mine: str
    theirs: str


@dataclass(slots=True)
class ArticleDraft:
    """The texts of an article by part while a person edits them.

    `originals` are the texts of version `base`, from which the editing began, 0 for a new article. A new edition of a
    part replaces what its field holds; `replaced` are the originals of parts that were last taken over from others.
    """

    key: str
    base: int
    originals: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)
    editions: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    hints: list[tuple[str, str]] = field(default_factory=list)

    def text(self, part: str) -> str:
        """Return a part as it stands now."""
        return self.texts.get(part, self.originals.get(part, ""))

    def edition(self, part: str) -> int:
        """Return how often others' text, or a merged one, replaced a part."""
        return self.editions.get(part, 0)

    def hear(self, part: str, text: str) -> None:
        """Take in what the person typed."""
        if text != self.text(part):
            self.texts[part] = text

    def hear_late(self, part: str, text: str) -> None:
        """Take in what the person typed into the text that a part had before it was taken over from others."""
        if part in self.replaced and text != self.replaced[part]:
            self.originals[part] = self.replaced.pop(part)
            self.texts[part] = text
            self.editions[part] -= 1

    @property
    def changed(self) -> dict[str, str]:
        """Return the parts that the person changed."""
        return {part: text for part, text in self.texts.items() if text != self.originals.get(part, "")}

    def conflicts(self, current: ArticleView) -> list[Conflict]:
        """Return the parts that this person and others changed differently since the editing began."""
        saved = parts_of(current)
        mine = self.changed
        return [
            Conflict(part, mine[part], saved.get(part, ""))
            for part in mine
            if saved.get(part, "") not in (self.originals.get(part, ""), mine[part])
        ]

    def take_in(self, current: ArticleView, chosen: Mapping[str, str]) -> None:
        """Go on from what is stored now: own changes stay, and `chosen` says what conflicting parts become."""
        before, originals = {part: self.text(part) for part in self.originals}, self.originals
        self.texts = {**self.changed, **chosen}
        self.originals, self.base = parts_of(current), current.version
        changed = [part for part, text in before.items() if text != self.text(part)]
        self.editions |= {part: self.edition(part) + 1 for part in changed}
        self.replaced = {part: originals[part] for part in changed if part not in self.texts}

    def changes(self, current: ArticleView) -> dict[str, Any]:
        """Return the changed parts as the API takes them."""
        changed = self.changed
        plain = {part: text for part, text in changed.items() if not part.startswith("sections.")}
        sent: dict[str, Any] = {part: text.strip() or None if part in FACTS else text for part, text in plain.items()}
        if any(part.startswith("sections.") for part in changed):
            sent["sections"] = [
                {"heading": section.heading, "text": self.text(f"sections.{place}")}
                for place, section in enumerate(current.sections)
            ]
        return sent

    def article(self) -> dict[str, Any]:
        """Return the whole text as a new article."""
        texts = {part: self.text(part) for part in _TEXTS}
        return {**texts, **{part: self.text(part).strip() or None for part in FACTS}}


def parts_of(article: ArticleView) -> dict[str, str]:
    """Return the parts of an article that are edited as texts."""
    parts = {part: str(getattr(article, part) or "") for part in (*_TEXTS, *FACTS)}
    parts[GOVERNANCE] = article.governance.value
    return parts | {f"sections.{place}": section.text for place, section in enumerate(article.sections)}
