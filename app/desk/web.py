"""The desk as a web application: that of Streamlit, made ready before the first visitor comes.

Its first answer tells the browser where to connect. Streamlit's own asks below the address of the page first, such as
`/articles/_stcore/health`, and waits for a tenth of a second before it looks beside it. It also brings `clicks.js`,
which sees to it that no click on a link is lost. And a page stays where a part of the page before speaks up late.
"""

from __future__ import annotations

import gc
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit.file_util import get_static_dir
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.starlette import App

import app.desk

# The health check comes before the connection, because its answer brings the cookie by which the desk knows a browser.
_CONNECT = "window.__streamlit = {BACKEND_BASE_URL: new URL('.', location.href).href};"


class _PageName(Convertor[str]):
    """The address of a page, which has no dot as those of Streamlit's files have."""

    regex = "[a-z_]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Runner(ScriptRunner):
    """Runs pages and their parts for a browser.

    A part may ask to run just as its page is left. Streamlit then announces the page that was left for a moment, at
    which the browser clears the page that it shows, and nothing draws that again.
    """

    def _run_script(self, rerun_data: RerunData) -> None:
        shown = get_script_run_ctx()
        is_part = bool(rerun_data.fragment_id_queue)
        if is_part and shown is not None and shown.page_script_hash != rerun_data.page_script_hash:
            rerun_data = replace(rerun_data, page_script_hash=shown.page_script_hash, query_string=shown.query_string)
        super()._run_script(rerun_data)


def _first_page() -> str:
    page = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    page = page.replace("<title>Streamlit</title>", "<title>triage</title>")
    clicks = (Path(__file__).parent / "clicks.js").read_text(encoding="utf-8")
    return page.replace("<head>", f"<head><script>{_CONNECT}\n{clicks}</script>", 1)


def _answer(_: Request) -> HTMLResponse:
    return HTMLResponse(_PAGE, headers={"cache-control": "no-cache"})


@asynccontextmanager
async def _loaded(_: App) -> AsyncIterator[None]:
    """Load the pages, and set what has been loaded aside from garbage collection.

    Streamlit collects garbage after each run of a page, which would take longer than most pages do.
    """
    import_module("pandas")  # which Streamlit loads when it shows its first table
    for module in pkgutil.iter_modules(app.desk.__path__):
        if module.name not in {"main", "web", "__main__"}:
            import_module(f"app.desk.{module.name}")
    gc.freeze()
    yield


_PAGE = _first_page()
vars(app_session)["ScriptRunner"] = _Runner
register_url_convertor("page", _PageName())
# the name by which `streamlit run` finds it
streamlit_app = App("main.py", lifespan=_loaded, routes=[Route("/{page:page}", _answer)])
