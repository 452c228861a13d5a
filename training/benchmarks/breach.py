"""Breach: the probability that a target is breached, on a year of a real desk's audit log, by time.

The log says whether the agreement of an incident was met in the end. It has no targets, so the share of time used is
the age in shares of the age from which on agreements of the priority broke.
"""

from __future__ import annotations

import csv
import io
import zipfile
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, roc_auc_score

from kb.vocabulary.states import stage_of
from models.breach_model import BreachModel
from models.calibration import HeldOutGuesses, expected_calibration_error
from triage.breach import BreachRates, Snapshot, breach_features

# Training data ends on this day; the month that follows is predicted.
_TRAINED_AT = datetime(2016, 5, 1, tzinfo=UTC)
_ASKED_UNTIL = datetime(2016, 6, 1, tzinfo=UTC)
# Snapshots of the last days before are left out: of the incidents open then, only the quick ones have ended.
_TOO_NEW = timedelta(days=14)
# Of the others the newest days calibrate.
_CALIBRATED_ON = timedelta(days=7)
_A_DAY = timedelta(days=1)
_HOUR = 3600.0
_EARLY_BREACHES = 5  # percent


@dataclass(frozen=True, slots=True)
class _Taken:
    """A snapshot with when it was taken, of which incident, and how that ended."""

    at: datetime
    number: str
    snapshot: Snapshot
    is_breached: bool
    is_update: bool
    ended_at: datetime


def measure(data: Path, _: Path) -> dict[str, Any]:
    """Learn from the incidents that had ended, and predict those of the month after, at each update and each day."""
    lives = _lives(data / "incident_event_log.zip")
    ended = {number: _ended(rows) for number, rows in lives.items()}
    known = [number for number, at in ended.items() if at is not None and at < _TRAINED_AT]
    targets = _targets(lives, known, ended)
    rates = BreachRates.of((_labels(lives[number][-1]), _is_breached(lives[number])) for number in known)
    snapshots = list(_snapshots(lives, ended, targets))
    train = [one for one in snapshots if one.at < _TRAINED_AT - _TOO_NEW and _is_known(one, targets)]
    asked = [one for one in snapshots if _TRAINED_AT <= one.at < _ASKED_UNTIL]
    newest = np.array([one.at >= _TRAINED_AT - _TOO_NEW - _CALIBRATED_ON for one in train])
    model = BreachModel.fit(_features(train, rates), _outcomes(train), _weights(train), newest)
    found: dict[str, Any] = {"incidents": len(lives), "learnt_from": len(train)}
    for name, chosen in (
        ("updates", [one for one in asked if one.is_update]),
        ("daily", [one for one in asked if not one.is_update]),
        ("not_yet_due", [one for one in asked if one.snapshot.used < 1]),
    ):
        found[name] = _figures(model, rates, chosen)
    return found


def _figures(model: BreachModel, rates: BreachRates, asked: Sequence[_Taken]) -> dict[str, Any]:
    probabilities, outcomes = model.probabilities(_features(asked, rates)), _outcomes(asked)
    used = np.array([one.snapshot.used for one in asked])
    return {
        "snapshots": len(asked),
        "base_rate": round(float(outcomes.mean()), 4),
        "ece": round(expected_calibration_error(HeldOutGuesses(probabilities.astype(np.float32), outcomes)), 4),
        "brier": round(float(brier_score_loss(outcomes, probabilities)), 4),
        "brier_of_base_rate": round(float(outcomes.mean() * (1 - outcomes.mean())), 4),
        "auroc": round(float(roc_auc_score(outcomes, probabilities)), 4),
        "auroc_of_base_rate": 0.5,
        "auroc_of_share_used": round(float(roc_auc_score(outcomes, used)), 4),
    }


def _features(taken: Sequence[_Taken], rates: BreachRates) -> NDArray[np.float64]:
    return breach_features([one.snapshot for one in taken], rates)


def _outcomes(taken: Sequence[_Taken]) -> NDArray[np.bool_]:
    return np.array([one.is_breached for one in taken])


def _weights(taken: Sequence[_Taken]) -> NDArray[np.float64]:
    counts: dict[str, int] = defaultdict(int)
    for one in taken:
        counts[one.number] += 1
    return np.array([counts[one.number] ** -0.5 for one in taken])


def _lives(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return the updates of each incident, in their order."""
    lives: dict[str, list[dict[str, str]]] = defaultdict(list)
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8")):
            lives[row["number"]].append(row)
    for rows in lives.values():
        rows.sort(key=lambda row: int(row["sys_mod_count"]))
    return lives


def _moment(text: str) -> datetime | None:
    return None if text == "?" else datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def _certain(text: str) -> datetime:
    return _moment(text) or _TRAINED_AT


def _ended(rows: Sequence[dict[str, str]]) -> datetime | None:
    return _moment(rows[-1]["closed_at"])


def _is_breached(rows: Sequence[dict[str, str]]) -> bool:
    return rows[-1]["made_sla"] == "false"


def _labels(row: dict[str, str]) -> dict[str, str]:
    names = ("assignment_group", "category", "subcategory", "location")
    labels = {name: row[name] for name in names if row[name] != "?"}
    return labels | ({"service": row["u_symptom"]} if row["u_symptom"] != "?" else {})


def _targets(
    lives: dict[str, list[dict[str, str]]], known: Iterable[str], ended: dict[str, datetime | None]
) -> dict[str, float]:
    """Return the hours after which the agreements of each priority were breached."""
    hours: dict[str, list[float]] = defaultdict(list)
    for number in known:
        first, at = lives[number][0], ended[number]
        if _is_breached(lives[number]) and at is not None:
            hours[lives[number][-1]["priority"]].append((at - _certain(first["opened_at"])).total_seconds() / _HOUR)
    return {priority: float(np.percentile(values, _EARLY_BREACHES)) for priority, values in hours.items()}


def _is_known(one: _Taken, targets: dict[str, float]) -> bool:
    """Return whether the outcome of an incident was known: it had ended, or its age leaves no doubt."""
    later = (_TRAINED_AT - one.at).total_seconds() / _HOUR
    target = targets.get(one.snapshot.priority or "", np.inf)
    return one.ended_at < _TRAINED_AT or one.snapshot.age + later > target


def _snapshots(
    lives: dict[str, list[dict[str, str]]], ended: dict[str, datetime | None], targets: dict[str, float]
) -> Iterator[_Taken]:
    loads = _loads(lives)
    for number, rows in lives.items():
        opened, resolved = _certain(rows[0]["opened_at"]), _resolved(rows)
        is_breached = _is_breached(rows)
        for index, row in enumerate(rows):
            stage = stage_of(row["incident_state"].replace("Awaiting User Info", "Awaiting Caller"))
            begun = _certain(row["sys_updated_at"])
            if stage.is_finished or begun >= resolved:
                continue
            until = min(_certain(rows[index + 1]["sys_updated_at"]) if index + 1 < len(rows) else resolved, resolved)
            before = _certain(rows[index - 1]["sys_updated_at"]) if index else opened
            at, changed, is_update = begun, before, True
            while at < until or is_update:
                age = (at - opened).total_seconds() / _HOUR
                snapshot = Snapshot(
                    used=age / targets[row["priority"]],
                    age=age,
                    idle=(at - changed).total_seconds() / _HOUR,
                    stage=stage,
                    priority=row["priority"],
                    changes=index,
                    hour=at.hour,
                    logged_on=opened.weekday(),
                    hops=int(row["reassignment_count"]),
                    reopenings=int(row["reopen_count"]),
                    load=_load(loads, row["assignment_group"], at),
                    labels=_labels(row),
                )
                yield _Taken(at, number, snapshot, is_breached, is_update, ended[number] or _ASKED_UNTIL)
                changed, is_update = begun, False
                at = at.replace(hour=10, minute=0) + (_A_DAY if at.hour >= 10 else timedelta())


def _resolved(rows: Sequence[dict[str, str]]) -> datetime:
    return _moment(rows[-1]["resolved_at"]) or _certain(rows[-1]["closed_at"])


def _loads(lives: dict[str, list[dict[str, str]]]) -> dict[str, tuple[list[datetime], list[datetime]]]:
    """Return when incidents of each group were logged and resolved, in order."""
    found: dict[str, tuple[list[datetime], list[datetime]]] = defaultdict(lambda: ([], []))
    for rows in lives.values():
        starts, ends = found[rows[-1]["assignment_group"]]
        starts.append(_certain(rows[0]["opened_at"]))
        ends.append(_resolved(rows))
    for starts, ends in found.values():
        starts.sort()
        ends.sort()
    return found


def _load(loads: dict[str, tuple[list[datetime], list[datetime]]], group: str, at: datetime) -> int:
    starts, ends = loads[group]
    return bisect_right(starts, at) - bisect_right(ends, at)
