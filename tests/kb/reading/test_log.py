from time import perf_counter

import pytest

from kb.reading.log import split_log

_SAID = "The night import of invoices stops."
_JAVA = """java.lang.IllegalStateException: import stopped
\tat com.example.Import.run(Import.java:40)
\tat com.example.Main.main(Main.java:7)
Caused by: java.sql.SQLException: table invoices is locked
\tat com.example.Db.lock(Db.java:12)
\t... 2 more"""
_PYTHON = """Traceback (most recent call last):
  File "/opt/import.py", line 3, in <module>
    run()
  File "/opt/import.py", line 9, in run
    books[key]
KeyError: 'invoices'"""
_SERVER = "\n".join(f"2026-05-04 02:00:{second:02} INFO read file {second}" for second in range(40))
_SYSLOG = "May  4 02:00:01 host sshd[7]: start\nMay  4 02:00:02 host sshd[7]: access denied for ana\n" * 2


_POWERSHELL = """At C:\\jobs\\import.ps1:3 char:1
+ Get-Item Z:\\invoices
+ ~~~~~~~~~~~~~~~~~~~~
    + CategoryInfo          : ObjectNotFound: (Z:\\invoices:String) [Get-Item], ItemNotFoundException
    + FullyQualifiedErrorId : PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand"""


def _lines(line: str, *rest: str) -> str:
    return "\n".join([*(line.format(second=second) for second in range(8)), *rest])


@pytest.mark.parametrize(
    ("log", "telling"),
    [
        (
            _lines(
                '10.0.0.1 - - [04/May/2026:09:15:0{second} +0200] "GET /a HTTP/1.1" 200 12 "-" "curl"',
                '10.0.0.1 - ana [04/May/2026:09:15:09 +0200] "POST /invoices HTTP/1.1" 502 7',
            ),
            '"POST /invoices HTTP/1.1" 502 7',
        ),
        (
            _lines(
                "[Mon May 04 09:15:0{second} 2026] [notice] child {second} started",
                "[Mon May 04 09:15:09 2026] [error] [client 10.0.0.1] invoices is locked",
            ),
            "invoices is locked",
        ),
        (
            _lines(
                "<13>1 2026-05-04T09:15:0{second}Z host import 7 - - read", "<11>May  4 09:15:09 host import: failed"
            ),
            "host import: failed",
        ),
        (
            _lines(
                '{{"ts":"2026-05-04T09:15:0{second}Z","level":"info","msg":"read {second}"}}',
                '{"ts":"2026-05-04T09:15:09Z","level":"error","msg":"invoices is locked","job":7}',
            ),
            "invoices is locked",
        ),
        (_lines("170954370{second}.001 INFO read", "1709543709.001 ERROR invoices is locked"), "invoices is locked"),
        (
            _lines("I0504 09:15:00.{second} 12 a.go:3] read", "E0504 09:15:01.0 12 a.go:9] invoices is locked"),
            "a.go:9] invoices is locked",
        ),
        (
            _lines("[  12.00000{second}] usb 1-1: read", "[  13.000000] usb 1-1: device error -71"),
            "usb 1-1: device error -71",
        ),
        (
            "PING host (10.0.0.1) 56(84) bytes of data.\n"
            + _lines("64 bytes from 10.0.0.1: icmp_seq={second} ttl=64", "From 10.0.0.9 icmp_seq=9 Host Unreachable"),
            "From 10.0.0.9 icmp_seq=9 Host Unreachable",
        ),
        (
            "Ping wird ausgeführt für host [10.0.0.1] mit 32 Bytes Daten:\n"
            + _lines("Antwort von 10.0.0.1: Bytes=32 Zeit={second}ms", "Zeitüberschreitung der Anforderung.")
            + "\n\nPing-Statistik für 10.0.0.1:\n    Pakete: Gesendet = 9, Empfangen = 8\n    (11% Verlust),",
            "Zeitüberschreitung der Anforderung.",
        ),
        (
            _lines("Réponse de 10.0.0.1 : octets=32", "Délai d’attente de la demande dépassé."),
            "Délai d’attente de la demande dépassé.",
        ),
        (_lines("Respuesta desde 10.0.0.1: bytes=32", "Tiempo de espera agotado."), "Tiempo de espera agotado."),
        (
            "Acme.LedgerException: Die Tabelle ist gesperrt.\n"
            + _lines("   bei Acme.Import.Run{second}(String a) in C:\\a.cs:Zeile 1{second}."),
            "Acme.LedgerException: Die Tabelle ist gesperrt.",
        ),
        (
            "Acme.LedgerException: La table est verrouillée.\n"
            + _lines("   à Acme.Import.Run{second}() dans C:\\a.cs:ligne 1"),
            "Acme.LedgerException: La table est verrouillée.",
        ),
        (
            "Acme.LedgerException: La tabla está bloqueada.\n"
            + _lines("   en Acme.Import.Run{second}() en C:\\a.cs:línea 1"),
            "Acme.LedgerException: La tabla está bloqueada.",
        ),
        (
            "PHP Fatal error:  Uncaught LedgerException: locked in /a.php:3\nStack trace:\n"
            + _lines("#{second} /var/a.php(1{second}): run()", "#8 {main}"),
            "PHP Fatal error:  Uncaught LedgerException: locked in /a.php:3",
        ),
        (_lines("    at run{second} (/srv/a.js:1{second}:3)", "    at async /srv/a.js:3:1"), "at async /srv/a.js:3:1"),
    ],
)
def test_reads_the_logs_of_many_programs(log: str, telling: str) -> None:
    assert split_log(f"{log}\n\n{_SAID}") == (_SAID, telling)
    assert split_log(f"{_SAID}\n\n{log}") == (_SAID, telling)


@pytest.mark.parametrize(
    ("log", "telling"),
    [
        (
            _POWERSHELL,
            "+ CategoryInfo          : ObjectNotFound: (Z:\\invoices:String) [Get-Item], ItemNotFoundException",
        ),
        (_JAVA, "Caused by: java.sql.SQLException: table invoices is locked"),
        (_PYTHON, "KeyError: 'invoices'"),
        (f"{_SERVER}\n[2026-05-04T02:01:00Z] ERROR disk full, cannot write", "disk full, cannot write"),
        ("2026-05-04 02:00 INFO start\n2026-05-04 02:01 INFO read\n2026-05-04 02:02 ERROR disk full", "disk full"),
        (_SYSLOG, "host sshd[7]: access denied for ana"),
    ],
)
def test_reads_the_complaint_and_the_telling_line(log: str, telling: str) -> None:
    assert split_log(f"{_SAID}\n\n{log}") == (_SAID, telling)
    assert split_log(f"{log}\n\n{_SAID}") == (_SAID, telling)


def test_a_log_alone_says_its_telling_line() -> None:
    assert split_log(_PYTHON) == ("KeyError: 'invoices'", "")
    assert split_log(f"Hello,\n{_PYTHON}\n\nPlease help") == ("KeyError: 'invoices'", "")


@pytest.mark.parametrize(
    "text",
    [
        _SAID,
        "It says: ERROR 404 not found\nSince 2026-05-04\nin every browser",
        "Happened at 02:00\nat home\nat work\nat the hotel",
        "04.03.2026 scanner fällt aus\n05.03.2026 kein Signal\n06.03.2026 geht nicht\n\nBitte um Hilfe",
        "2026-03-04: scanner beeped twice\n2026-03-05: beeped again\n2026-03-06: dead\nWhat should we do?",
        "04/03/2026 9:15 le scanner tombe\n05/03/2026 10:00 il bipe\n06/03/2026 11:30 plus rien\nMerci",
        "3 Mar 2026 - el escáner pita\n4 Mar 2026 - no enciende\n5 Mar 2026 - nada\n¿Qué hacemos?",
        "Mar 3 scanner beeps\nMar 4 scanner is silent\nMar 5 scanner is dead",
        "at 10:30 it beeps\nat 11:00 it is silent\nat 12:15 it works",
        "at home it beeps\nat work it is silent\nat the hotel it works",
        "#1 scanner beeps\n#2 printer is silent\n#3 no power",
        "bei mir piept es\nbei Ana (Halle 4) nicht\nbei den anderen auch nicht",
        "en Madrid pita\nen Sevilla no enciende\nen casa funciona",
        "1709543700 scanner\n1709543701 printer\n1709543702 beamer\nplease replace them",
        "1. open the app\n2. sign in\n3. wait\n4. it closes",
    ],
)
def test_a_text_without_a_log_stays(text: str) -> None:
    assert split_log(text) == (text, "")


@pytest.mark.parametrize(
    "line",
    ["2026-05-04 02:00:00 ", "at a", "12:00:00", "May  4 ", '{"ts":', "#1 a(", "[  1.000000] ", "a b c [", "bei a."],
)
def test_reads_a_long_log_in_bounded_time(line: str) -> None:
    started = perf_counter()
    split_log(f"{line}\n" * (100_000 // len(line)) + line * 5000)
    assert perf_counter() - started < 10
