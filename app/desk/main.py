"""The desk's entry: Streamlit runs this file."""

from __future__ import annotations

import streamlit as st

from app.desk import health, knowledge, measures, new_ticket, review, worklist
from app.desk.sign_in import let_in

st.set_page_config(page_title="triage", page_icon=":material/support_agent:", layout="wide")
pages = {
    "new": st.Page(new_ticket.show, title="New ticket", icon=":material/edit_note:", url_path="new", default=True),
    "review": st.Page(review.show, title="Review", icon=":material/rule:", url_path="review"),
    "knowledge": st.Page(knowledge.show, title="Knowledge", icon=":material/menu_book:", url_path="knowledge"),
    "worklist": st.Page(worklist.show, title="Worklist", icon=":material/checklist:", url_path="worklist"),
    "measures": st.Page(measures.show, title="Measures", icon=":material/bar_chart:", url_path="measures"),
    "health": st.Page(health.show, title="Health", icon=":material/monitor_heart:", url_path="health"),
}
st.session_state["pages"] = pages
chosen = st.navigation(list(pages.values()), position="sidebar" if (inside := let_in()) else "hidden")
if inside:
    chosen.run()
