"""reStructuredText: converts a page with docutils to Markdown; directives that only Sphinx knows stay as written."""

from __future__ import annotations

import textwrap

from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree
from docutils.utils import SystemMessage

from kb.importers.articles.html import html_to_markdown

_SETTINGS = {
    "file_insertion_enabled": False,  # a page reads no other file
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 1,  # every message stays in the document, since it contains what was not understood
    "halt_level": 5,
    "warning_stream": False,
    "embed_stylesheet": False,
    "stylesheet_path": [],
    "doctitle_xform": False,
    "initial_header_level": 1,
    "syntax_highlight": "none",
    "line_length_limit": 100_000,
    "output_encoding": "unicode",
}
# What docutils raises on malformed texts.
_CANNOT_READ = (
    SystemMessage, RecursionError, AssertionError, ValueError, TypeError, AttributeError, IndexError, KeyError
)  # fmt: skip


def restructured_text_to_markdown(text: str) -> str:
    """Return the Markdown of a text in reStructuredText; raises ValueError where docutils cannot read it."""
    try:
        document = publish_doctree(text, settings_overrides=_SETTINGS)
        for message in list(document.findall(nodes.system_message)):
            _keep_words(message)
        for unknown in list(document.findall(nodes.problematic)):
            unknown.parent.replace(unknown, nodes.Text(unknown.astext()))
        page = publish_from_doctree(document, writer="html5", settings_overrides=_SETTINGS)
    except _CANNOT_READ as error:
        raise ValueError(f"is not reStructuredText that can be read ({error!s:.100})") from None
    return html_to_markdown(page)


def _keep_words(message: nodes.system_message) -> None:
    """Replace the message about an unknown directive with the directive's content."""
    unknown = next(iter(message.findall(nodes.literal_block)), None)
    if unknown is None or not unknown.astext().startswith(".. "):
        message.parent.remove(message)
        return
    first, _, held = unknown.astext().partition("\n")
    rows = [row for row in textwrap.dedent(held).strip("\n").split("\n") if not row.startswith(":")]
    words = [first.partition("::")[2].strip(), *"\n".join(rows).split("\n\n")]
    message.replace_self([nodes.paragraph("", part) for part in words if part.strip()])
