"""Supervision: each named part of a service is started again where it ends, whatever it raises."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

# The pause after a part ended, doubled each time: short enough for a glitch, long enough not to fill the log.
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
# A part that has run this long counts as healed: its next pause is the shortest again.
_HELD_SECONDS = 60.0
_log = logging.getLogger(__name__)

Part = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PartState:
    """How a part does: whether it runs, how often it was started again, and the kind of error that last ended it."""

    name: str
    up: bool = True
    restarts: int = 0
    last_error: str | None = None


class Supervisor:
    """Keeps the parts of a service running; `states` says how each does."""

    def __init__(self, *, watch: Callable[[PartState], None] = lambda _: None) -> None:
        """`watch` is called with the state of a part whenever it changes."""
        self.states: dict[str, PartState] = {}
        self._watch = watch

    async def run(self, parts: Mapping[str, Part]) -> None:
        """Run parts side by side until cancelled; one that ends or raises is started again after a pause.

        A part may itself run further parts. The pauses grow from a second to a minute.
        """
        async with asyncio.TaskGroup() as group:
            for name, part in parts.items():
                group.create_task(self._keep_up(name, part), name=name)

    async def _keep_up(self, name: str, part: Part) -> None:
        seen = _Failures(name)
        self._set(self.states.get(name, PartState(name)))
        try:
            while True:
                self._set(replace(self.states[name], up=True))
                healed = asyncio.get_running_loop().call_later(_HELD_SECONDS, seen.forget)
                error = await _end_of(part)
                healed.cancel()
                kind = "none: it ended" if error is None else type(error).__name__
                self._set(replace(self.states[name], up=False, last_error=kind))
                await asyncio.sleep(seen.pause_after(error))
                self._set(replace(self.states[name], restarts=self.states[name].restarts + 1))
        finally:
            self._set(replace(self.states[name], up=False))

    def _set(self, state: PartState) -> None:
        self.states[state.name] = state
        self._watch(state)


class _Failures:
    """What a part failed by since it last held: the log says each reason once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pause = _FIRST_PAUSE_SECONDS
        self._logged: set[tuple[type[BaseException] | None, str]] = set()

    def pause_after(self, error: BaseException | None) -> float:
        """Return how many seconds to wait before the next start, longer each time."""
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        reason = (None, "") if error is None else (type(error), str(error))
        if reason not in self._logged:
            self._logged.add(reason)
            ended = "ended" if error is None else "failed"
            _log.error("%s %s and is started again, now and after growing pauses", self._name, ended, exc_info=error)
        return pause

    def forget(self) -> None:
        """Begin with the shortest pause again: the part has held for a while."""
        self._pause = _FIRST_PAUSE_SECONDS
        if self._logged:
            _log.warning("%s runs again", self._name)
        self._logged.clear()


async def _end_of(part: Part) -> BaseException | None:
    """Run a part to its end and return what it raised; cancelling the supervisor goes through."""
    try:
        await part()
    except KeyboardInterrupt:
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return error  # something that the part waited for was cancelled, not the part
    except BaseException as error:  # noqa: BLE001 (whatever a part raises, SystemExit too, the service goes on)
        return error
    return None


async def every(seconds: float, act: Callable[[], object], *, first: float | None = None) -> None:
    """Do something again and again in a thread, so many seconds apart, `first` seconds from now the first time."""
    await asyncio.sleep(seconds if first is None else first)
    while True:
        await asyncio.to_thread(act)
        await asyncio.sleep(seconds)
