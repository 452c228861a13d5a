"""Files: the articles of a folder of pages, of one page, or of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from kb.importers.articles.asciidoc import asciidoc_to_markdown
from kb.importers.articles.facts import FactError, Read
from kb.importers.articles.html import read_html_page
from kb.importers.articles.pages import Page, attributes_of, markdown_page, read_page
from kb.importers.articles.restructured_text import restructured_text_to_markdown
from kb.importers.articles.tables import article_from_row
from kb.importers.articles.wiki import wiki_to_markdown
from kb.importers.encodings import decode
from kb.importers.tables import read_table
from kb.records.article import Article
from kb.records.clean_text import clean
from kb.records.markdown import LINES_LIMIT
from kb.records.rejects import Reject, RejectKind, UnreadableFileError

_FILE_LIMIT = 5_000_000
_NAMED_LIMIT = 3
_JSX = re.compile(
    r"^[ \t]*(?:import\s.+\sfrom\s.+|import\s+['\"].+|export\s.+|</?[A-Z][\w.]*[^<>]*>|\{/\*.*\*/\})[ \t]*$",
    re.MULTILINE,
)


def read_articles(path: Path) -> Iterator[Article | Reject]:
    """Yield the articles of a folder of pages, one page or a table, and a Reject for what is left out or noted.

    Raises UnreadableFileError where there is nothing to read at the path.
    """
    if path.is_dir():
        yield from _folder(path)
    elif path.suffix.lower() in _FORMATS and not (path.suffix.lower() == ".txt" and _is_table(path)):
        yield from _page_file(path, path.name)
    else:
        for row in read_table(path):
            if isinstance(row, Reject):
                yield row
                continue
            try:
                yield from _with_notes(article_from_row(row.values), row.file, row.number)
            except (FactError, ValueError) as error:
                yield _reject(row.file, row.number, error)


def count_articles(path: Path) -> int | None:
    """Return how many files `read_articles` will read, `None` where that is unknown beforehand."""
    return sum(1 for file in _files(path) if file.suffix.lower() in _FORMATS) if path.is_dir() else None


def _folder(folder: Path) -> Iterator[Article | Reject]:
    pages = left_out = 0
    unread: dict[str, list[str]] = {}
    root = folder.resolve()
    for file in _files(folder):
        place, suffix = file.relative_to(folder).as_posix(), file.suffix.lower()
        if not file.resolve().is_relative_to(root):
            left_out += 1
            yield _note(place, "is a link that leaves the folder, which is not followed: copy the file into it")
        elif suffix not in _FORMATS:
            unread.setdefault(suffix or "no ending", []).append(place)
        else:
            pages += 1
            yield from _page_file(file, place)
    for suffix, places in unread.items():
        named = ", ".join(places[:_NAMED_LIMIT]) + (", ..." if len(places) > _NAMED_LIMIT else "")
        count = "1 file is" if len(places) == 1 else f"{len(places):,} files are"
        reason = f"{count} left out ({named}): pages are {_ENDINGS}; import a table by its own name"
        yield _note(suffix, reason)
    if not pages and not left_out:
        raise UnreadableFileError(f"{folder}: holds no page ({_ENDINGS}); name the folder that does")


def _files(folder: Path) -> list[Path]:
    """Return the files below a folder in order, without hidden ones."""
    return sorted(
        file
        for file in folder.rglob("*")
        if (file.is_symlink() or file.is_file())
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _page_file(path: Path, source: str) -> Iterator[Article | Reject]:
    try:
        if path.stat().st_size > _FILE_LIMIT:
            yield Reject(source, None, None, f"larger than {_FILE_LIMIT // 1_000_000} MB: split it")
            return
        text = decode(path.read_bytes())
    except OSError as error:
        yield Reject(source, None, None, f"cannot be read ({error.strerror})")
        return
    if "\0" in text:
        yield Reject(source, None, None, "is binary, not text")
        return
    if text.count("\n") > LINES_LIMIT:
        yield Reject(source, None, None, f"has more than {LINES_LIMIT:,} lines: split it")
        return
    try:
        read = read_page(_FORMATS[path.suffix.lower()](clean(text)), source)
    except UnreadableFileError as error:
        yield Reject(source, None, "front matter", str(error))
    except (FactError, ValueError) as error:
        yield _reject(source, None, error)
    else:
        yield from _with_notes(read, source, None)


def _with_notes(read: Read, file: str, row: int | None) -> Iterator[Article | Reject]:
    yield read.article
    for column, note in read.notes:
        yield Reject(file, row, column, f"{read.article.id}: {note}", RejectKind.NOTE)


def _reject(file: str, row: int | None, error: FactError | ValueError) -> Reject:
    if isinstance(error, FactError):
        return Reject(file, row, error.fact, error.reason)
    return Reject(file, row, None, str(error))


def _note(place: str, reason: str) -> Reject:
    return Reject(place, None, None, reason, RejectKind.NOTE)


def _is_table(path: Path) -> bool:
    """Return whether a .txt file is a table: its first line names columns."""
    try:
        with path.open("rb") as file:
            first = decode(file.read(4096)).lstrip("\ufeff\n\r ").split("\n", maxsplit=1)[0]
    except OSError:
        return True
    return first.count("\t") > 0 or any(first.count(mark) > 1 for mark in ",;|")


def _html_page(text: str) -> Page:
    title, body = read_html_page(text)
    return Page(body, title)


def _mdx_page(text: str) -> Page:
    page = markdown_page(text)
    return Page(_JSX.sub("", page.body), matter=page.matter)


def _wiki_page(text: str) -> Page:
    page = markdown_page(text)
    return Page(wiki_to_markdown(page.body), matter=page.matter)


def _asciidoc_page(text: str) -> Page:
    return Page(asciidoc_to_markdown(text), matter=attributes_of(text))


def _restructured_text_page(text: str) -> Page:
    return Page(restructured_text_to_markdown(text), matter=attributes_of(text))


_FORMATS: Mapping[str, Callable[[str], Page]] = {
    ".md": markdown_page,
    ".markdown": markdown_page,
    ".mdx": _mdx_page,
    ".html": _html_page,
    ".htm": _html_page,
    ".xhtml": _html_page,
    ".rst": _restructured_text_page,
    ".adoc": _asciidoc_page,
    ".asciidoc": _asciidoc_page,
    ".txt": _wiki_page,
    ".wiki": _wiki_page,
    ".mediawiki": _wiki_page,
}
_ENDINGS = ", ".join(sorted(_FORMATS))
