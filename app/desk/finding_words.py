"""What is said of a problem in the data."""

from __future__ import annotations

import re
from datetime import date

from app.desk.language import _, in_sentence, number, plain_day, share
from app.desk.texts import title_of
from app.schemas.job_reports import FindingView

CONTRADICTORY = "contradictory labels"
_SHARES = {"share", "right"}
# how an example names a ticket, its value and that of similar ones; numbers and values may hold anything
_RATHER = re.compile(r"(.+?): (.+), rather (.+)")


def finding_words(finding: FindingView) -> str:
    """Return what a finding says, in the reader's language where the report gives it as values."""
    words = _sentences(finding).get(finding.kind)
    if words is None or (not finding.facts and "{" in words):
        return finding.message.partition("; ")[0]  # what to do stands above, once for all of a kind
    facts = {name: _told(name, value) for name, value in finding.facts.items()}
    return words.format(field=in_sentence(title_of(finding.field or "")), **facts)


def example_words(finding: FindingView, example: str) -> str:
    """Return an example of a finding, in the reader's language where its form is known."""
    found = _RATHER.fullmatch(example) if finding.kind == CONTRADICTORY else None
    if found is None:
        return example
    return _("{number}: {value}; similar tickets are {likely}").format(number=found[1], value=found[2], likely=found[3])


def _sentences(finding: FindingView) -> dict[str, str]:
    leak = (
        _("The text of {count} tickets contains their own resolution notes.")
        if finding.facts.get("leaked") == "resolution"
        else _("The text of {count} tickets names the group that they were assigned to.")
    )
    return {
        "unknown states": _("{count} tickets teach nothing because nobody has said what their states mean."),
        "several spellings": _("{count} values are written in several ways."),
        CONTRADICTORY: _("About {count} tickets have another {field} than similar tickets."),
        "same text, different labels": _("{count} texts occur word for word with more than one {field}."),
        "catch-all value": _("“{value}” holds {share} of tickets and is recognised in {right} of them."),
        "values that are not told apart": _(
            "“{first}” and “{second}” are taken for each other ({count} and {back} times)."
        ),
        "values drawn up anew": _("{count} tickets logged before {day} have values of another scheme."),
        "dead value": _("“{value}” has {count} tickets, and none since {day}."),
        "boilerplate": _("A line is in {count} texts, whatever they are about."),
        "form or footer": _("Words that are in texts whatever they are about count for nothing after training."),
        "missing resolution notes": _(
            "{count} resolved tickets say neither how they were resolved nor by which article."
        ),
        "leak from the future": leak,
    }


def _told(name: str, value: str | float) -> str:
    if name in _SHARES:
        return share(float(value))
    if isinstance(value, str):
        return plain_day(date.fromisoformat(value)) if name == "day" else value
    return number(value)
