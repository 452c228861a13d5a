"""`practice.yaml`: what it may say, and how mistakes in it are named."""

from __future__ import annotations

import os
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kb.practice.document import practice_schema
from kb.practice.practice import read_practice
from kb.practice.practice_file import PracticeFile, PracticeFileError, default_practice
from kb.practice.target import CONDITIONS, Circumstances
from kb.practice.wording import duration_text, seconds_of
from kb.records.clock_state import Measure

_DEFAULT = default_practice()


def _circumstances(**known: str) -> Circumstances:
    return tuple((known[name],) if name in known else () for name in CONDITIONS)


def _mistakes(text: str) -> list[str]:
    return [str(problem) for problem in read_practice(text).problems]


def test_the_default_has_no_mistake_and_fits_its_schema() -> None:
    practice = read_practice(_DEFAULT)
    assert (practice.problems, practice.doubts) == ((), ())
    assert {measure for measure, listed in practice.targets.items() if listed.targets} == set(Measure)
    jsonschema.validate(yaml.load(_DEFAULT, Loader=yaml.BaseLoader), practice_schema())


def test_the_example_of_the_page_has_no_mistake() -> None:
    page = (Path(__file__).parents[3] / "docs" / "practice.md").read_text(encoding="utf-8")
    assert _mistakes(page.split("```yaml\n")[1].split("```")[0]) == []


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("monday-thursday:", "mondey:", 'line 17: calendars.office.hours.mondey: "mondey" is not a weekday'),
        ("targets:", "targts:", "line 42: targts: is not known here; did you mean targets?"),
        ("Europe/Berlin", "Europe/Berlim", '"Europe/Berlim" is not a known time zone; did you mean Europe/Berlin?'),
        ("15 min", "2 days", 'line 45: targets[1].response: "2 days" is not a duration; write hours'),
        ("[waiting]", "[wating]", "line 30: pauses[1]: is not a stage; did you mean waiting?"),
        ("region: BY", "region: XX", 'line 19: calendars.office.holidays.region: DE has no region "XX"; write one of'),
        ("country: DE", "country: Germany", 'holidays.country: no holidays are known of "Germany"'),
        (
            "calendar: office",
            "calendar: ofice",
            'targets[2].calendar: there is no calendar "ofice"; did you mean office?',
        ),
        ("name: High", "nane: High", "targets[2].nane: is not known here; did you mean name?"),
        ("08:00-12:00, 12", "08:00-13:00, 12", "12:30 lies within the range that ends at 13:00"),
        ("[50 %, 80 %]", "[50 %, 120 %]", 'line 36: warn_at: "120 %" is not a share of a target'),
        ("    when: {priority: 2}\n", "", '"Moderate" is never reached for response: "High" stands before it'),
        ("pauses: [waiting]", "pauses: [waiting]\npauses: [new]", "line 31: pauses: stands in line 30 already"),
        ("calendars:", "calendars: [", "is not YAML"),
        ("day: 12-27, until: 12-30", "day: 12-27, until: 2026-12-30", "are written differently"),
        ("day: 12-24", "day: 02-30", '"02-30" is not a day'),
        (
            "day: 12-27, until: 12-30",
            "day: 12-30, until: 12-27",
            "line 22: calendars.office.exceptions[2].day: from 12-30 until 12-27 is 363 days over New Year; swap both",
        ),
        (
            "friday: 08:00-12:00, 12:30-16:00",
            "friday: 08:00-08:00",
            'line 18: calendars.office.hours.friday: "08:00-08:00" ends when it begins; write 00:00-24:00',
        ),
        ("every day: 00:00-24:00", "every day: closed", "calendars.always.hours: is never open"),
        ("      every day: 00:00-24:00", "      {}", "calendars.always.hours: is never open"),
        ("name: High", "name: Critical", '[2].name: "Critical" is already the target in line 43; give each its own'),
        (
            "response: 15 min\n    resolution: 4 h",
            "response: 4 h\n    resolution: 15 min",
            "line 45: targets[1].response: 4 h is longer than the 15 min until it is resolved",
        ),
        (
            "pauses: [waiting]",
            "pauses: [new, assigned, in_progress, waiting]",
            "line 30: pauses: stop the clocks in every stage",
        ),
        ("expedite: {priorities: 1, limit: 3}", "expedite: bananas", "line 82: board.expedite: has to be a section"),
        ("person: 5", "person: -1", "board.person: has to be greater than or equal to 0"),
    ],
)
def test_a_mistake_is_named_with_its_line_its_field_and_the_way_out(old: str, new: str, mistake: str) -> None:
    assert old in _DEFAULT
    assert any(mistake in found for found in _mistakes(_DEFAULT.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "doubt"),
    [
        (
            "{priorities: 1, limit: 3}",
            "{priorities: bananas}",
            'line 82: board.expedite.priorities: no target and no ticket tool calls a priority "bananas"; keep it',
        ),
        (
            "when: {priority: 2}",
            "when: {priority: [2, bananas]}",
            'line 49: targets[2].when.priority: no ticket tool calls a priority "bananas"; keep it if your tickets do',
        ),
        (
            "lanes: {by: group, columns: {in_progress: 6}}",
            "lanes: {by: group, columns: {in_progress: 21}}",
            "line 80: board.lanes.columns.in_progress: the limit of 21 in each group is never reached",
        ),
    ],
)
def test_what_is_hardly_meant_is_said_and_refuses_nothing(old: str, new: str, doubt: str) -> None:
    assert old in _DEFAULT
    practice = read_practice(_DEFAULT.replace(old, new, 1))
    assert practice.problems == ()
    assert [str(one)[: len(doubt)] for one in practice.doubts] == [doubt]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{priorities: 1, limit: 3}", "{priorities: [P1, Critical, Sehr hoch, '2 - Bananas']}"),
        ("lanes: {by: group, columns: {in_progress: 6}}", "lanes: {by: group, columns: {in_progress: 20, new: 99}}"),
        ("day: 12-27, until: 12-30", "day: 12-27, until: 01-05"),
        (
            "name: High\n    when: {priority: 2}\n    response: 30 min\n",
            "name: High\n    when: {priority: 2}\n    response: 30 min\n    calendar: always\n"
            "  - name: High\n    when: {priority: 2}\n",
        ),
    ],
)
def test_what_is_meant_has_no_complaint(old: str, new: str) -> None:
    assert old in _DEFAULT
    practice = read_practice(_DEFAULT.replace(old, new, 1))
    assert (practice.problems, practice.doubts) == ((), ())


def test_a_priority_that_a_target_names_is_known_elsewhere() -> None:
    text = _DEFAULT.replace("when: {priority: 2}", "when: {priority: bananas}", 1)
    doubts = read_practice(text.replace("{priorities: 1, limit: 3}", "{priorities: Bananas}")).doubts
    assert [doubt.field for doubt in doubts] == ["targets[2].when.priority"]


def test_a_number_of_several_digits_is_a_priority_of_its_own() -> None:
    resolution = read_practice(_DEFAULT.replace("when: {priority: 2}", "when: {priority: 50}", 1)).targets[
        Measure.RESOLUTION
    ]
    names = {
        priority: found.name
        for priority in ("50", "5", "500", "2")
        if (found := resolution.target_for(_circumstances(priority=priority))) is not None
    }
    assert names == {"50": "High", "5": "Low", "500": "Low", "2": "Low"}


def test_every_mistake_is_listed_in_the_order_of_the_lines() -> None:
    text = (
        _DEFAULT.replace("15 min", "soon").replace("Europe/Berlin", "Mars").replace("calendar: office", "calendar: x")
    )
    lines = [problem.line for problem in read_practice(text).problems]
    assert len(lines) > 5
    assert lines == sorted(lines)


@pytest.mark.parametrize("text", ["", "- a", "a", "null", "{}", "calendars: {}", "\t", "? [a]\n: b", "&a [*a]", "1: 2"])
def test_what_is_no_practice_is_refused(text: str) -> None:
    assert _mistakes(text)


def test_a_file_that_repeats_itself_through_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9)]
    assert any("repeats itself" in mistake for mistake in _mistakes("\n".join(lines)))


@given(st.text(max_size=200), st.integers(0, len(_DEFAULT)))
def test_no_text_breaks_the_reader(text: str, place: int) -> None:
    read_practice(_DEFAULT[:place] + text + _DEFAULT[place:])


def test_the_first_target_that_matches_counts() -> None:
    resolution = read_practice(_DEFAULT).targets[Measure.RESOLUTION]
    names = {
        priority: found.name
        for priority in ("1 - Critical", "P2", "3", "Low", "12")
        if (found := resolution.target_for(_circumstances(priority=priority))) is not None
    }
    assert names == {"1 - Critical": "Critical", "P2": "High", "3": "Moderate", "Low": "Low", "12": "Low"}


def test_every_condition_of_a_target_has_to_match() -> None:
    text = _DEFAULT.replace("{priority: 1}", "{priority: [1, 2], service: Mail, customer: [Acme, Umbrella]}", 1)
    response = read_practice(text).targets[Measure.RESPONSE]
    matching = response.target_for(_circumstances(priority="2", service="mail", customer="ACME"))
    other = response.target_for(_circumstances(priority="2", service="mail", customer="Initech"))
    assert matching is not None
    assert other is not None
    assert (matching.name, other.name) == ("Critical", "High")


@given(st.integers(1, 10**7))
def test_a_duration_is_read_as_it_is_shown(seconds: int) -> None:
    assert seconds_of(duration_text(seconds).replace(",", "")) == seconds


def test_the_file_is_written_once_and_followed(tmp_path: Path) -> None:
    file = PracticeFile(tmp_path)
    with pytest.raises(PracticeFileError, match="is missing"):
        file.practice()
    assert file.begin()
    assert not file.begin()
    assert set(file.practice().calendars) == {"office", "always"}
    file.path.write_text(_DEFAULT.replace("always", "round the clock"), encoding="utf-8")
    assert set(file.practice().calendars) == {"office", "round the clock"}


def test_a_mistake_leaves_the_practice_before_in_force_and_is_reported(tmp_path: Path) -> None:
    file = PracticeFile(tmp_path)
    file.begin()
    before = file.practice()
    file.path.write_text(_DEFAULT.replace("15 min", "soon"), encoding="utf-8")
    assert file.practice() is before
    assert "targets[1].response" in (file.warning or "")
    started_meanwhile = PracticeFile(tmp_path)
    assert set(started_meanwhile.practice().calendars) == {"office", "always"}
    assert started_meanwhile.warnings() == [file.warning]
    file.path.write_text(_DEFAULT + "\n", encoding="utf-8")
    assert file.practice() is not before
    assert file.warning is None


def test_without_any_practice_before_it_a_mistake_is_an_error(tmp_path: Path) -> None:
    file = PracticeFile(tmp_path)
    file.path.write_text(_DEFAULT.replace("15 min", "soon"), encoding="utf-8")
    for process in (file, PracticeFile(tmp_path)):
        with pytest.raises(PracticeFileError, match=r"line 45: targets\[1\]\.response"):
            process.practice()


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_stop(tmp_path: Path) -> None:
    file = PracticeFile(tmp_path)
    file.begin()
    (tmp_path / "practice.last-good.yaml").mkdir()
    assert file.practice().problems == ()


def test_what_is_kept_is_the_last_text_without_a_mistake_and_no_more_readable(tmp_path: Path) -> None:
    file = PracticeFile(tmp_path)
    file.begin()
    file.path.chmod(0o600)
    kept = tmp_path / "practice.last-good.yaml"
    for always in ("always", "round the clock"):
        file.path.write_text(_DEFAULT.replace("always", always), encoding="utf-8")
        file.practice()
        assert kept.read_text(encoding="utf-8") == file.path.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_doubt_is_said_in_the_log_and_the_file_is_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = PracticeFile(tmp_path)
    file.path.write_text(_DEFAULT.replace("priorities: 1,", "priorities: bananas,"), encoding="utf-8")
    assert file.practice().board.expedited == ("bananas",)
    assert file.warnings() == []
    assert 'calls a priority "bananas"' in caplog.text


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0" * 10, b"a: " + b"x" * 3_000_000])
def test_a_file_of_something_else_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = PracticeFile(tmp_path)
    file.path.write_bytes(content)
    with pytest.raises(PracticeFileError) as raised:
        file.practice()
    assert os.linesep not in str(raised.value)
    assert str(file.path) in str(raised.value)
