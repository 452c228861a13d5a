"""Steps: shows progress, as bars in a terminal and as lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from app.commands.console import err, say
from app.parent import ReportStep, Step, parent

_LINE_SECONDS = 5.0  # often enough to see progress, seldom enough for a log


class _Extent(ProgressColumn):
    """Column that shows how much of a task is done."""

    def render(self, task: Task) -> Text:
        """Return the count or the share."""
        return Text(_extent(task.completed, task.total))


class _Pace(ProgressColumn):
    """Column that shows the rate of a task where items are counted, and the time left or elapsed."""

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
    """Display of reported steps: in a terminal a bar for each task, elsewhere plain lines."""

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
        """Leave the final state of all tasks on the screen."""
        if err.is_terminal:
            self._bars.stop()
        elif self._step is not None:
            self._tell(self._step)

    def show(self, step: Step) -> None:
        """Show the progress of a task; one without a known total ends when the next begins."""
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
        """Print what is being waited for and its progress, every few seconds where no bars are drawn."""
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
    """Show a count; the block adds to it with the function that it gets."""
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
    """Show named steps; the block reports each, with the share of everything done, by the function that it gets."""
    with StepDisplay() as display:
        display.show(Step(title, title, 0.0, 1.0))
        yield lambda step, done: display.show(Step(title, step, done, 1.0))


@contextmanager
def reported_steps() -> Iterator[ReportStep]:
    """Yield a function that reports steps to the waiting parent process, or shows them if there is none."""
    if (waiting := parent()) is not None:
        yield waiting.report
        return
    with StepDisplay() as display:
        yield display.show
