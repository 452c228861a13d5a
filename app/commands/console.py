"""Console: what people see in a terminal; on standard error unless it is the answer itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.control import Control
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text

from app.parent import ReportStep, Step, parent
from kb.records.decision import Decision
from kb.records.excerpt import excerpt

if TYPE_CHECKING:  # what is shown here takes seconds to load, and a start must say at once what it does
    from app.schemas.administration import ModesView
    from app.schemas.curation import ContributionsView, ItemView, MeasuresView, ShareView, TaxonomyView, WorklistView
    from app.schemas.search import Found
    from app.schemas.suggestions import ExplanationView, SuggestionView
    from app.services.encoder_tuning import Tuned
    from kb.curation.duplicates import Duplicate
    from kb.records.article import Article
    from kb.records.hint import Hint
    from training.doctor import Checkup
    from training.drift import Drift
    from training.evaluation import Evaluation
    from training.replay import Replay
    from training.retraining import Retrained
    from training.weights import LearntWeights
    from triage.model import KeptModel

_WIDE = 120

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _WIDE)

_COLOURS = {Decision.AUTOMATIC: "green", Decision.SUGGESTED: "yellow", Decision.UNSURE: "red"}
_REJECTS_SHOWN = 20
_LINE_SECONDS = 5.0  # often enough to see that something goes on, seldom enough for a log


class _Extent(ProgressColumn):
    """How much of a task is done."""

    def render(self, task: Task) -> Text:
        """Return the count or the share."""
        return Text(_extent(task.completed, task.total))


class _Pace(ProgressColumn):
    """How quickly a task goes: how many a second where they are counted, and the time that is left or has passed."""

    def render(self, task: Task) -> Text:
        """Return rate and time."""
        speed = task.finished_speed or task.speed
        rate = "" if speed is None or task.total in {None, 1.0} else f"{speed:,.0f}/s  "
        seconds = task.elapsed if task.total is None or task.finished else task.time_remaining
        return Text(rate + ("" if seconds is None else f"{seconds:.0f} s"))


def _extent(done: float, total: float | None) -> str:
    if total == 1.0:
        return f"{done:.0%}"
    if total is None:
        return f"{done:,.0f}" if done else ""
    return f"{done:,.0f}/{total:,.0f}"


class StepDisplay:
    """Steps as they are reported: in a terminal a bar for each task, elsewhere plain lines."""

    def __init__(self) -> None:
        self._bars = Progress(TextColumn("{task.description}"), BarColumn(), _Extent(), _Pace(), console=err)
        self._tasks: dict[str, TaskID] = {}
        self._step: Step | None = None
        self._since = self._told_at = 0.0
        self._line = ""

    def __enter__(self) -> Self:
        """Begin to show."""
        if err.is_terminal:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave behind how far everything came."""
        if err.is_terminal:
            self._bars.stop()
        elif self._step is not None:
            self._tell(self._step)

    def show(self, step: Step) -> None:
        """Show how far a task is; one whose total is not known ends when the next begins."""
        before, self._step = self._step, step
        if before is None or (before.task, before.words) != (step.task, step.words):
            self._since = time.monotonic()
        if err.is_terminal:
            self._draw(before, step)
        elif before is None or before.task != step.task or before.words != step.words or step.done == step.total:
            if before is not None and before.task != step.task:
                self._tell(before)
            self._tell(step)
        else:
            self.wait()

    def wait(self) -> None:
        """Say what is waited for and how far it is, every few seconds where that is not drawn."""
        if self._step is None or err.is_terminal or time.monotonic() - self._told_at < _LINE_SECONDS:
            return
        extent = _extent(self._step.done, self._step.total)
        seconds = time.monotonic() - self._since
        self._print(f"{self._step.words} {extent} ({seconds:.0f} s)".replace("  ", " "))

    def _draw(self, before: Step | None, step: Step) -> None:
        if before is not None and before.task != step.task and before.total is None:
            self._bars.update(self._tasks[before.task], total=1.0, completed=1.0)
        if step.task not in self._tasks:
            self._tasks[step.task] = self._bars.add_task(escape(step.words), total=step.total)
        task = self._tasks[step.task]
        self._bars.update(task, description=escape(step.words), total=step.total, completed=step.done)

    def _tell(self, step: Step) -> None:
        line = f"{step.words} {_extent(step.done, step.total)}".rstrip()
        if line != self._line:
            self._print(line)
        self._line = line

    def _print(self, line: str) -> None:
        say(line)
        self._told_at = time.monotonic()


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many things are done; the block reports how many more by the function that it gets."""
    done = 0
    with StepDisplay() as display:
        display.show(Step(title, title, done, total))

        def advance(more: int) -> None:
            nonlocal done
            done += more
            display.show(Step(title, title, done, total))

        yield advance


@contextmanager
def steps(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show named steps; the block reports each, and the share of all that is done, by the function that it gets."""
    with StepDisplay() as display:
        display.show(Step(title, title, 0.0, 1.0))
        yield lambda step, done: display.show(Step(title, step, done, 1.0))


def say(message: str) -> None:
    """Tell people something, beside the answer."""
    err.print(escape(message))


def end_line(message: str) -> None:
    """Tell people the last thing, over the `^C` that a terminal shows."""
    if err.is_terminal:
        err.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
    say(message)


@contextmanager
def reported_steps() -> Iterator[ReportStep]:
    """Give a function that reports steps to the process that waits for this one, or shows them where none does."""
    if (waiting := parent()) is not None:
        yield waiting.report
        return
    with StepDisplay() as display:
        yield display.show


def fail(message: str) -> None:
    """Tell people what went wrong."""
    err.print(f"[red]error:[/red] {escape(message)}")


def show_rejects(rejects: Iterable[Any]) -> None:
    """List what was left out, the first twenty."""
    listed = [str(reject) for reject in rejects]
    for line in listed[:_REJECTS_SHOWN]:
        err.print(f"[yellow]left out:[/yellow] {escape(line)}")
    if len(listed) > _REJECTS_SHOWN:
        say(f"... and {len(listed) - _REJECTS_SHOWN} more; --rejects FILE lists all")


def show_suggestion(view: SuggestionView) -> None:
    """A suggestion in a few lines."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("field", "suggestion", "confidence", "decision", "or"):
        table.add_column(column, no_wrap=True)
    for name, field in view.fields.items():
        others = ", ".join(f"{entry.value} {entry.confidence:.0%}" for entry in field.alternatives[:1])
        colour = _COLOURS[field.decision]
        table.add_row(
            name,
            escape(field.value or "-"),
            f"{field.confidence:.0%}",
            f"[{colour}]{field.decision}[/{colour}]",
            escape(excerpt(others, 30)),
        )
    out.print(table)
    if view.masked:
        say(f"masked before anything was kept: {', '.join(kind.replace('_', ' ') for kind in view.masked)}")
    for name, field in view.fields.items():
        if field.reason:
            parent = f" ({field.parent.field}: {field.parent.value})" if field.parent else ""
            out.print(f"[bold]{name}[/bold]  {escape(field.reason)}{escape(parent)}")
        if field.held_back:
            out.print(f"[bold]{name}[/bold]  only recommended: {escape(field.held_back)}")
        if field.explanation:
            out.print(f"[bold]why {name}[/bold]  {escape(_because(field.explanation))}")
    for article in view.articles[:2]:
        fits = f"{article.title}: {excerpt(article.excerpt, 60)}"
        out.print(f"[bold]article[/bold]  {article.score:.2f}  {escape(fits)}")
    for incident in view.similar_incidents[:2]:
        solved = f": {excerpt(incident.resolution, 70)}" if incident.resolution else ""
        out.print(
            f"[bold]similar[/bold]  {incident.score:.2f}  {escape(incident.number)} "
            f"{escape(excerpt(incident.short_description, 60))}{escape(solved)}"
        )


def _because(why: ExplanationView) -> str:
    """An explanation in one line."""
    spoken = [f"for it: {', '.join(word.text for word in why.words_for)}"] if why.words_for else []
    against = [f"against: {', '.join(word.text for word in why.words_against)}"] if why.words_against else []
    votes = [f"{voter.number} {voter.share:.0%}" for voter in why.incidents[:3]]
    return "; ".join([*spoken, *against, *([f"incidents: {', '.join(votes)}"] if votes else [])]) or "no evidence"


def show_found(results: Iterable[Found]) -> None:
    """Search results, one below the other."""
    for found in results:
        out.print(f"[bold]{found.score:.2f}[/bold]  {escape(found.id)}  {escape(found.title)}")
        out.print(f"      [dim]{escape(excerpt(found.excerpt, 140))}[/dim]")


def show_metrics(metrics: Mapping[str, Mapping[str, Any]]) -> None:
    """Held-out figures of each trained field."""
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
            say(f"{name}: learnt from what was logged since {figures['since']} only: before, its values were others")


def show_weights(found: LearntWeights) -> None:
    """What real links taught about search."""
    say(
        f"search: learnt from {len(found.ranks):,} links, the right article is first for {found.found_within(1):.0%} "
        f"and among the first five for {found.found_within(5):.0%} (meaning {found.weights.meaning:g}, "
        f"links of similar incidents {found.weights.links:g})"
    )


def show_tuned(called: str, tuned: Tuned) -> None:
    """What another encoder was judged by, and whether it serves."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("right on held-out", "examples", "before", "after"):
        table.add_column(name, justify="left" if name == "right on held-out" else "right", no_wrap=True)
    for entry in tuned.differences:
        table.add_row(entry.name, f"{entry.examples:,}", f"{entry.serving:.3f}", f"{entry.candidate:.3f}")
    err.print(table)
    say(f"{called} {'is better and serves now' if tuned.adopted else 'is not better: nothing changes'}")


def show_evaluation(found: Evaluation) -> None:
    """Figures of each field on what was held out."""
    if found.order == "time":
        since = f", logged from {found.since:%Y-%m-%d} on" if found.since else ""
        say(f"learnt from {found.learnt:,} incidents, asked for the {found.asked:,} newest{since}")
    else:
        say(f"learnt from {found.learnt:,} incidents, asked for {found.asked:,} chosen at random: dates are missing")
    if found.as_filed < found.asked:
        say(f"warning: {found.asked - found.as_filed:,} of those asked for came without the history of their changes")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("field", "tickets", "right", "95 % interval", "in first 3", "macro-F1", "automatic", "right", "ECE"):
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


def show_drift(found: Drift) -> None:
    """What moves in each field, and where."""
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


def show_modes(found: ModesView) -> None:
    """The mode of each field, with its evidence."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("field", "mode", "evidence"):
        table.add_column(name)
    for entry in found.fields:
        table.add_row(entry.field, entry.mode, entry.notice or entry.evidence.reason)
    err.print(table)
    say(f"{found.control_share:.0%} of numbered tickets are shown nothing, to measure accuracy by")


def show_retrained(found: Retrained) -> None:
    """How a candidate did beside the model that served, and which one serves now."""
    for entry in found.fields:
        say(
            f"{entry.name}: {entry.candidate:.3f} right, before {entry.serving:.3f}, on the {entry.examples:,} newest"
            + (": worse by more than chance" if entry.is_loss else "")
        )
    say(f"model {found.version} {'serves now' if found.promoted else 'is kept and does not serve'}")


def show_replay(found: Replay) -> None:
    """What would have happened, in all and month by month."""
    when = f" logged from {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}" if found.since and found.until else ""
    say(f"{found.tickets:,} tickets{when}, {found.known_before:,} incidents known before, {found.trainings} trainings")
    if found.order == "import":
        say("warning: dates are missing, so the order of import was taken for the order of time")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("field", "month", "tickets", "right", "in first 3", "automatic", "right", "ECE"):
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


def show_models(kept: Sequence[KeptModel]) -> None:
    """The kept models, which of them serves, and how right each field was on held-out incidents."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("", "version", "trained", "right on held-out incidents"):
        table.add_column(name)
    for model in kept:
        figures = ", ".join(f"{name} {entry['accuracy']:.3f}" for name, entry in model.metrics.items())
        table.add_row("serves" if model.serves else "", model.version, model.trained_at[:16], escape(figures))
    out.print(table) if kept else say("no model is trained yet: triage train")


def show_checkup(found: Checkup) -> None:
    """What stands in the way, worst first, and which fields are ready."""
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


def show_worklist(found: WorklistView) -> None:
    """Print what to do, the most worthwhile first."""
    table = Table("item", "what", "why", "hours a year", box=None, pad_edge=False)
    for item in found.items:
        table.add_row(item.id, f"{item.action}: {escape(item.title)}", escape(item.why), f"{item.hours:,.1f}")
    out.print(table)
    say(f"{found.total:,} to do; as of {found.as_of:%Y-%m-%d %H:%M}" if found.as_of else "nobody has looked yet")


def show_item(item: ItemView) -> None:
    """Print one item with its evidence."""
    out.print(f"[bold]{escape(item.title)}[/bold]  {item.kind}, to {item.action}")
    out.print(escape(item.why))
    for name, value in (("articles", item.articles), ("incidents", item.incidents)):
        if value:
            out.print(f"{name}: {escape(', '.join(value))}")
    draft = item.facts.get("draft")
    if draft:
        out.print(f"\n[bold]{escape(draft['title']['text'])}[/bold]  ({escape(draft['title']['number'])})")
        for part in ("issue", "resolution"):
            out.print(f"[bold]{part}[/bold]")
            for quote in draft[part]:
                out.print(f"  {escape(quote['text'])}  ({escape(quote['number'])})")


def show_hints(pairs: Sequence[tuple[Article, Sequence[Hint]]]) -> None:
    """Print what could be better in each article."""
    for article, hints in pairs:
        if hints:
            out.print(f"[bold]{escape(article.id)}[/bold] {escape(article.title)}")
        for hint in hints:
            out.print(f"  {hint.check}: {escape(hint.part)} {escape(hint.message)}")
    say(f"{sum(bool(hints) for _, hints in pairs):,} of {len(pairs):,} articles could be better")


def show_duplicates(found: Sequence[Duplicate], named: Mapping[str, Article]) -> None:
    """Print pairs of articles that answer the same issue."""
    table = Table("surely", "stays", "goes", box=None, pad_edge=False)
    for pair in found:
        titles = (f"{escape(key)} {escape(named[key].title)}" for key in (pair.kept, pair.gone))
        table.add_row(f"{pair.score:.2f}", *titles)
    out.print(table)
    say(f"{len(found):,} pairs")


def show_measures(found: MeasuresView) -> None:
    """Print how well the knowledge base covers the work."""
    table = Table("measure", "share", "between", "of", box=None, pad_edge=False)
    shares = {
        **{name.replace("_", " "): share for name, share in found.known.items()},
        "link rate": found.link_rate,
        "link accuracy": found.link_accuracy,
        "reopened with article": found.reopened_with_article,
        "reopened without": found.reopened_without_article,
    }
    for name, share in shares.items():
        table.add_row(name, *_share(share))
    out.print(table)
    for reuse in found.reuse[:10]:
        out.print(f"{reuse.links:>6,} links  {escape(reuse.article)} {escape(reuse.title)}")
    say(f"{found.incidents:,} incidents")


def _share(share: ShareView) -> tuple[str, str, str]:
    value = "-" if share.value is None else f"{share.value:.1%}"
    return value, f"{share.low:.1%} and {share.high:.1%}", f"{share.count:,}"


def show_taxonomy(found: TaxonomyView) -> None:
    """Print what is wrong with the categories."""
    for unused in found.unused:
        out.print(f"unused: {escape(unused.category)}, {unused.count:,} incidents, none for {unused.days} days")
    for mixed in found.mixed:
        one, other = mixed.categories
        out.print(
            f"mixed: {mixed.shares[0]:.0%} of {escape(one)} look like {escape(other)}, "
            f"{mixed.shares[1]:.0%} the other way"
        )
    for issue in found.deserving:
        out.print(
            f"of its own: {escape(issue.name)} in {escape(issue.category)}, "
            f"{issue.count:,} incidents, {issue.share:.0%} of it"
        )
    if not (found.unused or found.mixed or found.deserving):
        say("nothing is wrong with the categories")


def show_contributions(found: ContributionsView) -> None:
    """Print who did what, by name."""
    table = Table("person", "created", "edited", "validated", "linked", "captured", "flagged", box=None, pad_edge=False)
    for one in found.people:
        counts = (one.created, one.edited, one.validated, one.linked, one.captured, one.flagged)
        table.add_row(escape(one.person), *(str(count) for count in counts))
    out.print(table)
    if found.days_to_publish is not None:
        say(f"{found.days_to_publish:.1f} days until an article could be used (median of {found.published})")
