"""Doubts: what `practice.yaml` may say and hardly anybody means; they are said and refuse nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb.practice.board import BoardSection
from kb.practice.document import PracticeDocument
from kb.practice.located_yaml import Path
from kb.practice.section import ConditionsSection
from kb.vocabulary.priorities import is_priority_name


def doubts(document: PracticeDocument) -> Iterator[tuple[Path, str]]:
    """Yield the place of each doubt, with what is doubtful there and what to do."""
    promised: list[tuple[Path, ConditionsSection]] = [
        (("targets", index, "when"), section.when) for index, section in enumerate(document.targets)
    ]
    promised += [
        (("assignment_targets", index, "when"), section.when)
        for index, section in enumerate(document.assignment_targets)
    ]
    for path, when in promised:
        for name in _strange(when.priority):
            yield (*path, "priority"), f'no ticket tool calls a priority "{name}"; {_WAY_OUT}'
    named = {name.casefold() for _, when in promised for name in when.priority}
    rules = [] if document.notifications is None else document.notifications.rules
    others: list[tuple[Path, Sequence[str]]] = [
        (("notifications", "rules", index, "when", "priority"), rule.when.priority) for index, rule in enumerate(rules)
    ]
    others.append((("board", "expedite", "priorities"), document.board.expedite.priorities))
    for path, names in others:
        for name in _strange(names):
            if name.casefold() not in named:
                yield path, f'no target and no ticket tool calls a priority "{name}"; {_WAY_OUT}'
    yield from _unreached_limits(document.board)


_WAY_OUT = "keep it if your tickets do, else write one such as 1, P2 or High"


def _strange(names: Sequence[str]) -> list[str]:
    return [name for name in names if not is_priority_name(name)]


def _unreached_limits(board: BoardSection) -> Iterator[tuple[Path, str]]:
    if board.lanes is None:
        return
    for stage, most in board.lanes.columns.items():
        over_all = board.columns.get(stage)
        if over_all is not None and most > over_all:
            yield (
                ("board", "lanes", "columns", stage.value),
                f"the limit of {most} in each {board.lanes.by} is never reached, since the column has room for "
                f"{over_all} in all; write at most {over_all}, or raise board.columns.{stage}",
            )
