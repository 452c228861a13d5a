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
        "1. open the app\n2. sign in\n3. wait\n4. it closes",
    ],
)
def test_a_text_without_a_log_stays(text: str) -> None:
    assert split_log(text) == (text, "")


@pytest.mark.parametrize("line", ["2026-05-04 02:00:00 ", "at a", "12:00:00", "May  4 "])
def test_reads_a_long_log_in_bounded_time(line: str) -> None:
    started = perf_counter()
    split_log(f"{line}\n" * (100_000 // len(line)) + line * 5000)
    assert perf_counter() - started < 10
