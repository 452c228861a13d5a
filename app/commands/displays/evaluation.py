"""Display of evaluations: held-out tickets, a replayed year and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from app.commands.console import err, say

if TYPE_CHECKING:
    from training.drift import Drift
    from training.evaluation import Evaluation
    from training.replay import Replay


def print_evaluation(found: Evaluation) -> None:
    """Print the figures of each field on held-out tickets."""
    if found.order == "time":
        since = f", logged from {found.since:%Y-%m-%d} on" if found.since else ""
        say(f"learnt from {found.learnt:,} incidents, evaluated on the {found.asked:,} newest{since}")
    else:
        say(f"learnt from {found.learnt:,} incidents, evaluated on {found.asked:,} chosen at random: dates are missing")
    if found.as_filed < found.asked:
        say(
            f"warning: {found.asked - found.as_filed:,} of the evaluated ones came without the history of their changes"
        )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (
        "field",
        "tickets",
        "right",
        "95 % interval",
        "in first 3",
        "macro-F1",
        "automatic",
        "of those right",
        "ECE",
    ):
        table.add_column(name, justify="left" if name == "field" else "right", no_wrap=True)
    for name, field in found.fields.items():
        table.add_row(
            name,
            f"{field.examples:,}",
            _figure(field.accuracy.value),
            f"{_figure(field.accuracy.low)}-{_figure(field.accuracy.high)}",
            *(
                _figure(entry.value)
                for entry in (
                    field.top3,
                    field.macro_f1,
                    field.automatic_share,
                    field.automatic_right,
                    field.calibration_error,
                )
            ),
        )
    err.print(table)


def print_drift(found: Drift) -> None:
    """Print what changes in each field, and where."""
    say(f"{found.now:%Y-%m-%d} to {found.until:%Y-%m-%d}, compared with the time from {found.before:%Y-%m-%d} on")
    for name, field in found.fields.items():
        mix, answers = field.mix, field.answers
        if mix.moving:
            moved = ", ".join(f"{entry.value} {entry.before:.0%} to {entry.now:.0%}" for entry in mix.movers[:4])
            say(f"{name}: the mix of tickets moves (divergence {mix.divergence:.3f}): {moved}")
        if answers.confidence_moving:
            say(f"{name}: confidence moves from {answers.confidence_before:.2f} to {answers.confidence_now:.2f}")
        if answers.agreement_moving:
            before, now = _figure(answers.right_before.value), _figure(answers.right_now.value)
            say(f"{name}: the best guess was right for {before} and is for {now}")
    if not found.moving:
        say("nothing moves by more than chance")


def print_replay(found: Replay) -> None:
    """Print what would have happened, in total and month by month."""
    when = f" logged from {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}" if found.since and found.until else ""
    say(f"{found.tickets:,} tickets{when}, {found.known_before:,} incidents known before, {found.trainings} trainings")
    if found.order == "import":
        say("warning: dates are missing, so the order of import was used as the order of time")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("field", "month", "tickets", "right", "in first 3", "automatic", "of those right", "ECE"):
        table.add_column(name, justify="left" if name in ("field", "month") else "right", no_wrap=True)
    spans = [("all", found.fields), *((month.month, month.fields) for month in found.months)]
    for name in found.fields:
        for span, fields in spans:
            field = fields[name]
            figures = (
                field.accuracy,
                field.top3,
                field.automatic_share,
                field.automatic_right,
                field.calibration_error,
            )
            table.add_row(name, span, f"{field.examples:,}", *(_figure(entry.value) for entry in figures))
    err.print(table)
    articles = found.articles
    say(
        f"linked article: first {_figure(articles.first.value)}, in the first three {_figure(articles.top3.value)} "
        f"({articles.examples:,} tickets with a link)"
    )
    say(
        f"{found.routing or 'nothing'} set automatically: right {_figure(found.routed_right.value)}, "
        f"wrong {_figure(found.routed_wrong.value)} of all tickets; reassignments avoided "
        f"{found.reassignments_avoided:,} of {found.reassignments:,}; {found.hours_given_back:,} hours given back"
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
