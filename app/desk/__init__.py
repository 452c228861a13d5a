"""The desk: Streamlit pages, a client of the HTTP API."""
