from __future__ import annotations

from pathlib import Path

import pytest

from kb.importers.tables import Row, read_table
from kb.records.rejects import Reject, RejectKind


def table(tmp_path: Path, content: str, name: str = "t.csv") -> tuple[list[dict[str, str]], list[Reject]]:
    path = tmp_path / name
    path.write_bytes(content.encode())
    rows, named = list[dict[str, str]](), list[Reject]()
    for entry in read_table(path):
        if isinstance(entry, Row):
            rows.append(dict(entry.values))
            named += entry.problems
        else:
            named.append(entry)
    return rows, named


def test_the_line_with_which_excel_names_the_delimiter(tmp_path: Path) -> None:
    rows, named = table(tmp_path, "\ufeffsep=|\r\nTicket|Subject, long\r\n4|no toner; again, sadly\r\n")
    assert rows == [{"Ticket": "4", "Subject, long": "no toner; again, sadly"}]
    assert named == []


@pytest.mark.parametrize("title", [
    "Open tickets, second quarter\n\n",
    '"Open tickets";"exported by";"Kim";"2.4.2025"\n',
    "Filter: all; Team: any\nRows: 2\n\n\n",
])  # fmt: skip
def test_titles_above_the_header_and_a_total_below_the_table(tmp_path: Path, title: str) -> None:
    table_text = "ID;Title;Details;Team;Opened\n8;Fan noise;Loud, at night;Desk;2.4.2025\n9;Key lost;;Desk;3.4.2025\n"
    rows, named = table(tmp_path, f"{title}{table_text}Summe;2;;;\n")
    assert [(row["ID"], row["Title"], row["Opened"]) for row in rows] == [
        ("8", "Fan noise", "2.4.2025"),
        ("9", "Key lost", "3.4.2025"),
    ]
    assert [(note.kind, note.reason) for note in named] == [(RejectKind.NOTE, "is a total row, no ticket")]


@pytest.mark.parametrize("line", ["Total outage,Nobody can work,HQ", "Total,Everything is gone,HQ", "Summer,,5"])
def test_a_ticket_is_no_total(tmp_path: Path, line: str) -> None:
    rows, named = table(tmp_path, f"title,description,count\n{line}\n")
    assert [",".join(row.values()) for row in rows] == [line]
    assert named == []


def test_delimiters_at_the_end_of_lines(tmp_path: Path) -> None:
    rows, named = table(tmp_path, "no\ttitle\t\t\n1\tFan noise\t\t\n2\tKey lost\n", "export.tab")
    assert rows == [{"no": "1", "title": "Fan noise"}, {"no": "2", "title": "Key lost"}]
    assert named == []


def test_columns_of_one_name_are_one_field(tmp_path: Path) -> None:
    rows, _ = table(tmp_path, "Key,Tag,Summary,Tag,Tag\nA-1,red,Fan noise,,blue\nA-2,red,Key lost,red,\n")
    assert rows == [
        {"Key": "A-1", "Tag": "red|blue", "Summary": "Fan noise"},
        {"Key": "A-2", "Tag": "red", "Summary": "Key lost"},
    ]


def test_what_databases_write_for_nothing_is_empty(tmp_path: Path) -> None:
    rows, named = table(
        tmp_path, 'id,title,team,closed\n1,"Say \\"please\\", he said",NULL,0000-00-00 00:00:00\n2,\\N,A,\n'
    )
    assert rows == [
        {"id": "1", "title": 'Say "please", he said', "team": "", "closed": ""},
        {"id": "2", "title": "", "team": "A", "closed": ""},
    ]
    assert named == []


def test_what_a_spreadsheet_damaged_is_empty_and_named(tmp_path: Path) -> None:
    rows, named = table(tmp_path, "id;title;opened;cost\n3,1E+12;C# and ##### fail;#######;#REF!\n7;Fine;1.1.2025;2\n")
    assert rows[0] == {"id": "", "title": "C# and ##### fail", "opened": "", "cost": ""}
    assert [(problem.row, problem.column, problem.kind) for problem in named] == [
        (2, "id", RejectKind.CELL),
        (2, "opened", RejectKind.CELL),
        (2, "cost", RejectKind.CELL),
    ]


def test_quotes_that_are_part_of_a_text(tmp_path: Path) -> None:
    content = 'id,title,team\n1,"The "big" one, again",A\n2,"Ok" button,B\n3,a 5" disk,C\n4,"never closed,D\n5,ok,E\n'
    rows, named = table(tmp_path, content)
    assert [row["title"] for row in rows] == ['The "big" one, again', '"Ok" button', 'a 5" disk', "ok"]
    assert [(reject.row, reject.kind) for reject in named] == [(5, RejectKind.ROW)]


TICKETS = "Nr;Title;Team;State;Opened\n1;Fan noise;Desk;Open;2.4.2025\n\n2;Key lost;Desk;Open;3.4.2025\n"


@pytest.mark.parametrize(
    "below",
    [
        "\nTeam;Tickets\nDesk;2\n", ";;;;\nState;Open;Closed;;\nAll;2;0;;\n", "\nPer team\nTeam;Tickets\nDesk;2\n",
        "\n\nPer team;;;;\n\nMeasure;Value;;;\nOpen for weeks;2;;;\n", "\nPriority;Category;Service\nhigh;Fans;Air\n",
    ],
)  # fmt: skip
def test_another_table_below_a_gap_is_left_out(tmp_path: Path, below: str) -> None:
    rows, named = table(tmp_path, TICKETS + below)
    assert [row["Title"] for row in rows] == ["Fan noise", "Key lost"]
    ((kind, reason),) = [(note.kind, note.reason) for note in named]
    assert (kind, reason.partition(" (")[0]) == (RejectKind.NOTE, "another table begins here")


@pytest.mark.parametrize(
    "line", ["3;Team;Desk;Open;4.4.2025", ";State unknown;;Open;4.4.2025", "Nr;Title;Team;State;Opened"]
)
def test_a_ticket_below_a_gap_begins_no_table(tmp_path: Path, line: str) -> None:
    rows, _ = table(tmp_path, f"{TICKETS}\n{line}\n4;Lamp dark;Desk;Open;4.4.2025\n")
    assert rows[-1]["Title"] == "Lamp dark"


def test_a_header_that_is_repeated_is_no_ticket(tmp_path: Path) -> None:
    rows, named = table(tmp_path, "id,title\n1,Fan noise\nid,title\n2,Key lost\n")
    assert [row["id"] for row in rows] == ["1", "2"]
    assert [(note.row, note.kind) for note in named] == [(3, RejectKind.NOTE)]
