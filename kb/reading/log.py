"""Log: the complaint around a pasted log or stack trace, with the line of the log that tells most."""

from __future__ import annotations

import re
from itertools import pairwise

from kb.reading.courtesies import says_something

_TIME = r"\d{1,2}:\d\d:\d\d"
_DATE = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3})[-/. ]\d{2,4}|[A-Z][a-z]{2} {1,2}\d{1,2})"
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|SEVERE|CRITICAL)"
# What stands before the message of a line: number, date, time and level.
_PART = rf"[\[(<]?(?:{_DATE}(?:[T ,]+\d{{1,2}}:\d\d(?::\d\d)?)?|{_TIME}|{_LEVEL}\b(?=[:\]\s]))[^\s\]]*[\])>]?[:,|\s]*"
_STAMP = re.compile(rf"^[ \t]*(?:{_PART})+(?:{_LEVEL}\b[:\]\s]*)?")
# A stamp has one of them: people write a day, or a day and hours and minutes, before what happened then.
_SECONDS_OR_LEVEL = re.compile(rf"{_TIME}|{_LEVEL}\b")
_FRAME = re.compile(
    r"""^[ \t]*(?:at [\w$.<>`]+[(\[ ]|File "[^"]*", line \d|Traceback \(most|Caused by: |\.\.\. \d+ (?:more|common)"""
    r"""|#\d+ +(?:0x|\w)|(?:0x)?[0-9a-f]{8,16}[: ]+(?:0x)?[0-9a-f]{2,}|goroutine \d+|[\w.$/]+\([\w.]+:\d+\)"""
    r"""|(?:[a-z]\w*\.){2,}\w+(?:Exception|Error)\b|\+ +(?:\w+Info +:|FullyQualifiedErrorId +:|~+)|At .*:\d+ char:\d+"""
    r"""|--- End of )"""
)
_FRAME_ONLY = re.compile(r"""^(?:at |File "|Traceback|\.\.\. )""")
_ERROR = re.compile(
    r"exception|error|fatal|fail|denied|refused|timed? ?out|cannot|could not|unable|not found|panic|fehler|verweigert"
    r"|erreur|échec|refusé|rechazad|denegad",
    re.IGNORECASE,
)
_ROOT = re.compile(r"caused by|\w(?:Exception|Error)\b", re.IGNORECASE)
# Lines from which a log is one: two may be a message that somebody copied.
_LEAST = 3
# Lines between two of a log that belong to it, such as the code that a stack trace quotes.
_GAP = 2
# Characters of a telling line that are read: a message and where it came from.
_TELLING_LIMIT = 300


def split_log(text: str) -> tuple[str, str]:
    """Return what a text says beside a pasted log, and the telling line of the log, "" without a log.

    A text that says nothing else says its telling line.
    """
    if text.count("\n") < _LEAST - 1:
        return text, ""
    lines = text.split("\n")
    of_log = [place for place, line in enumerate(lines) if _is_logged(line)]
    if len(of_log) < _LEAST:
        return text, ""
    logged = set(of_log)
    for before, after in pairwise(of_log):
        if after - before <= _GAP + 1:
            logged.update(range(before + 1, after))
    last = of_log[-1] + 1
    for place, line in enumerate(lines[last : last + _GAP], start=last):
        if _ROOT.search(line):  # Python writes the exception below the frames
            logged.update(range(last, place + 1))
    said = "\n".join(line for place, line in enumerate(lines) if place not in logged).strip()
    telling = _telling([lines[place] for place in sorted(logged)])
    if says_something(said):
        return said, telling
    # Lines with a time that name no error may be notes of what was done.
    return (telling if _ERROR.search(telling) else text), ""


def _is_logged(line: str) -> bool:
    if _FRAME.match(line):
        return True
    stamp = _STAMP.match(line)
    return stamp is not None and bool(_SECONDS_OR_LEVEL.search(stamp[0]))


def _telling(lines: list[str]) -> str:
    """The root cause, or the first line that names an error, or the last line."""
    messages = [_STAMP.sub("", line).strip() for line in lines]
    roots = [message for message in messages if _ROOT.search(message) and not _FRAME_ONLY.match(message)]
    errors = [message for message in messages if _ERROR.search(message) and not _FRAME_ONLY.match(message)]
    chosen = roots[-1] if roots else errors[0] if errors else messages[-1]
    return chosen[:_TELLING_LIMIT]
