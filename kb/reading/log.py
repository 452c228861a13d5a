"""Log: the complaint around a pasted log or stack trace, with the line of the log that tells most."""

from __future__ import annotations

import re
from itertools import pairwise

from kb.reading.courtesies import says_something

_TIME = r"\d{1,2}:\d\d:\d\d"
_DATE = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3})[-/. ]\d{2,4}|[A-Z][a-zä]{2} {1,2}\d{1,2})"
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|SEVERE|CRITICAL)"
# What stands before the message of a line: number, date, time and level.
_PART = rf"[\[(<]?(?:{_DATE}(?:[T ,]+\d{{1,2}}:\d\d(?::\d\d)?)?|{_TIME}|{_LEVEL}\b(?=[:\]\s]))[^\s\]]*[\])>]?[:,|\s]*"
_STAMP = re.compile(rf"^[ \t]*(?:{_PART})+(?:{_LEVEL}\b[:\]\s]*)?")
# A stamp has one of them: people write a day, or a day and hours and minutes, before what happened then.
_SECONDS_OR_LEVEL = re.compile(rf"{_TIME}|{_LEVEL}\b")
# How lines of web servers, syslog, glog, the kernel and programs that count seconds begin.
_HEAD = re.compile(
    rf"^[ \t]*(?:[\w.:-]{{1,80}}(?: \S+){{2,3}} \[\d{{1,2}}/[A-Z][a-z]{{2}}/\d{{4}}:{_TIME}[^\]]*\] ?"
    rf"|\[(?:[A-Z][a-z]{{2}} ){{2}} ?\d{{1,2}} {_TIME}[.\d]* \d{{4}}\][ ]?(?:\[[^\]]*\][ ]?)*"
    rf"|<\d{{1,3}}>(?:\d )?(?:{_DATE}[T ]{_TIME}\S* ?)?|[IWEF]\d{{4}} {_TIME}[.\d]* +(?:\d+ )?"
    rf"|\[?1\d{{9}}(?:[.,]\d{{1,9}}|\d{{3}})?\]?:? +\[?(?i:{_LEVEL})\b\W*|\[ *\d+\.\d{{6}}\] "
    rf"|[\w.-]{{1,60}} +\| +(?={_DATE}[T ]{_TIME}))"  # Docker: the container first
)
# Lines of named values, in JSON or as `level=error msg="tray jammed"`.
_VALUES = re.compile(
    r"""^[ \t]*(?:\{.*"(?:@?time(?:stamp)?|ts|level|severity|msg|message)" *:.*\},?\s*$|(?:time|ts|level)=\S+ +\w+=)"""
)
_MESSAGE = re.compile(r"""^.*?\b(?:msg|message)(?:" *: *|=)"((?:[^"\\]|\\.)*)".*$""")
# Lines of stack traces, by language.
_FRAMES = (
    r"at (?:async |new )?\S+\(|at (?:[\w$<>`/]+\.)+[\w$<>`\[\]]+\s|at \S+ (?:\[as \w+\] )?\(\S*:\d+",
    r"at (?:async )?\S*[/\\.]\S*:\d+|[\w.$/]+\([\w.]+:\d+\)|Caused by: |\.\.\. \d+ (?:more|common)",
    r"(?:bei|à|en) (?:[\w<>`+]+\.)+[\w<>`\[\],.]+\(|--- (?:End of|Ende der|Fin de) ",
    r"(?:[a-z]\w*\.){2,}\w+(?:Exception|Error)\b|(?:[A-Za-z]\w*\.)+\w+(?:Exception|Error): ",
    r'File "[^"]*", line \d|Traceback \(most|goroutine \d+|PHP \w+ error: ',
    r"#\d+ +(?:0x|\S+\(\d+\): |\[internal function\]|\{main\}|\S+ ?\(.*\) (?:at|from|in) )",
    r"(?:0x)?[0-9a-f]{8,16}[: ]+(?:0x)?[0-9a-f]{2,}",
    r"\+ +(?:\w+Info +:|FullyQualifiedErrorId +:|~+)|At .*:\d+ char:\d+",
)
_FRAME = re.compile(rf"^[ \t]*(?:{'|'.join(_FRAMES)})")
_FRAME_ONLY = re.compile(r"""^(?:at |(?:bei|à|en) \S+\(|#\d|File "|Traceback|\.\.\. )""")
# What ping and traceroute print, in the languages of Windows.
_PING = re.compile(
    r"^[ \t]*(?:PING \S+ |Pinging |Ping wird ausgeführt für|Envoi d.une requête|Haciendo ping a|\d+ bytes from "
    r"|(?:Reply from|Antwort von|Réponse de|Respuesta desde) \S+ ?:|From \S+ icmp_seq|Request timeout for icmp"
    r"|Request timed out|Zeitüberschreitung der Anforderung|Délai d.attente de la demande|Tiempo de espera agotado"
    r"|Ping statistics|Ping-Statistik|Statistiques Ping|Estadísticas de ping|--- \S+ ping statistics|\d+ packets transm"
    r"|(?:Packets|Pakete|Paquets|Paquetes) ?: |\(\d+ ?% |rtt min|round-trip min|Approximate round|Ca\. Zeitangaben"
    r"|Durée approximative|Tiempos aproximados|M[ií]nimum = |Mínimo = |\d+ +(?:(?:<?\d+ ms|\*) +){3})"
)
_ERROR = re.compile(
    r"exception|error|fatal|fail|denied|refused|timed? ?out|cannot|could not|unable|not found|panic|unreachable|fehler"
    r"|verweigert|nicht erreichbar|zeitüberschreitung|erreur|échec|refusé|dépassé|rechazad|denegad|agotado|^E\d{4} "
    r"""|" [45]\d\d """,
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
    if any(form.match(line) for form in (_FRAME, _HEAD, _VALUES, _PING)):
        return True
    stamp = _STAMP.match(line)
    return stamp is not None and bool(_SECONDS_OR_LEVEL.search(stamp[0]))


def _telling(lines: list[str]) -> str:
    """Return the root cause, or the first line that names an error, or the last line."""
    messages = [(line, _message(line)) for line in lines]
    told = [(line, message) for line, message in messages if not _FRAME_ONLY.match(message)]
    roots = [message for _, message in told if _ROOT.search(message)]
    errors = [message for line, message in told if _ERROR.search(line)]
    chosen = roots[-1] if roots else errors[0] if errors else messages[-1][1]
    return chosen[:_TELLING_LIMIT]


def _message(line: str) -> str:
    if _VALUES.match(line):
        return _MESSAGE.sub(r"\1", line).strip()
    return _STAMP.sub("", _HEAD.sub("", line)).strip()
