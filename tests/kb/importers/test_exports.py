"""Whole exports of ticket tools, made up in their shapes: what each row is read as."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kb.importers.incidents import IncidentFile
from kb.records.incident import Incident
from kb.records.rejects import Reject
from kb.vocabulary.stage import Stage


def read(path: Path, export: str | dict[str, Any] | list[Any]) -> list[Incident]:
    """Return the incidents of an export, which is written as CSV if it is a text and as JSON otherwise."""
    path = path / ("export.csv" if isinstance(export, str) else "export.json")
    path.write_text(export if isinstance(export, str) else json.dumps(export), encoding="utf-8")
    return [one for one in IncidentFile.open(path).read() if isinstance(one, Incident)]


def test_a_number_is_no_state_where_only_a_usual_name_tells_the_tool(tmp_path: Path) -> None:
    export = (
        "Number,Subject,Status,Opened,Close Date\n1,Pump leaks,5,2024-11-12,\n2,Pump hums,6,2024-11-12,2024-11-13\n"
    )
    assert [one.stage for one in read(tmp_path, export)] == [Stage.UNKNOWN, Stage.UNKNOWN]
    export = "id,name,status,date,closedate,date_mod\n1,Pump leaks,5,2024-11-12,,2024-11-12\n"
    assert [one.stage for one in read(tmp_path, export)] == [Stage.RESOLVED]
    export = "Incident Number,Summary,Assigned Group,Status\n1,Pump leaks,Yard,4\n2,Pump hums,Yard,Assigned\n"
    assert [one.stage for one in read(tmp_path, export)] == [Stage.UNKNOWN, Stage.ASSIGNED]


def test_a_state_that_means_nothing_elsewhere_is_a_state(tmp_path: Path) -> None:
    export = "Number,Subject,Status,Group\n1,Pump leaks,Unassigned,Unassigned\n2,Pump hums,Unresolved,Yard\n"
    assert [(one.state, one.stage, one.assignment_group) for one in read(tmp_path, export)] == [
        ("Unassigned", Stage.NEW, None),
        ("Unresolved", Stage.NEW, "Yard"),
    ]


def test_a_resolution_that_means_nothing_is_none(tmp_path: Path) -> None:
    export = "Number,Subject,Description,Status,Resolution\n1,Pump,-,Open,-\n2,Lamp,none,Closed,Oiled it\n"
    found = read(tmp_path, export)
    assert [(one.description, one.resolution) for one in found] == [("-", None), ("none", "Oiled it")]


def test_nobody_owns_a_ticket_of_request_tracker(tmp_path: Path) -> None:
    export = (
        "id,Subject,QueueName,Status,OwnerName,Requestors\n7,Vent,Yard,open,Nobody,t@x.example\n8,Fan,Yard,open,kim,\n"
    )
    assert [one.assigned_to for one in read(tmp_path, export)] == [None, "kim"]


def test_topdesk_in_dutch(tmp_path: Path) -> None:
    (one,) = read(
        tmp_path,
        "Meldingnummer;Korte omschrijving;Verzoek;Aanmelder;Vestiging;Categorie;Behandelaarsgroep;Behandelaar;Status;"
        "Aanmaakdatum;Datum afgemeld;Oplossing\n"
        "M 7;Lamp knippert;De lamp knippert;Voss;Kiel;Gebouw;Technische dienst;Ahn;Afgemeld;12-11-2024 15:45;"
        "13-11-2024;Lamp vervangen\n",
    )
    assert (one.number, one.short_description, one.description, one.caller) == (
        "M 7", "Lamp knippert", "De lamp knippert", "Voss",
    )  # fmt: skip
    assert (one.location, one.category, one.assignment_group, one.assigned_to, one.stage) == (
        "Kiel", "Gebouw", "Technische dienst", "Ahn", Stage.CLOSED,
    )  # fmt: skip
    assert (one.resolution, one.opened_at is not None, one.closed_at is not None) == ("Lamp vervangen", True, True)


def test_names_behind_arrows_in_french(tmp_path: Path) -> None:
    (one,) = read(
        tmp_path,
        "Ref,Titre,Statut,Demandeur->Nom usuel,Equipe->Nom usuel,Agent->Nom usuel,Service->Nom complet\n"
        "R-1,Store,Assignée,Léa Morin,Bâtiment,Jean Dru,Locaux\n",
    )
    assert (one.caller, one.assignment_group, one.assigned_to, one.service) == (
        "Léa Morin", "Bâtiment", "Jean Dru", "Locaux",
    )  # fmt: skip


@pytest.mark.parametrize(
    "column", ["Affecté à", "Personne assignée", "Agente asignado", "Technicien", "Zugewiesener Bearbeiter"]
)
def test_who_works_on_a_ticket_in_any_language(tmp_path: Path, column: str) -> None:
    assert [one.assigned_to for one in read(tmp_path, f"Number,Subject,{column}\n1,Pump,Kim Ode\n")] == ["Kim Ode"]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ("Ticket#,Título,Fila,Mensaje", "assignment_group"),
        ("Número de ticket,Asunto,Estado,Mensaje", "description"),
        ("Nummer,Kurzbeschreibung,Status,Abschlusshinweise", "resolution"),
        ("Nummer,Kurzbeschreibung,Status,Zugewiesen zu", "assigned_to"),
        ("Numéro d'incident,Brève description,Groupe d'opérateurs,Opérateur", "assigned_to"),
    ],
)
def test_names_of_tools_in_other_languages(tmp_path: Path, columns: str, field: str) -> None:
    (one,) = read(tmp_path, f"{columns}\n7,Ascenseur,Patio,Kim Ode\n")
    assert getattr(one, field) == ("Patio" if field == "assignment_group" else "Kim Ode")


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ("Numéro d'incident,Brève description,Groupe d'opérateurs,Date d'appel", "opened_at"),
        ("ID de la demande,Objet,Technicien,Heure d'achèvement", "closed_at"),
    ],
)
def test_names_of_moments_in_french(tmp_path: Path, columns: str, field: str) -> None:
    (one,) = read(tmp_path, f"{columns}\n7,Ascenseur,Cour,2024-11-12 15:45\n")
    assert str(getattr(one, field))[:16] == "2024-11-12 15:45"


def test_requests_of_a_service_desk(tmp_path: Path) -> None:
    request = {
        "issueId": "1",
        "issueKey": "DESK-9",
        "createdDate": {"iso8601": "2024-11-12T15:45:00+0100", "friendly": "today", "epochMillis": 1731422700000},
        "reporter": {"accountId": "a", "displayName": "Tilda Voss"},
        "requestFieldValues": [
            {"fieldId": "summary", "label": "Title of your request", "value": "Locker jams"},
            {"fieldId": "description", "label": "What happens", "value": "The bolt does not move."},
            {"fieldId": "customfield_11", "label": "Floor", "value": "2"},
        ],
        "currentStatus": {"status": "Waiting for support", "statusCategory": "INDETERMINATE"},
    }
    (one,) = read(tmp_path, {"size": 1, "values": [request]})
    assert (one.number, one.short_description, one.description) == ("DESK-9", "Locker jams", "The bolt does not move.")
    assert (one.caller, one.stage) == ("Tilda Voss", Stage.IN_PROGRESS)
    assert str(one.opened_at) == "2024-11-12 14:45:00+00:00"
    assert one.extra["requestFieldValues.Floor"] == "2"


def test_records_that_keep_their_fields_in_a_list(tmp_path: Path) -> None:
    fields = {"IncidentID": "44001", "ShortDescription": "Door stuck", "Status": "Pending", "OwnedByTeam": "Doors"}
    listed = [
        {"dirty": False, "displayName": f"{name} shown", "fieldId": f"BO:6d,FI:{name}", "name": name, "value": value}
        for name, value in fields.items()
    ]
    (one,) = read(tmp_path, {"businessObjects": [{"busObId": "6d", "busObPublicId": "44001", "fields": listed}]})
    assert (one.number, one.short_description, one.stage, one.assignment_group) == (
        "44001", "Door stuck", Stage.WAITING, "Doors",
    )  # fmt: skip


def test_a_caption_says_what_a_number_means(tmp_path: Path) -> None:
    info = [
        {"key": "title", "keyCaption": "Title", "value": "Freezer open", "valueCaption": "Freezer open"},
        {"key": "status", "keyCaption": "Status", "value": 3, "valueClass": "1", "valueCaption": "Closed"},
        {"key": "request_user", "keyCaption": "Request user", "value": 7, "valueCaption": "Tilda Voss"},
        {"key": "insert_time", "keyCaption": "Request time", "value": 1731422700000, "valueCaption": "12/11/2024"},
    ]  # fmt: skip
    (one,) = read(tmp_path, [{"id": "55101", "info": info}])
    assert (one.number, one.short_description, one.stage, one.caller) == (
        "55101", "Freezer open", Stage.CLOSED, "Tilda Voss",
    )  # fmt: skip
    assert one.extra.get("info.insert_time", str(one.opened_at)) == "2024-11-12 14:45:00+00:00"


def test_objects_by_class_and_key(tmp_path: Path) -> None:
    fields = {"ref": "R-7", "title": "Fan noise", "status": "pending", "caller_id_friendlyname": "Tilda Voss"}
    objects = {"UserRequest::41": {"code": 0, "class": "UserRequest", "key": "41", "fields": fields}}
    (one,) = read(tmp_path, {"code": 0, "message": "Found: 1", "objects": objects})
    assert (one.number, one.short_description, one.stage, one.caller) == (
        "R-7", "Fan noise", Stage.WAITING, "Tilda Voss",
    )  # fmt: skip


@pytest.mark.parametrize(("sender", "body"), [("SenderType", "Body"), ("sender", "body")])
def test_the_callers_first_message_in_a_ticket_is_the_description(tmp_path: Path, sender: str, body: str) -> None:
    messages = [
        {sender: "agent", body: "We look at the lift."},
        {sender: "Customer", body: "It stays at floor 2."},
        {sender: "customer", body: "Now it moves."},
    ]
    ticket = {"TicketNumber": "7", "Title": "Lift stuck", "Queue": "House", "State": "open", "Article": messages}
    assert [one.description for one in read(tmp_path, {"Ticket": [ticket]})] == ["It stays at floor 2."]
    ticket["Article"] = messages[:1]
    assert [one.description for one in read(tmp_path, {"Ticket": [ticket]})] == [""]


@pytest.mark.parametrize(("list_name", "sender"), [("Article", "SenderType"), ("articles", "sender")])
def test_messages_are_no_knowledge_articles(tmp_path: Path, list_name: str, sender: str) -> None:
    messages = [{"id": 1, sender: "customer", "body": "It stays."}, {"id": 2, sender: "agent", "body": "Oiled it"}]
    ticket = {"TicketNumber": "7", "Title": "Lift stuck", "Queue": "House", "State": "open", list_name: messages}
    ticket["DynamicField"] = [{"Name": "Category", "Value": "Lifts"}, {"Name": "Location", "Value": "Kiel"}]
    (one,) = read(tmp_path, {"Ticket": [ticket]})
    assert (one.description, one.articles, one.category, one.location) == ("It stays.", (), "Lifts", "Kiel")


def test_an_object_is_no_link_to_an_article(tmp_path: Path) -> None:
    export = 'Ticket#,Title,Queue,Article\n7,Lift,House,"[{""ArticleID"": 4}]"\n'
    assert [one.articles for one in read(tmp_path, export)] == [()]
    assert [one.articles for one in read(tmp_path, export.replace('"[{""ArticleID"": 4}]"', "KB4|KB9"))] == [
        ("KB4", "KB9")
    ]


def test_the_summary_of_a_tool_that_says_so_is_the_short_description(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "Key,Title,Summary,Status,Issue Type\nD-1,[D-1] Pump leaks,Pump leaks,Open,Bug\n")
    assert (one.short_description, one.description) == ("Pump leaks", "")


def test_an_issue_of_another_tool_keeps_its_number(tmp_path: Path) -> None:
    export = "Title,Description,Issue ID,State,Author,Assignee\nGate app slow,A minute,44,Open,Tilda Voss,Kim Ode\n"
    (one,) = read(tmp_path, export)
    assert (one.number, one.caller, one.assigned_to, one.stage) == ("44", "Tilda Voss", "Kim Ode", Stage.NEW)


def test_a_summary_below_a_title_is_the_description(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "ID,Title,Summary,Status\n7,Press jams,Jams when hot,Need More Info\n")
    assert (one.short_description, one.description, one.stage) == ("Press jams", "Jams when hot", Stage.WAITING)
    (one,) = read(tmp_path, "ID,Title,Summary,Details,Status\n7,Press,Press jams,Jams when hot,New\n")
    assert (one.short_description, one.description) == ("Press jams", "Jams when hot")


def test_a_person_is_called_by_both_names(tmp_path: Path) -> None:
    people = [{"id": 3, "firstname": "Tilda", "lastname": "Voss", "email": "t@x.example"}, {"email": "p@x.example"}]
    tickets = [{"id": number, "title": "Scale", "customer": person} for number, person in enumerate(people)]
    assert [one.caller for one in read(tmp_path, tickets)] == ["Tilda Voss", "p@x.example"]


def test_lists_that_people_keep_themselves(tmp_path: Path) -> None:
    (one,) = read(
        tmp_path,
        "N° dossier;Date création;Utilisateur affecté;Objet;Détail;Groupe résolveur;Etat;Date résolution;"
        "Commentaire de résolution\nD2;25/11/2024 15:45;Luc Petit;Portail;Reste fermé;Cour;Résolu;26/11/2024;Graissé\n",
    )
    assert (one.number, one.caller, one.short_description, one.description) == (
        "D2", "Luc Petit", "Portail", "Reste fermé",
    )  # fmt: skip
    assert (one.assignment_group, one.resolution, one.opened_at is not None, one.resolved_at is not None) == (
        "Cour", "Graissé", True, True,
    )  # fmt: skip
    (one,) = read(
        tmp_path,
        "Nº incidencia;Fecha creación;Usuario afectado;Título;Grupo responsable;Situación;Fecha resolución\n"
        "X1;25/11/2024 15:45;Luz Mora;Portón;Patio;En tramitación;\n",
    )
    assert (one.number, one.caller, one.assignment_group, one.stage, one.opened_at is not None) == (
        "X1", "Luz Mora", "Patio", Stage.IN_PROGRESS, True,
    )  # fmt: skip
    (one,) = read(
        tmp_path,
        "Lfd. Nr.;Meldung vom;Gemeldet durch;Kurztext;Bearbeitendes Team;Stand\n1;12.11.24;Voss;Tor laut;Hof;offen\n",
    )
    assert (one.number, one.caller, one.assignment_group, one.stage, one.opened_at is not None) == (
        "1", "Voss", "Hof", Stage.NEW, True,
    )  # fmt: skip


def test_a_formula_that_keeps_a_number_from_excel_is_the_number(tmp_path: Path) -> None:
    export = 'Ticket,Subject,Status\n="0012",Gate,Open\n"=""0013""",<a href="x">Lamp</a>,Closed\n'
    assert [(one.number, one.short_description) for one in read(tmp_path, export)] == [
        ("0012", "Gate"),
        ("0013", '<a href="x">Lamp</a>'),
    ]


def test_a_file_whose_tickets_have_no_number_says_so(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    for columns, told in (("Dossier,Objet,Statut", True), ("N° dossier,Objet,Statut", False)):
        path.write_text(f"{columns}\nD1,Portail,Clos\n", encoding="utf-8")
        notes = [str(one) for one in IncidentFile.open(path).read() if isinstance(one, Reject)]
        assert any("no column numbers the tickets" in note for note in notes) is told


@pytest.mark.parametrize(
    "header",
    [
        "Incident Ref,Headline,Narrative,Reported By,Assigned Queue,Date/Time Logged,Date/Time Resolved",
        "ID incident,Libellé,Description de la demande,Bénéficiaire,Équipe en charge,Date d'enregistrement,"
        "Date et heure de résolution",
        "ID de incidencia,Asunto,Detalle de la incidencia,Usuario final,Grupo de resolución,"
        "Fecha y hora de apertura,Fecha y hora de resolución",
        "Störungs-ID,Störungstitel,Störungsbeschreibung,Meldender,Lösungsteam,Eröffnungszeitpunkt,Lösungszeitpunkt",
    ],
)
def test_the_names_that_organisations_give(tmp_path: Path, header: str) -> None:
    (one,) = read(tmp_path, f"{header}\nE2,Gate,Does not open,Kern,Yard,2024-11-25 15:45,2024-11-26 10:00\n")
    assert (one.number, one.short_description, one.description) == ("E2", "Gate", "Does not open")
    assert (one.caller, one.assignment_group) == ("Kern", "Yard")
    assert (str(one.opened_at)[:16], str(one.resolved_at)[:16]) == ("2024-11-25 15:45", "2024-11-26 10:00")
