"""Columns of ticket tools: the lists and the APIs of each, in four languages, none taken for what it is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kb.records.columns import map_columns
from kb.vocabulary.column_name import name_key
from kb.vocabulary.tool import Tool, read_tools

FURTHER = "-"
"""Stands for a column that is no field of ours."""

EXPORTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "servicenow list": (
        "ServiceNow",
        {
            "Number": "number",
            "Short description": "short_description",
            "Opened": "opened_at",
            "Caller": "caller",
            "Assignment group": "assignment_group",
            "Work notes": FURTHER,
            "Close notes": "resolution",
            "sys_id": FURTHER,
        },
    ),
    "servicenow german": (
        "ServiceNow",
        {
            "Nummer": "number",
            "Kurzbeschreibung": "short_description",
            "Zuweisungsgruppe": "assignment_group",
            "Anrufer": "caller",
            "Status": "state",
            "Geöffnet": "opened_at",
            "Lösungsnotizen": "resolution",
            "Arbeitsnotizen": FURTHER,
        },
    ),
    "servicenow api": (
        "ServiceNow",
        {
            "number": "number",
            "short_description": "short_description",
            "caller_id": "caller",
            "cmdb_ci": "configuration_item",
            "contact_type": "channel",
            "comments": FURTHER,
            "sys_created_on": "opened_at",
            "reopen_count": "reopen_count",
        },
    ),
    "jira list": (
        "Jira Service Management",
        {
            "Issue key": "number",
            "Summary": "short_description",
            "Status": "state",
            "Reporter": "caller",
            "Assignee": "assigned_to",
            "Created": "opened_at",
            "Comment": FURTHER,
            "Description": "description",
            "Custom field (Impact)": "impact",
        },
    ),
    "jira german": (
        "Jira Service Management",
        {
            "Vorgangsschlüssel": "number",
            "Zusammenfassung": "short_description",
            "Autor": "caller",
            "Erstellt": "opened_at",
            "Erledigt": "resolved_at",
            "Priorität": "priority",
            "Kommentar": FURTHER,
            "Beschreibung": "description",
        },
    ),
    "jira api": (
        "Jira Service Management",
        {
            "key": "number",
            "fields.summary": "short_description",
            "fields.description": "description",
            "fields.status.name": "state",
            "fields.resolutiondate": "resolved_at",
            "fields.comment": FURTHER,
        },
    ),
    "zendesk list": (
        "Zendesk",
        {
            "ID": "number",
            "Subject": "short_description",
            "Requester": "caller",
            "Solved at": "resolved_at",
            "Group": "assignment_group",
            "Latest comment": FURTHER,
            "Satisfaction Score": FURTHER,
        },
    ),
    "zendesk api": (
        "Zendesk",
        {
            "id": "number",
            "raw_subject": "short_description",
            "description": "description",
            "created_at": "opened_at",
            "via": "channel",
            "requester_id": "caller",
            "type": FURTHER,
            "group_id": "assignment_group",
        },
    ),
    "freshservice list": (
        "Freshservice",
        {
            "Ticket ID": "number",
            "Subject": "short_description",
            "Sub-Category": "subcategory",
            "Created Time": "opened_at",
            "Resolved Time": "resolved_at",
            "Agent interactions": FURTHER,
            "Requester Name": "caller",
            "Type": FURTHER,
        },
    ),
    "freshservice api": (
        "Freshservice",
        {
            "id": "number",
            "subject": "short_description",
            "description_text": "description",
            "responder_id": "assigned_to",
            "fr_due_by": FURTHER,
            "sub_category": "subcategory",
            "created_at": "opened_at",
            "source": "channel",
        },
    ),
    "glpi french": (
        "GLPI",
        {
            "ID": "number",
            "Titre": "short_description",
            "Statut": "state",
            "Date d'ouverture": "opened_at",
            "Demandeur - Demandeur": "caller",
            "Attribué à - Technicien": "assigned_to",
            "Attribué à - Groupe de techniciens": "assignment_group",
            "Catégorie": "category",
            "Lieu": "location",
        },
    ),
    "glpi german": (
        "GLPI",
        {
            "ID": "number",
            "Titel": "short_description",
            "Eröffnungsdatum": "opened_at",
            "Anfragesteller - Anfragesteller": "caller",
            "Zugewiesen an - Technikergruppe": "assignment_group",
            "Beschreibung": "description",
            "Lösungsdatum": "resolved_at",
        },
    ),
    "glpi api": (
        "GLPI",
        {
            "id": "number",
            "name": "short_description",
            "content": "description",
            "date": "opened_at",
            "solvedate": "resolved_at",
            "itilcategories_id": "category",
            "type": FURTHER,
            "entities_id": FURTHER,
        },
    ),
    "zammad list": (
        "Zammad",
        {
            "Number": "number",
            "Title": "short_description",
            "Customer": "caller",
            "Group": "assignment_group",
            "article_count": FURTHER,
            "create_article_type": "channel",
            "Owner": "assigned_to",
        },
    ),
    "zammad api": (
        "Zammad",
        {
            "id": FURTHER,
            "number": "number",
            "title": "short_description",
            "state_id": "state",
            "group_id": "assignment_group",
            "priority_id": "priority",
            "customer_id": "caller",
            "close_at": "closed_at",
            "last_contact_at": FURTHER,
        },
    ),
    "otrs list": (
        "OTRS",
        {
            "Ticket#": "number",
            "Age": FURTHER,
            "Queue": "assignment_group",
            "Lock": FURTHER,
            "CustomerID": FURTHER,
            "Customer User": "caller",
            "Title": "short_description",
            "Created": "opened_at",
            "Owner": "assigned_to",
        },
    ),
    "otrs spanish": (
        "OTRS",
        {
            "Número de Ticket": "number",
            "Cola": "assignment_group",
            "Título": "short_description",
            "Estado": "state",
            "Bloqueo": FURTHER,
            "Prioridad": "priority",
            "Creado": "opened_at",
        },
    ),
    "otrs articles": (
        "OTRS",
        {
            "TicketNumber": "number",
            "Title": "short_description",
            "SenderType": FURTHER,
            "Body": "description",
            "QueueName": "assignment_group",
            "From": "caller",
        },
    ),
    "request tracker list": (
        "Request Tracker",
        {
            "id": "number",
            "Subject": "short_description",
            "QueueName": "assignment_group",
            "Requestors": "caller",
            "Owner": "assigned_to",
            "LastUpdatedRelative": FURTHER,
            "CF.{Category}": "category",
            "Resolved": "resolved_at",
        },
    ),
    "request tracker api": (
        "Request Tracker",
        {
            "id": "number",
            "Subject": "short_description",
            "Queue": "assignment_group",
            "Requestor": "caller",
            "Owner": "assigned_to",
            "Status": "state",
            "Started": "assigned_at",
            "TimeWorked": FURTHER,
        },
    ),
    "itop export": (
        "iTop",
        {
            "ref": "number",
            "title": "short_description",
            "caller_id->friendlyname": "caller",
            "team_id->name": "assignment_group",
            "servicesubcategory_id->friendlyname": "subcategory",
            "start_date": "opened_at",
            "private_log": FURTHER,
            "origin": "channel",
        },
    ),
    "itop french": (
        "iTop",
        {
            "Référence": "number",
            "Titre": "short_description",
            "Demandeur->Nom complet": "caller",
            "Équipe->Nom complet": "assignment_group",
            "Date de début": "opened_at",
            "Journal privé": FURTHER,
        },
    ),
    "osticket list": (
        "osTicket",
        {
            "Ticket Number": "number",
            "Date Created": "opened_at",
            "Subject": "short_description",
            "From": "caller",
            "From Email": FURTHER,
            "Department": "assignment_group",
            "Help Topic": "category",
            "Current Status": "state",
            "Agent Assigned": "assigned_to",
        },
    ),
    "osticket database": (
        "osTicket",
        {
            "ticket_id": FURTHER,
            "number": "number",
            "subject": "short_description",
            "help_topic": "category",
            "isanswered": FURTHER,
            "closed": "closed_at",
            "created": "opened_at",
            "lastresponse": FURTHER,
        },
    ),
    "servicedesk plus list": (
        "ManageEngine ServiceDesk Plus",
        {
            "RequestID": "number",
            "Subject": "short_description",
            "Requester": "caller",
            "Technician": "assigned_to",
            "Group": "assignment_group",
            "Request Status": "state",
            "Created Time": "opened_at",
            "Completed Time": "closed_at",
            "Site": "location",
        },
    ),
    "servicedesk plus api": (
        "ManageEngine ServiceDesk Plus",
        {
            "display_id": "number",
            "subject": "short_description",
            "requester.name": "caller",
            "technician": "assigned_to",
            "created_time": "opened_at",
            "resolution.content": "resolution",
            "mode": "channel",
            "status.name": "state",
        },
    ),
    "remedy list": (
        "BMC Helix ITSM",
        {
            "Incident ID*+": "number",
            "Summary*": "short_description",
            "Notes": "description",
            "Customer*+": "caller",
            "Assigned Group*+": "assignment_group",
            "Assignee+": "assigned_to",
            "Status*": "state",
            "Status Reason": FURTHER,
            "Reported Date+": "opened_at",
            "Last Resolved Date": "resolved_at",
        },
    ),
    "remedy api": (
        "BMC Helix ITSM",
        {
            "Incident Number": "number",
            "Description": "short_description",
            "Detailed Decription": "description",
            "Assigned Group": "assignment_group",
            "Reported Source": "channel",
            "Status_Reason": FURTHER,
            "Submit Date": "opened_at",
        },
    ),
    "topdesk list": (
        "TOPdesk",
        {
            "Call number": "number",
            "Brief description": "short_description",
            "Request": "description",
            "Operator group": "assignment_group",
            "Operator": "assigned_to",
            "Processing status": "state",
            "Call date": "opened_at",
            "Action": FURTHER,
        },
    ),
    "topdesk api": (
        "TOPdesk",
        {
            "number": "number",
            "briefDescription": "short_description",
            "request": "description",
            "operatorGroup.name": "assignment_group",
            "callerBranch.name": FURTHER,
            "processingStatus.name": "state",
            "status": FURTHER,
            "closed": FURTHER,
            "closedDate": "closed_at",
            "entryType": "channel",
        },
    ),
    "haloitsm list": (
        "HaloITSM",
        {
            "Ticket ID": "number",
            "Summary": "short_description",
            "Details": "description",
            "Date Occurred": "opened_at",
            "User": "caller",
            "Team": "assignment_group",
            "Agent": "assigned_to",
            "Status": "state",
        },
    ),
    "haloitsm api": (
        "HaloITSM",
        {
            "id": "number",
            "summary": "short_description",
            "details": "description",
            "dateoccurred": "opened_at",
            "user_name": "caller",
            "team": "assignment_group",
            "category_1": "category",
            "tickettype_id": FURTHER,
            "client_name": FURTHER,
        },
    ),
    "ivanti list": (
        "Ivanti Neurons for ITSM",
        {
            "Incident ID": "number",
            "Subject": "short_description",
            "Symptom": "description",
            "Owner": "assigned_to",
            "Owner Team": "assignment_group",
            "Customer": "caller",
            "Created On": "opened_at",
            "Resolved On": "resolved_at",
        },
    ),
    "ivanti api": (
        "Ivanti Neurons for ITSM",
        {
            "RecId": FURTHER,
            "IncidentNumber": "number",
            "Subject": "short_description",
            "OwnerTeam": "assignment_group",
            "ProfileFullName": "caller",
            "CreatedDateTime": "opened_at",
            "ClosedDateTime": "closed_at",
            "Source": "channel",
        },
    ),
    "cherwell list": (
        "Cherwell Service Management",
        {
            "Incident ID": "number",
            "Short Description": "short_description",
            "Customer Display Name": "caller",
            "Owned By": "assigned_to",
            "Owned By Team": "assignment_group",
            "Created Date Time": "opened_at",
            "Close Description": "resolution",
        },
    ),
    "cherwell api": (
        "Cherwell Service Management",
        {
            "IncidentID": "number",
            "ShortDescription": "short_description",
            "OwnedByTeam": "assignment_group",
            "OwnedBy": "assigned_to",
            "LastModDateTime": FURTHER,
            "SubCategory": "subcategory",
            "JournalNotes": FURTHER,
            "ResolvedDateTime": "resolved_at",
        },
    ),
    "sysaid list": (
        "SysAid",
        {
            "SR#": "number",
            "Title": "short_description",
            "Main Category": "category",
            "Sub-Category": "subcategory",
            "Third Level Category": FURTHER,
            "Request user": "caller",
            "Admin group": "assignment_group",
            "Request time": "opened_at",
            "Notes": FURTHER,
        },
    ),
    "sysaid api": (
        "SysAid",
        {
            "id": "number",
            "title": "short_description",
            "problem_type": "category",
            "problem_sub_type": "subcategory",
            "responsibility": "assigned_to",
            "assigned_group": "assignment_group",
            "request_user": "caller",
            "insert_time": "opened_at",
            "close_time": "closed_at",
        },
    ),
    "spiceworks list": (
        "Spiceworks",
        {
            "Ticket Number": "number",
            "Summary": "short_description",
            "Organization": FURTHER,
            "Creator": "caller",
            "Assignee": "assigned_to",
            "Created On": "opened_at",
            "Closed On": "closed_at",
            "Latest Comment": FURTHER,
        },
    ),
    "spiceworks database": (
        "Spiceworks",
        {
            "id": "number",
            "summary": "short_description",
            "created_by": "caller",
            "assigned_to": "assigned_to",
            "due_at": FURTHER,
            "c_location": "location",
            "closed_at": "closed_at",
            "comments": FURTHER,
        },
    ),
    "dynamics list": (
        "Dynamics 365",
        {
            "Case Number": "number",
            "Case Title": "short_description",
            "Subject": "category",
            "Description": "description",
            "Status": "state",
            "Status Reason": FURTHER,
            "Customer": "caller",
            "Owner": "assigned_to",
            "Created On": "opened_at",
        },
    ),
    "dynamics web api": (
        "Dynamics 365",
        {
            "ticketnumber": "number",
            "title": "short_description",
            "_subjectid_value": "category",
            "statecode": "state",
            "statuscode": FURTHER,
            "prioritycode": "priority",
            "caseorigincode": "channel",
            "_customerid_value": "caller",
            "createdon": "opened_at",
            "incidentid": FURTHER,
        },
    ),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_columns_of_a_tool_are_its_fields(export: str) -> None:
    tool, expected = EXPORTS[export]
    mapped = map_columns(expected)
    assert mapped.tool is not None
    assert mapped.tool.name == tool
    assert dict(mapped.column_of) == {field: column for column, field in expected.items() if field != FURTHER}


def test_every_tool_is_tried_in_two_forms() -> None:
    tried = [tool for tool, _ in EXPORTS.values()]
    assert all(tried.count(tool.name) >= 2 for tool in read_tools() if tool.telltale)


@pytest.mark.parametrize("tool", read_tools(), ids=lambda tool: tool.name)
def test_a_name_means_one_thing_with_each_tool(tool: Tool) -> None:
    fields_of: dict[str, set[str]] = {}
    for field, names in tool.columns.items():
        for name in names:
            fields_of.setdefault(name_key(name), set()).add(field)
    for name in tool.further:
        fields_of.setdefault(name_key(name), set()).add(FURTHER)
    assert {name: fields for name, fields in fields_of.items() if len(fields) > 1} == {}


@pytest.mark.parametrize(
    "column",
    [
        "Comment",
        "comments",
        "Work notes",
        "Kommentar",
        "Commentaires",
        "Comentario",
        "Journal",
        "Latest reply",
        "Agent response",
        "Conversation",
        "Suivis",
        "Notizen",
        "Activity log",
        "Public comment",
        "Last note",
    ],
)
def test_what_agents_wrote_is_no_description(column: str) -> None:
    assert "description" not in map_columns(["Ticket ID", "Subject", column]).column_of


def test_a_name_that_tools_use_for_two_things_counts_for_none_of_them() -> None:
    mapped = map_columns(["Subject", "Notes"])
    assert "description" not in mapped.column_of


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Assigned Grp", "assignment_group"),
        ("Prio", "priority"),
        ("Catgory", "category"),
        ("Support Group L2", "assignment_group"),
        ("Locaton", "location"),
        ("Categories", "category"),
        ("Prioridades", "priority"),
        ("Équipes", "assignment_group"),
        ("Lieux", "location"),
    ],
)
def test_a_column_that_resembles_a_field_is_named_and_not_taken(column: str, field: str) -> None:
    mapped = map_columns(["Subject", column])
    assert field not in mapped.column_of
    assert [(doubt.column, doubt.field) for doubt in mapped.doubts] == [(column, field)]


@pytest.mark.parametrize("column", ["Closed by", "Due date", "First response time", "Comment count", "Xyz", "Tags"])
def test_a_column_that_is_another_thing_resembles_nothing(column: str) -> None:
    assert map_columns(["Subject", column]).doubts == ()


@pytest.mark.parametrize("column", ["Área", "area", "Áreas", "Área de trabajo"])
def test_a_word_that_may_mean_several_fields_is_named_for_one_that_has_no_column(column: str) -> None:
    def doubted(*others: str) -> list[tuple[str, str]]:
        return [(doubt.field, doubt.reason) for doubt in map_columns(["Asunto", *others, column]).doubts]

    assert doubted() == [("category", "its name may mean something else")]
    assert doubted("Categoría") == [("assignment_group", "its name may mean something else")]
    assert doubted("Categoría", "Grupo", "Sede") == []


def test_a_second_column_of_a_field_is_named() -> None:
    (doubt,) = map_columns(["Subject", "Group", "Team"]).doubts
    assert (doubt.column, doubt.field, doubt.reason) == ("Team", "assignment_group", "Group was taken for it")
