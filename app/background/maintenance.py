"""Maintenance: what each process does beside answering, and what one of several on a data folder does for all."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from threading import Lock

from app.background.notification_delivery import KEPT as NOTIFICATIONS_KEPT
from app.background.notification_delivery import deliver_notifications, holder_of
from app.background.subprocesses import Process, start, stop
from app.background.supervision import Part, Supervisor, every
from app.background.webhook_delivery import KEPT, deliver_due
from app.composition import LiveServices
from app.services.field_modes import fall_back_without_evidence
from app.services.jobs import clear_old
from app.services.major_messages import remind_of_updates
from app.services.major_review import check_actions
from app.services.notification_clocks import TimeWatch, escalate_unanswered
from app.services.queue import refresh_queue
from app.services.queue_clocks import refresh_clocks
from kb.service.locks import LockHeldError, file_lock
from training.retraining import due, is_running

LOCK = "keeper.lock"
"""Name of the file in a data folder that the process locks which maintains it."""
# Between two looks of each process at what others have changed.
_BETWEEN_SECONDS = 1.0
_FIRST_LOOK_SECONDS = 10.0
_LOOK_SECONDS = 30.0
_LOOK_THROUGH_SECONDS = 600.0
_TURN_SECONDS = 0.5
_QUEUE_SECONDS = 2.0
_TIME_SECONDS = 20.0
# A mail server that cannot be reached is tried again after this.
_MAIL_PAUSE_SECONDS = 15.0
_CLEAR_SECONDS = 3600.0
_PAUSE_SECONDS = 60.0
_log = logging.getLogger(__name__)


def background_parts(live: LiveServices, supervisor: Supervisor) -> dict[str, Part]:
    """Return what each process runs beside answering; its maintenance waits while another process does that."""
    return {
        "encoder": lambda: every(_BETWEEN_SECONDS, live.follow),
        "index": lambda: every(_BETWEEN_SECONDS, live.catch_up),
        "prediction_log": lambda: every(_BETWEEN_SECONDS, live.flush),
        "maintenance": Maintenance(live, supervisor).keep,
    }


class Maintenance:
    """Delivers events and notifications, watches clocks, and has jobs worked on and models trained anew.

    It also has the worklist worked out, and takes modes back.
    Large work is a process of its own of the lowest priority, so that answering goes on undisturbed; curation waits
    while anything else runs.
    """

    def __init__(self, live: LiveServices, supervisor: Supervisor) -> None:
        self._live = live
        self._supervisor = supervisor
        self._running: dict[str, Process] = {}
        self._starting = Lock()
        self._is_over = False
        self._look_through_from = 0.0
        self._jobs_from = 0.0
        self._mail_from = 0.0
        self._time = TimeWatch()

    async def keep(self) -> None:
        """Begin once no other process maintains the folder, and go on until cancelled; what then runs is stopped."""
        while True:
            try:
                with file_lock(self._live.services.home / LOCK):
                    await self._keep()
            except LockHeldError:
                await asyncio.sleep(_FIRST_LOOK_SECONDS)

    async def _keep(self) -> None:
        self._is_over = False
        self._live.services.notifications.take_back(holder_of(self._live.services))
        try:
            await self._supervisor.run(
                {
                    "webhooks": lambda: every(_TURN_SECONDS, self._deliver),
                    "notifications": lambda: every(_TURN_SECONDS, self._notify),
                    "clocks": lambda: every(_TIME_SECONDS, self._watch_time, first=_FIRST_LOOK_SECONDS),
                    "majors": lambda: every(_LOOK_SECONDS, self._follow_up_majors, first=_FIRST_LOOK_SECONDS),
                    "jobs": lambda: every(_TURN_SECONDS, self._start_jobs),
                    "queue": lambda: every(_QUEUE_SECONDS, self._refresh_queue, first=_FIRST_LOOK_SECONDS),
                    "training": lambda: every(_LOOK_SECONDS, self._start_learning, first=_FIRST_LOOK_SECONDS),
                    "cleanup": lambda: every(_CLEAR_SECONDS, self._clear, first=_FIRST_LOOK_SECONDS),
                }
            )
        finally:
            with self._starting:  # a turn that began before this may yet come to start a process
                self._is_over = True
            for process in self._running.values():
                stop(process)

    def _deliver(self) -> None:
        deliver_due(self._live.services)

    def _notify(self) -> None:
        if time.monotonic() >= self._mail_from and not deliver_notifications(self._live.services):
            self._mail_from = time.monotonic() + _MAIL_PAUSE_SECONDS

    def _watch_time(self) -> None:
        now = datetime.now(UTC)
        self._time.look(self._live.services, now)
        escalate_unanswered(self._live.services, now)

    def _follow_up_majors(self) -> None:
        """Remind of updates of major incidents that are overdue, and count what their actions changed."""
        now = datetime.now(UTC)
        remind_of_updates(self._live.services, now=now)
        check_actions(self._live.services, now=now)

    def _start_jobs(self) -> None:
        """Start a process that works on jobs; after one that ended badly only a minute later."""
        if "jobs" in self._running and self._running["jobs"].poll():
            self._jobs_from = time.monotonic() + _PAUSE_SECONDS
        if self._is_free("jobs") and time.monotonic() >= self._jobs_from and self._live.services.jobs.unfinished():
            self._start("jobs", "jobs", "work", "--background")

    def _refresh_queue(self) -> None:
        refresh_queue(self._live.services)
        refresh_clocks(self._live.services, datetime.now(UTC))

    def _start_learning(self) -> None:
        """Take back modes without evidence; have models trained anew where that is due, or else curation run."""
        services = self._live.services
        for field, mode in fall_back_without_evidence(services).items():
            _log.warning("%s %s", field, mode.notice)
        with services.memory.lock:
            found = due(services.memory, services.models, services.settings.retrain_after)
        is_idle = not [name for name in tuple(self._running) if not self._is_free(name)] and not is_running(
            services.models
        )
        if found.now and self._is_free("retrain"):
            self._start("retrain", "retrain", "--if-due", "--background")
        elif is_idle and time.monotonic() >= self._look_through_from and services.workbench.is_due():
            self._look_through_from = time.monotonic() + _LOOK_THROUGH_SECONDS
            self._start("worklist", "worklist", "--if-due", "--background")

    def _clear(self) -> None:
        services = self._live.services
        services.idempotency.forget_old()
        services.webhooks.clear_old(KEPT)
        services.notifications.clear_old(NOTIFICATIONS_KEPT)
        clear_old(services)

    def _is_free(self, name: str) -> bool:
        """Return whether no process of this name runs; log once that one failed."""
        process = self._running.get(name)
        status = None if process is None else process.poll()
        if process is not None and status is None:
            return False
        if self._running.pop(name, None) is not None and status != 0:
            _log.error("`triage %s` in the background ended with status %d; run it to see why", name, status)
        return True

    def _start(self, name: str, *arguments: str) -> None:
        with self._starting:
            if not self._is_over:
                self._running[name] = start(self._live.services.home, *arguments)
