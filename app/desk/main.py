"""The desk's entry: Streamlit runs this file."""

from __future__ import annotations

import streamlit as st

from app.desk import health, knowledge, new_ticket, review

st.set_page_config(page_title="triage", page_icon=":material/support_agent:", layout="wide")
st.navigation(
    [
        st.Page(new_ticket.show, title="New ticket", icon=":material/edit_note:", url_path="new", default=True),
        st.Page(review.show, title="Review", icon=":material/rule:", url_path="review"),
        st.Page(knowledge.show, title="Knowledge", icon=":material/menu_book:", url_path="knowledge"),
        st.Page(health.show, title="Health", icon=":material/monitor_heart:", url_path="health"),
    ]
).run()
