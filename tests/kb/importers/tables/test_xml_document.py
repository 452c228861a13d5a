from __future__ import annotations

from pathlib import Path

import pytest

from kb.importers.tables import Row, read_table
from kb.records.rejects import UnreadableFileError


def rows_of(tmp_path: Path, content: str) -> list[dict[str, str]]:
    path = tmp_path / "t.xml"
    path.write_text(content)
    return [dict(row.values) for row in read_table(path) if isinstance(row, Row)]


def test_a_servicenow_export(tmp_path: Path) -> None:
    content = """<?xml version="1.0" encoding="UTF-8"?><unload unload_date="2025-04-02 10:00:00">
    <incident action="INSERT"><number>INC7</number><short_description>Fan &amp; noise</short_description>
    <caller_id display_value="Kim Ode">9f2</caller_id><cmdb_ci display_value=""/>
    <assignment_group display_value="Field" name="Field">b1c</assignment_group></incident>
    <sys_user action="INSERT"><name>Kim Ode</name></sys_user></unload>"""
    assert rows_of(tmp_path, content) == [
        {
            "number": "INC7",
            "short_description": "Fan & noise",
            "caller_id": "Kim Ode",
            "cmdb_ci": "",
            "assignment_group": "Field",
            "action": "INSERT",
        }
    ]


def test_an_itop_export_and_a_feed(tmp_path: Path) -> None:
    itop = """<Set><UserRequest alias="R" id="3"><ref>R-3</ref><title>Fan noise</title><description><p>Loud,
    <b>at night</b></p></description><tag>a</tag><tag>b</tag></UserRequest></Set>"""
    (row,) = rows_of(tmp_path, itop)
    assert (row["ref"], row["title"], row["tag"], row["id"]) == ("R-3", "Fan noise", "a|b", "3")
    assert row["description"].split() == ["Loud,", "at", "night"]
    feed = "<rss><channel><title>Export</title>" + "".join(
        f'<item><key id="{n}">A-{n}</key><summary>Fan {n}</summary><status>Open</status>'
        f"<reporter><name>Kim</name><mail>k@y.example</mail></reporter></item>"
        for n in range(3)
    )
    rows = rows_of(tmp_path, f"{feed}</channel></rss>")
    assert [(row["key"], row["summary"], row["reporter"]) for row in rows] == [
        (f"A-{n}", f"Fan {n}", "Kim") for n in range(3)
    ]


def test_names_and_values_that_stand_apart(tmp_path: Path) -> None:
    def record(**values: str) -> str:
        pairs = "".join(
            f"<parameter><name>{name}</name><value>{text}</value></parameter>" for name, text in values.items()
        )
        return f"<record>{pairs}</record>"

    answer = "<result><statuscode>200</statuscode><status>Success</status></result>"
    records = record(workorderid="7", subject="Fan noise", status="Open") + record(workorderid="8", subject="Dark lamp")
    operation = f'<operation name="GET">{answer}<Details>{records}</Details></operation>'
    assert rows_of(tmp_path, f"<API><response>{operation}</response></API>") == [
        {"parameter.workorderid": "7", "parameter.subject": "Fan noise", "parameter.status": "Open"},
        {"parameter.workorderid": "8", "parameter.subject": "Dark lamp"},
    ]


def test_lists_and_further_fields_keep_all_their_values(tmp_path: Path) -> None:
    def field(name: str, *values: str) -> str:
        held = "".join(f"<customfieldvalue>{value}</customfieldvalue>" for value in values)
        return (
            f'<customfield id="7"><customfieldname>{name}</customfieldname>'
            f"<customfieldvalues>{held}</customfieldvalues></customfield>"
        )

    def item(number: int, labels: str, fields: str) -> str:
        return (
            f"<item><key>A-{number}</key><summary>Fan</summary><status>Open</status><labels>{labels}</labels>"
            f"<component>x</component><component>y</component><customfields>{fields}</customfields></item>"
        )

    first = item(1, "<label>red</label><label>blue</label>", field("Floor", "2") + field("Tools", "saw", "file"))
    second = item(2, "<label>red</label>", field("Floor", "3"))
    rows = rows_of(tmp_path, f"<rss><channel>{first}{second}</channel></rss>")
    assert [row["labels"] for row in rows] == ["red|blue", "red"]
    assert [row["component"] for row in rows] == ["x|y", "x|y"]
    assert [row["customfields.Floor"] for row in rows] == ["2", "3"]
    assert (rows[0]["customfields.Tools"], "customfields.Tools" in rows[1]) == ("saw|file", False)


def test_columns_that_are_named_by_an_attribute(tmp_path: Path) -> None:
    content = '<dump><row><field name="id">1</field><field name="title">Fan noise</field></row></dump>'
    assert rows_of(tmp_path, content) == [{"id": "1", "title": "Fan noise"}]


@pytest.mark.parametrize(("content", "reason"), [
    ('<!DOCTYPE a [<!ENTITY b "c">]><a><i><title>&b;</title></i></a>', "defines entities"),
    ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a><i><title>&b;</title></i></a>', "defines entities"),
    ("<a><i><title>x</title></i>", "is not XML"),
    ("<a>text</a>", "no list"),
    ("<a>" * 500, "nests deeper"),
    ("<a><i><title>x</title></i><i>" + "<b/>" * 60_000 + "</i></a>", "larger records"),
])  # fmt: skip
def test_documents_that_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        rows_of(tmp_path, content)
