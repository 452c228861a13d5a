"""The desk's entry: Streamlit runs this file."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.desk import (
    api_keys,
    articles,
    board,
    coverage,
    data_quality,
    evaluation,
    imports,
    label_changes,
    major_incident,
    major_incidents,
    notifications,
    people,
    queue,
    results,
    tasks,
    ticket,
    trained_models,
    values,
)
from app.desk.language import _
from app.desk.shown_values import count_run
from app.desk.sign_in import let_in

# an icon of Streamlit's own would be fetched from its maker's servers
st.set_page_config(page_title="triage", page_icon=Path(__file__).parent / "icon.png", layout="wide")
count_run()
pages = {
    "queue": st.Page(queue.show, title=_("Queue"), icon=":material/inbox:", default=True),
    "queue_by_name": st.Page(queue.show, title=_("Queue"), url_path="queue", visibility="hidden"),
    "board": st.Page(board.show, title=_("Board"), icon=":material/view_kanban:", url_path="board"),
    "new": st.Page(ticket.show_new, title=_("New ticket"), icon=":material/edit_note:", url_path="new"),
    "ticket": st.Page(ticket.show, title=_("Ticket"), url_path="ticket", visibility="hidden"),
    "majors": st.Page(
        major_incidents.show, title=_("Major incidents"), icon=":material/crisis_alert:", url_path="majors"
    ),
    "major": st.Page(major_incident.show, title=_("Major incident"), url_path="major", visibility="hidden"),
    "articles": st.Page(articles.show, title=_("Articles"), icon=":material/menu_book:", url_path="articles"),
    "tasks": st.Page(tasks.show, title=_("Tasks"), icon=":material/checklist:", url_path="tasks"),
    "coverage": st.Page(coverage.show, title=_("Coverage"), icon=":material/bar_chart:", url_path="coverage"),
    "results": st.Page(results.show, title=_("Results"), icon=":material/monitor_heart:", url_path="results"),
    "evaluation": st.Page(evaluation.show, title=_("Evaluation"), icon=":material/query_stats:", url_path="evaluation"),
    "quality": st.Page(data_quality.show, title=_("Data quality"), icon=":material/troubleshoot:", url_path="quality"),
    "import": st.Page(imports.show, title=_("Import"), icon=":material/upload_file:", url_path="import"),
    "people": st.Page(people.show, title=_("People and roles"), icon=":material/group:", url_path="people"),
    "keys": st.Page(api_keys.show, title=_("API keys"), icon=":material/key:", url_path="keys"),
    "values": st.Page(values.show, title=_("Values"), icon=":material/list:", url_path="values"),
    "labels": st.Page(label_changes.show, title=_("Label changes"), icon=":material/new_label:", url_path="labels"),
    "notifications": st.Page(
        notifications.show, title=_("Notifications"), icon=":material/notifications:", url_path="notifications"
    ),
    "models": st.Page(trained_models.show, title=_("Models"), icon=":material/model_training:", url_path="models"),
}
sections = {
    _("Work"): ["queue", "queue_by_name", "board", "new", "majors", "ticket", "major"],
    _("Knowledge"): ["articles", "tasks", "coverage"],
    _("Insight"): ["results", "evaluation", "quality"],
    _("Set-up"): ["import", "people", "keys", "values", "labels", "notifications", "models"],
}
st.session_state["pages"] = pages
chosen = st.navigation(
    {section: [pages[name] for name in names] for section, names in sections.items()},
    expanded=True,
    position="sidebar" if (inside := let_in()) else "hidden",
)
if inside:
    chosen.run()
