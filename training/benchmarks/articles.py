"""Articles: found by what a caller would say, the section that says it taken out."""

from __future__ import annotations

import json
import re
import urllib.parse
from pathlib import Path
from typing import Any

from training.benchmarks.product import run, served

_SYMPTOMS = re.compile(r"^##\s+(symptoms?|problem)\b.*?(?=^##\s|\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL)


def measure(data: Path, scratch: Path, *, title: bool = True) -> dict[str, Any]:
    """Recall of `GET /v1/search?kind=articles` over the vendor's articles, without their Symptoms sections."""
    folder = scratch / "articles"
    _without_symptoms(data / "articles" / "office", folder, title=title)
    imported = run(scratch / "home", "import", "articles", str(folder), statuses=(0, 1))
    lines = (data / "article_queries.jsonl").read_text(encoding="utf-8").splitlines()
    ranks = []
    with served(scratch / "home") as service:
        for line in lines:
            query = json.loads(line)
            asked = urllib.parse.urlencode({"q": query["ticket"], "kind": "articles", "limit": 5})
            sources = [found["source"] for found in service.get(f"/v1/search?{asked}")["results"]]
            ranks.append(sources.index(query["article"]) if query["article"] in sources else 99)
    return {
        "articles": imported.answer["new"],
        "queries": len(ranks),
        "import_s": round(imported.seconds, 1),
        "recall_at_1": round(sum(rank < 1 for rank in ranks) / len(ranks), 4),
        "recall_at_5": round(sum(rank < 5 for rank in ranks) / len(ranks), 4),
    }


def _without_symptoms(source: Path, target: Path, *, title: bool) -> None:
    for file in source.rglob("*.md"):
        text = _SYMPTOMS.sub("", file.read_text(encoding="utf-8", errors="replace"))
        if not title:
            text = re.sub(r"^(title|description):.*\n", "", text, flags=re.MULTILINE)
            text = re.sub(r"^# .*\n", "", text, count=1, flags=re.MULTILINE)
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def measure_runbooks(data: Path, scratch: Path) -> dict[str, Any]:
    """Recall of the runbook of an alert, by the alert's text without its name."""
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
