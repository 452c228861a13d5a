"""The workbench: duplicates among cut articles, gaps of a desk without articles, and pages on a big desk."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kb.authoring.export import export_articles
from kb.importers.articles.files import read_articles
from kb.records.article import KCS_SECTIONS, Article, Section
from models.sentences import sentences
from training.benchmarks.classification import read, write
from training.benchmarks.product import run, served

CUT = 60
FIRST = 100
INCIDENTS, ARTICLES = 50_000, 5_000
_LONG_ENOUGH = 600
_DROPPED = 1 / 3
_HALF = re.compile(r"-(?:one|two)$")


def measure_office(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure import, content standard and duplicates on a vendor's articles, and whether an export imports again."""
    home, other = scratch / "home", scratch / "other"
    imported = run(home, "import", "articles", str(data / "articles" / "office"), statuses=(0, 1))
    checked = run(home, "articles", "check")
    compared = run(home, "articles", "duplicates")
    run(home, "export", "articles", str(scratch / "first"))
    run(other, "import", "articles", str(scratch / "first"))
    run(other, "export", "articles", str(scratch / "second"))
    first, second = _files(scratch / "first"), _files(scratch / "second")
    return {
        "articles": checked.answer["articles"],
        "with_hints": sum(bool(hints) for hints in checked.answer["hints"].values()),
        "duplicates": len(compared.answer["duplicates"]),
        "seconds": round(imported.seconds + checked.seconds + compared.seconds, 1),
        "export_identical": first == second,
    }


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.md")}


def measure_cut(data: Path, scratch: Path, *, halves: bool) -> dict[str, Any]:
    """Measure how many of 60 articles are found as duplicates once each became two without a third of its sentences.

    With `halves` the two are the first and the second half of the sentences, otherwise both are of the whole.
    """
    chance = random.Random(5)  # noqa: S311 (a draw, not a secret)
    articles = [one for one in read_articles(data / "articles" / "office") if isinstance(one, Article)]
    long_enough = [one for one in articles if sum(len(part.text) for part in one.named_sections) > _LONG_ENOUGH]
    drawn = {one.id for one in chance.sample(long_enough, CUT)}
    planted = [half for one in articles if one.id in drawn for half in _cut(one, chance, halves=halves)]
    export_articles([*(one for one in articles if one.id not in drawn), *planted], scratch / "articles")
    home = scratch / "home"
    run(home, "import", "articles", str(scratch / "articles"), statuses=(0, 1))
    found = run(home, "articles", "duplicates", "--limit", str(FIRST)).answer["duplicates"]
    pairs = [tuple(sorted(_HALF.sub("", pair[end]) for end in ("kept", "gone"))) for pair in found]
    right = sum(one == other and one in drawn for one, other in pairs)
    return {"planted": CUT, "reported": len(found), "found": right, "others": len(found) - right}


def _cut(article: Article, chance: random.Random, *, halves: bool) -> Iterator[Article]:
    """Return the article twice, each without a third of its sentences, or each of only half of them."""
    said = [(name, line) for name in KCS_SECTIONS for line in sentences(getattr(article, name))]
    said += [(str(n), line) for n, section in enumerate(article.sections) for line in sentences(section.text)]
    middle = len(said) // 2
    for name, begin, end in (("one", 0, middle if halves else None), ("two", middle if halves else 0, None)):
        kept = [entry for entry in said[begin:end] if chance.random() > _DROPPED] or said[begin:end]
        texts: dict[str, Any] = {
            part: "\n".join(line for where, line in kept if where == part) for part in KCS_SECTIONS
        }
        sections = (
            Section(section.heading, "\n".join(line for where, line in kept if where == str(n)))
            for n, section in enumerate(article.sections)
        )
        yield replace(
            article,
            id=f"{article.id}-{name}",
            sections=tuple(section for section in sections if section.text),
            source=None,
            extra={},
            **texts,
        )


def measure_gaps(data: Path, scratch: Path) -> dict[str, Any]:
    """Find the issues of a desk without articles twice: seconds, the biggest ones, and whether both agree."""
    home = scratch / "home"
    run(home, "import", "incidents", str(data / "tickets_groups.csv.gz"), statuses=(0, 1))
    first = run(home, "worklist", "--kind", "gap", "--limit", "500")
    second = run(home, "worklist", "--kind", "gap", "--limit", "500", "--again")
    named, again = ([(one["id"], one["title"]) for one in done.answer["items"]] for done in (first, second))
    return {
        "gaps": first.answer["total"],
        "seconds": round(first.seconds, 1),
        "same_again": named == again,
        "biggest": {one["title"]: one["facts"]["count"] for one in first.answer["items"][:20]},
    }


def measure_big(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure a curation run and each page's requests on 50,000 incidents and 5,000 articles made from real ones.

    An article comes again with a third of its sentences left out, under another title; one in three incidents is
    linked to an article.
    """
    home = big_desk(data, scratch)
    looked = run(home, "worklist", "--limit", "1")
    asked = (
        "/v1/worklist?wait=false",
        "/v1/measures?wait=false",
        "/v1/taxonomy?wait=false",
        "/v1/contributions",
        "/v1/articles?limit=200",
    )
    with served(home) as service:
        took = {}
        for path in asked:
            started = time.perf_counter()
            service.get(path)
            took[path] = round(time.perf_counter() - started, 2)
        memory = service.memory_mb()
    return {
        "incidents": INCIDENTS,
        "articles": ARTICLES,
        "look_through_s": round(looked.seconds, 1),
        "peak_mb": round(looked.peak_mb),
        "items": looked.answer["counts"],
        "requests_s": took,
        "service_mb": round(memory),
    }


def big_desk(data: Path, scratch: Path) -> Path:
    """Return a data folder with 50,000 incidents and 5,000 articles made from real ones, not trained."""
    chance = random.Random(6)  # noqa: S311 (a draw, not a secret)
    articles = [one for one in read_articles(data / "articles" / "office") if isinstance(one, Article)]
    many = list(articles)
    while len(many) < ARTICLES:
        for one in articles:
            copy = next(_cut(one, chance, halves=False))
            many.append(replace(copy, id=f"{one.id}-{len(many)}", title=f"{one.title} ({len(many)})"))
    export_articles(many[:ARTICLES], scratch / "articles")
    rows = read(data / "tickets_category.csv.gz")
    tickets = []
    for n in range(INCIDENTS):
        row = rows[n % len(rows)]
        linked = {"articles": many[chance.randrange(ARTICLES)].id} if n % 3 == 0 else {}
        ticket = {"number": f"T{n}", "description": f"{row['description']} {n // len(rows) or ''}".strip()}
        tickets.append({**ticket, "category": row["category"], "articles": "", **linked})
    write(scratch / "tickets.csv", tickets)
    home = scratch / "home"
    run(home, "import", "articles", str(scratch / "articles"), statuses=(0, 1))
    run(home, "import", "incidents", str(scratch / "tickets.csv"), statuses=(0, 1))
    return home
