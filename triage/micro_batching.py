"""Micro-batching: answers concurrent questions in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class MicroBatcher(Generic[Asked, Answered]):
    """Answers the questions of several threads: all that are waiting, in one call.

    No thread waits for others to arrive: one that finds no call in progress answers at once, alone or for all that
    arrived during the last call (flat combining, Hendler and others 2010). One call answers at most `most` questions.
    """

    def __init__(self, answer: Callable[[Sequence[Asked]], Sequence[Answered]], *, most: int) -> None:
        """`answer` returns the answers to several questions in their order; one thread at a time calls it."""
        self._answer = answer
        self._most = most
        self._turn = Lock()
        self._gate = Lock()
        self._waiting: list[tuple[Asked, Future[Answered]]] = []

    def ask(self, question: Asked) -> Answered:
        """Return the answer to a question; raise what answering it raises."""
        mine = Future[Answered]()
        with self._gate:
            self._waiting.append((question, mine))
        while not mine.done():
            with self._turn:
                if not mine.done():
                    self._answer_waiting()
        return mine.result()

    def _answer_waiting(self) -> None:
        with self._gate:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            answers = self._answer([question for question, _ in batch])
        except Exception:  # noqa: BLE001 (one question must not fail the others)
            for question, asked in batch:
                _settle(asked, self._answer, question)
            return
        for (_, asked), answer in zip(batch, answers, strict=True):
            asked.set_result(answer)


def _settle(asked: Future[Answered], answer: Callable[[Sequence[Asked]], Sequence[Answered]], question: Asked) -> None:
    """Answer one question in a batch without others."""
    try:
        (found,) = answer([question])
    except Exception as error:  # noqa: BLE001 (whoever asked gets it)
        asked.set_exception(error)
    else:
        asked.set_result(found)
