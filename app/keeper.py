"""The keeper: has models trained anew and the worklist worked out when it is time, and takes modes back."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.composition import LiveDesk
from models.artefacts import ArtefactError
from training.retraining import due

_FIRST_LOOK_SECONDS = 10.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 30.0
_LOOK_THROUGH_SECONDS = 600.0
_log = logging.getLogger(__name__)


class Keeper:
    """Looks now and then what is due, and runs it as a process of the lowest priority.

    A process of its own, so that answering goes on undisturbed; of several services on one data folder, one trains.
    """

    def __init__(self, live: LiveDesk) -> None:
        self._live = live
        self._running: subprocess.Popen[bytes] | None = None
        self._look_through_from = 0.0

    async def keep(self) -> None:
        """Go on looking until cancelled; what then still runs is stopped."""
        try:
            await asyncio.sleep(_FIRST_LOOK_SECONDS)
            while True:
                await asyncio.to_thread(self._look)
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            if self._running is not None and self._running.poll() is None:
                self._running.terminate()
                self._running.wait(_STOP_SECONDS)

    def _look(self) -> None:
        if self._running is not None:
            status = self._running.poll()
            if status is None:
                return
            self._running = None
            if status != 0:
                _log.error(
                    "what ran in the background ended with status %d; `triage retrain` or `triage worklist` says why",
                    status,
                )
        desk = self._live.desk
        try:
            with desk.memory.lock:
                found = due(desk.memory, desk.models, desk.settings.retrain_after)
            for field, mode in desk.fall_back().items():
                _log.warning("%s %s", field, mode.notice)
            is_due = desk.workbench.is_due()
        except (ArtefactError, OSError, SQLAlchemyError):
            _log.exception("cannot tell what is due")
            return
        if found.now:
            self._running = _started(desk.home, "retrain")
        elif is_due and time.monotonic() >= self._look_through_from:
            self._look_through_from = time.monotonic() + _LOOK_THROUGH_SECONDS
            self._running = _started(desk.home, "worklist")


def _started(home: Path, command_name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app", "--home", str(home), command_name, "--if-due", "--background"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 (our own program)
