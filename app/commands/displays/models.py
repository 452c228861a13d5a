"""Display of models: their figures, modes, and problems in their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from app.commands.console import err, out, say

if TYPE_CHECKING:
    from app.schemas.administration import ModesView
    from app.services.encoder_tuning import Tuned
    from training.doctor import Checkup
    from training.retraining import Retrained
    from training.weights import LearntWeights
    from triage.model import KeptModel


def print_metrics(metrics: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the held-out figures of each trained field."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    names = ("field", "examples", "values", "accuracy", "macro-F1", "ECE", "automatic")
    for name in names:
        table.add_column(name, justify="left" if name == "field" else "right", no_wrap=True)
    for name, figures in metrics.items():
        table.add_row(
            name,
            f"{figures['examples']:,}",
            str(figures["values"]),
            f"{figures['accuracy']:.3f}",
            f"{figures['macro_f1']:.3f}",
            f"{figures['calibration_error']:.3f}",
            f"{figures['automatic_share']:.0%}",
        )
    err.print(table)
    for name, figures in metrics.items():
        if figures["since"]:
            say(f"{name}: learnt only from incidents logged since {figures['since']}: before, it had other values")


def print_weights(found: LearntWeights) -> None:
    """Print what search learnt from real links."""
    say(
        f"search: learnt from {len(found.ranks):,} links, the right article is first for {found.found_within(1):.0%} "
        f"and among the first five for {found.found_within(5):.0%} (meaning {found.weights.meaning:g}, "
        f"links of similar incidents {found.weights.links:g})"
    )


def print_tuned(called: str, tuned: Tuned) -> None:
    """Print the comparison with another encoder, and whether it serves."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("right on held-out", "examples", "before", "after"):
        table.add_column(name, justify="left" if name == "right on held-out" else "right", no_wrap=True)
    for entry in tuned.differences:
        table.add_row(entry.name, f"{entry.examples:,}", f"{entry.serving:.3f}", f"{entry.candidate:.3f}")
    err.print(table)
    say(f"{called} {'is better and serves now' if tuned.adopted else 'is not better: nothing changes'}")


def print_retrained(found: Retrained) -> None:
    """Print how a candidate compares with the serving model, and which one serves now."""
    for entry in found.fields:
        say(
            f"{entry.name}: {entry.candidate:.3f} right, before {entry.serving:.3f}, on the {entry.examples:,} newest"
            + (": worse by more than chance" if entry.is_loss else "")
        )
    say(f"model {found.version} {'serves now' if found.promoted else 'is kept and does not serve'}")


def print_models(kept: Sequence[KeptModel]) -> None:
    """Print the stored models, which of them serves, and the held-out accuracy of each field."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("", "version", "trained", "right on held-out incidents"):
        table.add_column(name)
    for model in kept:
        figures = ", ".join(f"{name} {entry['accuracy']:.3f}" for name, entry in model.metrics.items())
        table.add_row("serves" if model.serves else "", model.version, model.trained_at[:16], escape(figures))
    out.print(table) if kept else say("no model is trained yet: triage train")


def print_modes(found: ModesView) -> None:
    """Print the mode of each field, with its evidence."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("field", "mode", "evidence"):
        table.add_column(name)
    for entry in found.fields:
        table.add_row(entry.field, entry.mode, entry.notice or entry.evidence.reason)
    err.print(table)
    say(f"{found.control_share:.0%} of numbered tickets are shown nothing, to measure accuracy by")


def print_checkup(found: Checkup) -> None:
    """Print problems in the data, worst first, and which fields are ready."""
    out.print(f"{found.incidents:,} resolved incidents\n")
    for field in found.fields:
        figures = (
            f"right {field.accuracy:.0%}, at best {field.best_possible:.0%}; "
            if field.accuracy is not None and field.best_possible is not None
            else ""
        )
        ready = "[green]ready[/green]" if field.ready else "[yellow]not ready[/yellow]"
        more = f" ({field.tickets_needed:,} more tickets would give each value 30)" if field.tickets_needed else ""
        out.print(f"[bold]{escape(field.field)}[/bold]  {ready}  {escape(figures + field.reason + more)}")
    for finding in found.findings:
        where = f"{finding.field}: " if finding.field else ""
        out.print(f"\n[bold]{finding.share:.1%}  {finding.kind}[/bold]  {escape(where + finding.message)}")
        for example in finding.examples:
            out.print(f"      [dim]{escape(example)}[/dim]")
    if not found.findings:
        out.print("\nnothing stands in the way")
