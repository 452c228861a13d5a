"""`python -m training.benchmarks NAME --data DIR` prints one JSON line of figures.

`--share` and `--seed` set other tickets apart than a random quarter, where tickets are set apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from training.benchmarks import (
    articles,
    breach,
    classification,
    durability,
    encoding,
    flipped,
    fuzzing,
    injected,
    load,
    majors,
    masked,
    negation,
    newcomers,
    pages,
    questions,
    rehearsing,
    repeated,
    replaying,
    serving,
    widget,
    workbench,
)

SPLIT: dict[str, Callable[..., dict[str, Any]]] = {
    **{name: partial(classification.measure, name=name) for name in classification.TASKS},
    "banking-10": partial(classification.measure, name="banking", fewest=10),
    "banking-10-tuned": partial(classification.measure, name="banking", fewest=10, tuned=True),
    "category-tuned": partial(classification.measure, name="category", tuned=True),
    "groups-apart": partial(classification.measure, name="groups", by_kind=True),
}
OTHERS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "doctor": flipped.measure,
    "scope": classification.measure_scope,
    "articles": articles.measure,
    "articles-untitled": partial(articles.measure, called=articles.Called.BY_FILE),
    "articles-nameless": partial(articles.measure, called=articles.Called.BY_NUMBER),
    "articles-tuned": articles.measure_tuned,
    "articles-untitled-tuned": partial(articles.measure_tuned, called=articles.Called.BY_FILE),
    "articles-nameless-tuned": partial(articles.measure_tuned, called=articles.Called.BY_NUMBER),
    "runbooks": articles.measure_runbooks,
    "breach": breach.measure,
    "practice-test": rehearsing.measure,
    **{f"newcomers-{name}": partial(newcomers.measure, name=name) for name in ("banking", "scope", "groups")},
    **{f"questions-{name}": partial(questions.measure, name=name) for name in ("category", "groups")},
    "replay": replaying.measure_year,
    "replay-speed": replaying.measure_speed,
    "serving": serving.measure,
    "load": load.measure,
    "widget": widget.measure,
    "pages": pages.measure,
    "repeated": repeated.measure,
    "workbench-office": workbench.measure_office,
    "workbench-cut": partial(workbench.measure_cut, halves=False),
    "workbench-halved": partial(workbench.measure_cut, halves=True),
    "workbench-gaps": workbench.measure_gaps,
    "workbench-big": workbench.measure_big,
    "majors-groups": partial(majors.measure, name="groups", field="assignment_group"),
    "majors": partial(majors.measure, name="category", field="category"),
    "majors-long": partial(majors.measure, name="category", field="category", limit=38_269),
    "majors-shuffled": partial(majors.measure, name="category", field="category", shuffled=True),
    "majors-injected": injected.measure,
    "masking": masked.measure,
    "negation": negation.measure,
    "fuzzing": fuzzing.measure,
    "durability": durability.measure,
    "encoding": encoding.measure,
}


def main() -> None:
    """Run the named benchmarks."""
    parser = argparse.ArgumentParser(description="Measure the product on real tickets and articles.")
    parser.add_argument("names", nargs="+", choices=[*SPLIT, *OTHERS])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the real data")
    parser.add_argument("--share", type=float, help="share of the tickets that are asked for, a quarter unless given")
    parser.add_argument("--seed", type=int, help="which of the ways to set them apart, 0 unless given")
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        parser.error(f"{chosen.data}: there is no such folder; name it with --data")
    apart = {name: value for name in ("share", "seed") if (value := getattr(chosen, name)) is not None}
    whole = [name for name in chosen.names if name in OTHERS]
    if apart and whole:
        parser.error(f"{', '.join(whole)}: no tickets are set apart there; leave out --share and --seed")
    for name in chosen.names:
        with tempfile.TemporaryDirectory() as scratch:
            measure = partial(SPLIT[name], **apart) if name in SPLIT else OTHERS[name]
            print(json.dumps({"benchmark": name, **measure(chosen.data, Path(scratch))}), flush=True)


if __name__ == "__main__":
    main()
