from __future__ import annotations

from kb.records.major_incident import common_subject


def test_the_subject_is_the_shortest_one_that_says_what_most_say() -> None:
    subjects = [
        "cannot connect to vpn from home",
        "vpn does not connect",
        "vpn does not connect from home since nine, please help me",
        "help",
        "",
    ]
    assert common_subject(subjects) == "vpn does not connect"


def test_without_anything_in_common_it_is_the_shortest() -> None:
    assert common_subject(["mail is down", "no network", " "]) == "no network"
    assert common_subject(["", " "]) == common_subject([]) == ""
