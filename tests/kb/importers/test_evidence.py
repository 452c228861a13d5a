"""What stands in a column decides between columns of one name."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.importers.incidents import IncidentFile
from kb.records.incident import Incident
from kb.records.rejects import Reject, RejectKind
from kb.vocabulary.stage import Stage


def _open(tmp_path: Path, text: str) -> IncidentFile:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return IncidentFile.open(path)


def test_a_date_column_holds_dates_and_a_number_column_numbers(tmp_path: Path) -> None:
    mapped = _open(
        tmp_path,
        "Ticket,Ticket number,Subject,Closed,Close date\n"
        "Incident,A-1,screen is dark,yes,2026-02-01 08:00\n"
        "Incident,A-2,mouse is lost,no,\n",
    ).mapped
    assert mapped.column_of == {"number": "Ticket number", "short_description": "Subject", "closed_at": "Close date"}
    assert {(doubt.column, doubt.field) for doubt in mapped.doubts} == {("Ticket", "number"), ("Closed", "closed_at")}


def test_a_column_with_values_is_preferred_to_an_empty_one(tmp_path: Path) -> None:
    mapped = _open(tmp_path, "id,subject,group,team\n1,screen is dark,,Field\n2,mouse is lost,,Field\n").mapped
    assert mapped.column_of["assignment_group"] == "team"


def test_prose_is_no_label(tmp_path: Path) -> None:
    prose = "the whole story of what happened at the counter this morning, " * 4
    mapped = _open(tmp_path, f"id,subject,service\n1,screen is dark,{prose.replace(',', ';')}\n").mapped
    assert "service" not in mapped.column_of


def test_a_code_is_no_resolution(tmp_path: Path) -> None:
    rows = "key,summary,issuetype,resolution\nP-1,screen is dark,Bug,Done\nP-2,mouse is lost,Bug,Won't Do\n"
    file = _open(tmp_path, rows)
    assert "resolution" not in file.mapped.column_of
    first, _ = (record for record in file.read() if isinstance(record, Incident))
    assert first.resolution is None
    assert first.extra["resolution (2)"] == "Done"


def test_of_a_list_of_messages_only_the_callers_first_is_what_was_said(tmp_path: Path) -> None:
    file = _open(
        tmp_path,
        "TicketNumber;Queue;Title;SenderType;Body\n"
        "77;Desk;Dark screen;system;We got your mail\n"
        "77;Desk;Dark screen;customer;It went dark at nine\n"
        "78;Desk;Lost mouse;agent;Called the caller back\n"
        "77;Desk;Dark screen;agent;Try the other cable\n"
        "78;Desk;Lost mouse;agent;Sent a new one\n"
        "77;Desk;Dark screen;customer;That helped\n",
    )
    records = list(file.read())
    said = {record.number: record.text for record in records if isinstance(record, Incident)}
    assert said == {"77": "Dark screen\nIt went dark at nine", "78": "Lost mouse"}
    _, note = (record for record in records if isinstance(record, Reject))
    assert note.kind is RejectKind.NOTE
    assert note.reason.startswith("4 messages are left out")


def test_a_file_with_one_message_a_ticket_keeps_what_agents_typed_in(tmp_path: Path) -> None:
    file = _open(
        tmp_path,
        "TicketNumber;Queue;Title;State;SenderType;Body\n79;Desk;Dark screen;open;agent;Caller says it is dark\n",
    )
    (record,) = file.read()
    assert isinstance(record, Incident)
    assert record.description == "Caller says it is dark"


def test_a_column_of_known_states_is_the_state_whatever_it_is_called(tmp_path: Path) -> None:
    file = _open(
        tmp_path,
        "Ticket,Subject,Ticket phase,Review\n1,screen is dark,Waiting for vendor,Done\n2,mouse is lost,Closed,Done\n",
    )
    assert file.mapped.column_of["state"] == "Ticket phase"
    assert [one.stage for one in file.read() if isinstance(one, Incident)] == [Stage.WAITING, Stage.CLOSED]


def test_without_states_what_has_no_end_among_others_that_have_is_not_known_to_be_resolved(tmp_path: Path) -> None:
    file = _open(tmp_path, "Ticket,Subject,Resolved\n1,screen is dark,2026-02-01 08:00\n2,mouse is lost,\n")
    note, *incidents = file.read()
    assert [one.stage for one in incidents if isinstance(one, Incident)] == [Stage.RESOLVED, Stage.UNKNOWN]
    assert isinstance(note, Reject)
    assert "where a time says so; choose the column that is the state" in note.reason
    history = list(_open(tmp_path, "Ticket,Subject\n1,screen is dark\n").read())
    assert [one.stage for one in history if isinstance(one, Incident)] == [Stage.RESOLVED]
    assert "a row counts as resolved; choose the column" in str(history[0])


def test_a_column_of_another_record_or_of_agents_is_no_field(tmp_path: Path) -> None:
    mapped = _open(
        tmp_path,
        "Number (Problem),Case number,Subject,Status (Problem),Description (Agent),Opened (Change)\n"
        "PRB2,C-4,screen is dark,Open,told them off,2026-02-01 08:00\n",
    ).mapped
    assert mapped.column_of == {"number": "Case number", "short_description": "Subject"}
    assert [(doubt.column, doubt.field) for doubt in mapped.doubts] == [
        ("Status (Problem)", "state"),
        ("Description (Agent)", "description"),
        ("Opened (Change)", "opened_at"),
    ]


def test_what_the_caller_described_is_the_description(tmp_path: Path) -> None:
    header = "Case number,Subject,Description (agent),Description (customer),Requester (e-mail)"
    mapped = _open(tmp_path, f"{header}\n4,screen is dark,told them off,it is dark,k@y.example\n").mapped
    assert (mapped.column_of["description"], mapped.column_of["caller"]) == (
        "Description (customer)", "Requester (e-mail)",
    )  # fmt: skip


@pytest.mark.parametrize("counter", ["#", "№", "Nr.", "No.", "Lfd. Nr."])
@pytest.mark.parametrize("number", ["Ticket ID", "Störungsnummer", "Reference", "Número de caso"])
def test_a_count_of_rows_is_no_number_where_there_is_one(tmp_path: Path, counter: str, number: str) -> None:
    mapped = _open(tmp_path, f"{counter},{number},Subject\n1,C-4,screen is dark\n2,C-9,mouse is lost\n").mapped
    assert mapped.column_of["number"] == number
    alone = _open(tmp_path, f"{counter},Subject\n1,screen is dark\n").mapped
    assert alone.column_of["number"] == counter


def test_entities_in_labels_are_read(tmp_path: Path) -> None:
    file = _open(tmp_path, "Ticket,Subject,Category,Status\n1,screen is dark,R&amp;D &gt; Screens,open\n")
    assert [one.category for one in file.read() if isinstance(one, Incident)] == ["R&D > Screens"]


def test_an_outcome_such_as_open_is_no_resolution(tmp_path: Path) -> None:
    mapped = _open(
        tmp_path, "Id,Summary,Status,Resolution\n1,screen is dark,new,open\n2,lost mouse,resolved,fixed\n"
    ).mapped
    assert "resolution" not in mapped.column_of


@pytest.mark.parametrize("column", ["Resolution", "Lösung", "Résolution", "Resolución"])
def test_what_jira_calls_a_resolution_is_an_outcome(tmp_path: Path, column: str) -> None:
    rows = (
        f"Issue key,Summary,Issue Type,{column},Resolution notes\nP-1,screen is dark,Bug,Cable was loose,Put it back\n"
    )
    assert _open(tmp_path, rows).mapped.column_of["resolution"] == "Resolution notes"
    assert "resolution" not in _open(tmp_path, rows.replace("Resolution notes", "Rank")).mapped.column_of


def test_outcomes_among_others_and_entries_of_a_list_are_no_resolution(tmp_path: Path) -> None:
    def resolution(*values: str) -> str | None:
        rows = "".join(f"{number},screen is dark,{value}\n" for number, value in enumerate(values))
        return _open(tmp_path, f"Id,Subject,Resolution\n{rows}").mapped.column_of.get("resolution")

    assert resolution("Done", "Resolved by caller") is None
    assert resolution(*["Withdrawn by caller", "Passed on", "Given up"] * 5) is None
    assert resolution("Fixed", "Put the cable back", "Charged it", "Done") is None
    assert resolution("Fixed", "Put the cable back", "Charged it overnight") == "Resolution"
    assert resolution(*["Put the cable back", "Charged it overnight"] * 5) == "Resolution"


def test_a_column_that_other_tools_have_too_tells_no_tool(tmp_path: Path) -> None:
    mapped = _open(
        tmp_path, "ticketId,ticketSubject,ticketDescription,assignedGroup,status\n1,Screen,It is dark,Field,open\n"
    ).mapped
    assert (mapped.tool, mapped.column_of["description"]) == (None, "ticketDescription")
