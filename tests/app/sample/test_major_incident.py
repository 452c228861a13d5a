"""The past major incident of the sample desk: reviewed, with times, roles and actions, the same in every folder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from app.composition import Services, open_services
from app.presenters.major_room import major_room_view, review_view
from app.reports.major_review import review_markdown
from app.sample.incidents import sample_incidents
from app.sample.major_incident import add_past_major
from app.schemas.major_room import MajorRoomView
from app.services.major_room import room_timeline, whole_room
from kb.records.major_room import RoomState
from tests.conftest import SAMPLE_NOW


def past(services: Services) -> tuple[MajorRoomView, str]:
    incidents = sample_incidents(200, now=SAMPLE_NOW)
    services.store.put_incidents(incidents)
    for _ in range(2):
        add_past_major(services, incidents, now=SAMPLE_NOW)
    (room,) = services.major_rooms.newest(limit=9)
    whole = whole_room(services, room.lead)
    view = major_room_view(whole, now=SAMPLE_NOW)
    review = review_view(whole, room_timeline(services, room.lead), now=SAMPLE_NOW)
    return view, review_markdown(view, review)


def test_the_sample_has_a_past_major_incident_with_its_review(tmp_path: Path) -> None:
    with open_services(tmp_path / "one") as services:
        room, report = past(services)
    assert (room.state, room.reports, room.still_open) == (RoomState.REVIEWED, 48, 0)
    manager = next(role for role in room.roles if role.role == "manager")
    assert [one.person for one in manager.history] == ["Duty manager", "Deputy manager"]
    assert room.times.to_detect_seconds is not None
    assert 0 < room.times.to_detect_seconds < timedelta(hours=1).total_seconds()
    assert room.times.to_restore_seconds == timedelta(minutes=218).total_seconds()
    assert [action.done_at is not None for action in room.actions] == [True, True, False]
    assert {message.audience for message in room.messages} == {"users", "management"}
    assert "Nobody could work from outside" in report
    with open_services(tmp_path / "two") as services:
        assert past(services)[1] == report


def test_without_the_outage_nothing_is_added(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        add_past_major(services, [], now=SAMPLE_NOW)
        assert services.major_rooms.newest(limit=1) == []
