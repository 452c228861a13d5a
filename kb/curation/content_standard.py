"""Content standard: checks what a machine can check, as hints to the writer and a sample sheet for the coach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb.curation.corpus import Case, CurationCorpus
from kb.curation.duplicates import Duplicate
from kb.records.article import Article, State
from kb.records.hint import Check, Hint
from kb.records.markdown import plain_text
from kb.records.wording import Wording
from models.lexical_index import words
from models.sentences import sentences

_MARKDOWN = MarkdownIt("commonmark")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_FIELDS = ("service", "category")


@dataclass(frozen=True, slots=True)
class StandardSettings:
    """The content standard's numbers: conventions of technical writing, not measured."""

    # words of a long sentence: twice the limit of plain-language guides, so that only clear cases are named
    long_sentence: int = 40
    # words of a long paragraph, likewise
    long_paragraph: int = 150
    # instructions in a row that should be numbered
    steps_least: int = 3
    # fewest and most words of a title that names an issue
    title_words: tuple[int, int] = (3, 20)
    # fewest values of a fact among incidents: with fewer none is called unknown
    known_least: int = 5
    # newest incidents whose words count as the callers' words: bounds time
    cases_read: int = 50


_SETTINGS = StandardSettings()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an article is compared with: other articles and the words of incidents, by id or in lower case.

    `twins` are articles that answer the same issue, `known` values of a fact that incidents have, `callers` the words
    of those whose incidents an article solved.
    """

    ids: frozenset[str]
    sources: frozenset[str]
    twins: Mapping[str, Sequence[str]]
    known: Mapping[str, Mapping[str, str]]
    callers: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, corpus: CurationCorpus, duplicates: Iterable[Duplicate]) -> Surroundings:
        """Return the surroundings in a corpus."""
        twins: dict[str, list[str]] = {}
        for pair in duplicates:
            twins.setdefault(pair.kept, []).append(pair.gone)
            twins.setdefault(pair.gone, []).append(pair.kept)
        sources = (article.source for article in corpus.named.values() if article.source)
        return cls(
            ids=frozenset(corpus.named),
            sources=frozenset(PurePosixPath(source).as_posix().casefold() for source in sources),
            twins=twins,
            known={name: _known(corpus, name) for name in _FIELDS},
            callers={key: _said(cases) for key, cases in corpus.cases_of.items() if cases},
        )

    @classmethod
    def nothing(cls) -> Surroundings:
        """Return the surroundings of an empty corpus."""
        return cls(frozenset(), frozenset(), {}, {}, {})

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        plain = {name: getattr(self, name) for name in ("twins", "known", "callers")}
        return {**plain, "ids": sorted(self.ids), "sources": sorted(self.sources)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Surroundings:
        """Return the object of an `as_json` result."""
        return cls(**{**content, "ids": frozenset(content["ids"]), "sources": frozenset(content["sources"])})


def _said(cases: Sequence[Case]) -> list[str]:
    return sorted({word for case in cases[-_SETTINGS.cases_read :] for word in words(case.incident.text[:2000])})


class ContentStandard:
    """Checks of articles against their surroundings and their own form."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings

    def hints(self, article: Article) -> list[Hint]:
        """Return what could be better in an article, in the order of the checklist."""
        return [
            *self._unique(article),
            *_complete(article),
            *_clear(article),
            *self._title(article),
            *self._links(article),
            *self._metadata(article),
        ]

    def _unique(self, article: Article) -> Iterator[Hint]:
        for twin in self._around.twins.get(article.id, ()):
            told = "{twin} answers the same issue. Merge them, or say how they differ."
            yield _hint(Check.UNIQUE, "article", told, twin=twin)

    def _title(self, article: Article) -> Iterator[Hint]:
        title = frozenset(words(article.title))
        if not _SETTINGS.title_words[0] <= len(article.title.split()) <= _SETTINGS.title_words[1]:
            yield _hint(Check.TITLE, "title", "Name the issue in 3 to 20 words.")
        said = plain_text(article.issue or "\n".join(section.text for section in article.named_sections[:1]))
        if said and not title & frozenset(words(said)):
            yield _hint(Check.TITLE, "title", "The title shares no word with the issue. Name what the caller sees.")
        callers = frozenset(self._around.callers.get(article.id, ()))
        if callers and len(title & callers) < len(title) / 3:
            yield _hint(Check.TITLE, "title", "The title uses other words than callers do. Try words from its tickets.")

    def _links(self, article: Article) -> Iterator[Hint]:
        for part, target in links(article):
            if self._is_broken(article, target):
                yield _hint(Check.LINKS, part, "Broken link: {target}", target=target[:200])

    def _is_broken(self, article: Article, target: str) -> bool:
        """Return whether a link to another article has no target; web links and images are not checked."""
        path = target.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0]
        if not path or _SCHEME.match(target) or path.startswith("/") or not path.lower().endswith((".md", ".markdown")):
            return False
        here = PurePosixPath(article.source or "").parent
        wanted = _resolved(here / path)
        name = PurePosixPath(path).stem
        return wanted.casefold() not in self._around.sources and name not in self._around.ids

    def _metadata(self, article: Article) -> Iterator[Hint]:
        for name in _FIELDS:
            value, known = getattr(article, name), self._around.known.get(name, {})
            if value is None and known:
                yield _hint(Check.METADATA, name, "No {field}: say which one it is about.", field=name)
            elif value is not None and known and value.casefold() not in known:
                near = get_close_matches(value.casefold(), known, n=1, cutoff=0.4)
                if near:
                    told = "No ticket has the {field} {value}. The nearest is {nearest}."
                    yield _hint(Check.METADATA, name, told, field=name, value=value, nearest=known[near[0]])
                else:
                    yield _hint(Check.METADATA, name, "No ticket has the {field} {value}.", field=name, value=value)


def _hint(check: Check, part: str, template: str, **values: str | int) -> Hint:
    return Hint(check, part, str(Wording(template, values)), template, values)


def links(article: Article) -> Iterator[tuple[str, str]]:
    """Yield section and target of an article's links that are not images."""
    for section in article.named_sections:
        for token in _inline(_MARKDOWN.parse(section.text)):
            if token.type == "link_open":
                yield section.heading or "Introduction", str(token.attrGet("href") or "")


def _inline(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _complete(article: Article) -> Iterator[Hint]:
    has_introduction = any(not section.heading and section.text.strip() for section in article.sections)
    if not article.issue.strip() and not has_introduction:
        yield _hint(Check.COMPLETE, "issue", "No issue: say what the caller sees, in the caller's words.")
    if not article.solves and article.state is not State.WORK_IN_PROGRESS:
        yield _hint(Check.COMPLETE, "resolution", "Neither resolution nor workaround: say what to do.")
    if not article.environment.strip():
        yield _hint(Check.COMPLETE, "environment", "No environment: say where it happens.")


def _clear(article: Article) -> Iterator[Hint]:
    for section in article.named_sections:
        tokens = _MARKDOWN.parse(section.text)
        prose = [token.content for token in tokens if token.type == "inline"]
        longest = max((len(piece.split()) for text in prose for piece in sentences(plain_text(text))), default=0)
        where = section.heading or "Introduction"
        if longest > _SETTINGS.long_sentence:
            yield _hint(Check.CLEAR, where, "A sentence has {count} words. Cut it in two.", count=longest)
        if any(len(text.split()) > _SETTINGS.long_paragraph for text in prose):
            told = "A paragraph has more than {count} words. Break it up."
            yield _hint(Check.CLEAR, where, told, count=_SETTINGS.long_paragraph)
        if where in ("Resolution", "Workaround") and not any(token.type == "ordered_list_open" for token in tokens):
            paragraphs = sum(token.type == "paragraph_open" for token in tokens)
            step_count = sum(len(sentences(plain_text(text))) for text in prose)
            if paragraphs and step_count >= _SETTINGS.steps_least and not _has_numbers(section.text):
                yield _hint(Check.CLEAR, where, "{count} steps in a row. Number the steps.", count=step_count)


def _has_numbers(text: str) -> bool:
    return re.search(r"^\s*(?:\d+[.)]|step \d+|#+ .*\d)", text, re.IGNORECASE | re.MULTILINE) is not None


def _known(corpus: CurationCorpus, name: str) -> Mapping[str, str]:
    """Return the values that incidents have, in lower case; none where there are too few incidents."""
    values = [value for case in corpus.cases if (value := case.incident.value(name))]
    return {value.casefold(): value for value in values} if len(set(values)) >= _SETTINGS.known_least else {}


def _resolved(path: PurePosixPath) -> str:
    parts = list[str]()
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
