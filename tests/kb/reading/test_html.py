from time import perf_counter

import pytest

from kb.reading.html import visible_text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<p>The scanner</p><p>beeps &amp; stops</p>", "The scanner\n\nbeeps & stops"),
        ("<style>p{margin:0}</style><script>track()</script><b>No</b>&nbsp;sound", "No sound"),
        ("<html><head><title>Mail</title></head><body>Badge lost<br>at gate 4</body></html>", "Badge lost\nat gate 4"),
        ("<p>Seen<span style='Display: none'>unseen</span><o:p></o:p></p>", "Seen"),
        ("<!-- a note --><!--[if mso]><xml>97</xml><![endif]--><div>Locked out</div>", "Locked out"),
        ("&lt;div&gt;Escaped &amp;amp; exported&lt;/div&gt;", "Escaped & exported"),
        ("I can&#39;t sign in &gt; blank page", "I can't sign in > blank page"),
        ("A picture data:image/png;base64,iVBORw0KGgo= of it", "A picture   of it"),
        ("<table><tr><td>Room</td><td>12</td></tr></table>", "Room 12"),
        ("<div>Still broken</div><blockquote>Did you restart?</blockquote>", "Still broken\n\n> Did you restart?"),
        ('See <img src="data:image/png;base64,iVBORw0KGgo="> below', "See below"),
        ("<pre>one\ntwo</pre>", "one\ntwo"),
    ],
)
def test_shows_what_a_reader_sees(text: str, seen: str) -> None:
    assert visible_text(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "mail from <ana@example.org> bounced, see <https://example.org/a>",
        "if load < 3 and free > 2 the job stops",
        "<job><queue>night</queue></job> is refused by the server",
        "Map<String, List<Integer>> does not compile",
        "the page shows <br> instead of a new line",
        "AT&T line down, R&D too; copy&paste fails",
    ],
)
def test_keeps_every_word_of_a_text_that_mentions_brackets(text: str) -> None:
    assert visible_text(text) == text


def test_keeps_addresses_and_snippets_inside_html() -> None:
    seen = visible_text("<p>Ping <ana@example.org> got <job id='3'>late</job></p>")
    assert seen == "Ping <ana@example.org> got <job id='3'>late</job>"


@pytest.mark.parametrize("text", ["<div>" * 20_000, "<b>" * 33_000, "<" * 100_000, "<li>" * 25_000, "<!--" * 25_000])
def test_reads_tags_without_end_in_bounded_time(text: str) -> None:
    started = perf_counter()
    visible_text(text)
    assert perf_counter() - started < 10
