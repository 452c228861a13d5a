"""The keeper: has the models trained anew when enough has changed, and takes modes back without evidence."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.composition import LiveDesk
from models.artefacts import ArtefactError
from training.retraining import due

_LOOK_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Keeper:
    """Looks now and then whether a training is due, and runs it as a process of the lowest priority.

    A process of its own, so that answering goes on undisturbed; of several services on one data folder, one trains.
    """

    def __init__(self, live: LiveDesk) -> None:
        self._live = live
        self._running: subprocess.Popen[bytes] | None = None

    async def keep(self) -> None:
        """Go on looking until cancelled; what then still runs is stopped."""
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                await asyncio.to_thread(self._look)
        finally:
            if self._running is not None and self._running.poll() is None:
                self._running.terminate()

    def _look(self) -> None:
        if self._running is not None:
            status = self._running.poll()
            if status is None:
                return
            self._running = None
            if status != 0:
                _log.error("retraining ended with status %d; `triage retrain` says why", status)
        desk = self._live.desk
        try:
            with desk.memory.lock:
                found = due(desk.memory, desk.models, desk.settings.retrain_after)
            for field, mode in desk.fall_back().items():
                _log.warning("%s %s", field, mode.notice)
        except (ArtefactError, OSError, SQLAlchemyError):
            _log.exception("cannot tell whether a training is due")
            return
        if found.now:
            self._running = _retraining(desk.home)


def _retraining(home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app", "--home", str(home), "retrain", "--if-due", "--background"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 (our own program)
