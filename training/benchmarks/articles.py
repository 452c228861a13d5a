"""Articles: finds articles by a caller's words, with the section that contains them removed."""

from __future__ import annotations

import json
import random
import re
import urllib.parse
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from training.benchmarks.classification import write
from training.benchmarks.product import Run, run, served

_SYMPTOMS = re.compile(r"^##\s+(symptoms?|problem)\b.*?(?=^##\s|\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL)


class Called(Enum):
    """The part of an article that names it: its title, the name of its file, or a number."""

    BY_TITLE = "title"
    BY_FILE = "file"
    BY_NUMBER = "number"


def measure(data: Path, scratch: Path, *, called: Called = Called.BY_TITLE) -> dict[str, Any]:
    """Measure the recall of `GET /v1/search?kind=articles` on the vendor's articles without their Symptoms sections."""
    imported, queries = _import(data, scratch, called)
    return {
        "articles": imported.answer["new"],
        "import_s": round(imported.seconds, 1),
        **_recall(scratch / "home", queries),
    }


def measure_tuned(data: Path, scratch: Path, *, called: Called = Called.BY_TITLE) -> dict[str, Any]:
    """Measure the recall of a quarter of the queries, before and after `triage finetune` on incidents from the others.

    Articles that are asked for have no link: what is learnt is how callers speak, not which article it was.
    """
    _, queries = _import(data, scratch, called)
    random.Random(0).shuffle(queries)  # noqa: S311 (a split, not a secret)
    asked, learnt = queries[: len(queries) // 4], queries[len(queries) // 4 :]
    before = _recall(scratch / "home", asked)
    rows = [{"description": query["ticket"], "articles": query["article"]} for query in learnt]
    write(scratch / "links.csv", rows)
    run(scratch / "home", "import", "incidents", str(scratch / "links.csv"))
    trained = run(scratch / "home", "train")
    weighed = _recall(scratch / "home", asked)
    tuned = run(scratch / "home", "finetune")
    return {
        "links": len(learnt),
        "before": before,
        "search": trained.answer["search"],
        "weights_learnt": weighed,
        "finetune_s": round(tuned.seconds, 1),
        "adopted": tuned.answer["adopted"],
        "tuned": _recall(scratch / "home", asked),
    }


def _import(data: Path, scratch: Path, called: Called) -> tuple[Run, list[dict[str, str]]]:
    """Import the articles; return the queries too, each with the name of its article."""
    folder = scratch / "articles"
    names = _without_symptoms(data / "articles" / "office", folder, called)
    imported = run(scratch / "home", "import", "articles", str(folder), statuses=(0, 1))
    lines = (data / "article_queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries: list[dict[str, str]] = [json.loads(line) for line in lines]
    return imported, [{**query, "article": names[query["article"]]} for query in queries]


def _recall(home: Path, queries: Sequence[dict[str, str]]) -> dict[str, Any]:
    ranks = []
    with served(home) as service:
        for query in queries:
            asked = urllib.parse.urlencode({"q": query["ticket"], "kind": "articles", "limit": 5})
            sources = [found["source"] for found in service.get(f"/v1/search?{asked}")["results"]]
            ranks.append(sources.index(query["article"]) if query["article"] in sources else 99)
    return {
        "queries": len(ranks),
        "recall_at_1": round(sum(rank < 1 for rank in ranks) / len(ranks), 4),
        "recall_at_5": round(sum(rank < 5 for rank in ranks) / len(ranks), 4),
    }


def _without_symptoms(source: Path, target: Path, called: Called) -> dict[str, str]:
    """Write the articles without callers' words and without their names; return the new name of each file."""
    names = {}
    for number, file in enumerate(sorted(source.rglob("*.md"))):
        text = _SYMPTOMS.sub("", file.read_text(encoding="utf-8", errors="replace"))
        if called is not Called.BY_TITLE:
            text = re.sub(r"^(title|description):.*\n", "", text, flags=re.MULTILINE)
            text = re.sub(r"^# .*\n", "", text, count=1, flags=re.MULTILINE)
        before = str(file.relative_to(source))
        names[before] = f"{number}.md" if called is Called.BY_NUMBER else before
        place = target / names[before]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return names


def measure_runbooks(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure the recall of the runbook of an alert, by the alert's text without its name."""
    imported = run(scratch / "home", "import", "articles", str(data / "articles" / "runbooks"), statuses=(0, 1))
    alerts = json.loads((data / "alerts_runbooks.json").read_text(encoding="utf-8"))
    ranks = []
    with served(scratch / "home") as service:
        for alert in alerts:
            text = f"{alert['summary']} {alert['description']}"
            asked = urllib.parse.urlencode({"q": text, "kind": "articles", "limit": 3})
            names = [Path(found["source"]).stem for found in service.get(f"/v1/search?{asked}")["results"]]
            ranks.append(names.index(alert["alertname"]) if alert["alertname"] in names else 99)
    return {
        "runbooks": imported.answer["new"],
        "alerts": len(ranks),
        "recall_at_1": round(sum(rank < 1 for rank in ranks) / len(ranks), 4),
        "recall_at_3": round(sum(rank < 3 for rank in ranks) / len(ranks), 4),
    }
