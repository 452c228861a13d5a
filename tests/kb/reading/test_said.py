from kb.reading.said import Said, said
from kb.records.incident import Incident


def test_a_repeated_sentence_is_read_once() -> None:
    assert said("Scanner beeps", "Scanner beeps since noon") == Said("Scanner beeps since noon")
    assert said("Scanner beeps", "since noon") == Said("Scanner beeps\nsince noon")


def test_html_reads_as_its_plain_twin() -> None:
    plain = Incident("", "Scanner", description="The scanner beeps & stops.\nSecond floor.")
    html = Incident("", "Scanner", description="<div>The scanner beeps &amp; stops.<br>Second floor.</div>")
    assert html.text == plain.text
    assert html.text_sha256 == plain.text_sha256


def test_the_record_stays_as_it_came() -> None:
    incident = Incident("", "RE: badge", description="<p>Works again.</p><blockquote>Dead badge</blockquote>")
    assert "Dead badge" not in incident.text
    assert "<blockquote>Dead badge" in incident.description


def test_a_plain_text_is_read_as_it_is() -> None:
    text = "The scanner beeps.\n\nIt is on floor 2: room 214.\nModel X-500 <new>"
    assert said("", text) == Said(text)


def test_the_telling_line_of_a_log_is_searched_and_not_learnt() -> None:
    log = "\n".join(f"2026-05-04 02:00:{second:02} INFO page {second} read" for second in range(9))
    scan = Incident("", "Scanner stops", description=f"{log}\n2026-05-04 02:01:00 ERROR tray 7 jammed\n\nSince noon.")
    assert scan.text == "Scanner stops\nSince noon."
    assert scan.searched_text == "Scanner stops\nSince noon.\ntray 7 jammed"
