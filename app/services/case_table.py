"""The case table: every case that the measures count, as CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from app.services.classified_file import harmless
from kb.curation.demand import CaseFacts

COLUMNS = ("number", "day", "team", "service", "articles", "reopened", "known", "link_expected")


def case_table(facts: Iterable[CaseFacts]) -> str:
    """Return the cases as CSV; `known` and `link_expected` are empty where a case was not drawn into the sample."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in facts:
        cells = (
            one.number,
            one.day.isoformat() if one.day else "",
            one.team or "",
            one.service or "",
            "|".join(one.articles),
            str(one.reopened).lower(),
            one.known.value if one.known else "",
            "" if one.expected is None else str(one.expected).lower(),
        )
        writer.writerow([harmless(cell) for cell in cells])
    return text.getvalue()
