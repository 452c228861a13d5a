"""`python -m app.desk` is Streamlit, except that it ends with the process that started it, and quickly."""

import atexit
import gc

from streamlit.web.cli import main

from app.parent import parent

atexit.register(gc.freeze)
if (waiting := parent()) is not None:
    waiting.end_together()
main(prog_name="streamlit")
