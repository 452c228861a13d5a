from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importers.articles.html import html_to_markdown, is_html, read_html_page

PANEL = (
    '<ac:structured-macro ac:name="{name}"><ac:parameter ac:name="title">{title}</ac:parameter>'
    "<ac:rich-text-body><p>Plug it in.</p></ac:rich-text-body></ac:structured-macro>"
)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h2>Fix</h2><ol><li>A<ul><li>B</li></ul></li><li>C</li></ol>", "## Fix\n\n1. A\n   - B\n2. C"),
        ("<p>C:\\temp &lt;name&gt; &amp; 2*3</p>", "C:\\temp \\<name> & 2\\*3"),
        ("<table><tr><th>K</th></tr><tr><td>a|b</td></tr></table>", "| K |\n| --- |\n| a\\|b |"),
        ("<table><tr><td><h2>Fix</h2><p>A</p></td></tr></table>", "## Fix\n\nA"),
        ("<style>p{}</style><script>x()</script><p>A</p><!-- no -->", "A"),
        ('<p style="display:none">no</p><p>A</p>', "A"),
        ('<p><span style="font-weight:700">Fix</span></p><p>A</p>', "**Fix**\n\nA"),
        ('<img src="data:image/png;base64,AAAA" alt="lid"><img src="a b.png" alt="x">', "lid![x](a%20b.png)"),
        ("<pre>net stop\n  spooler</pre>", "```\nnet stop\n  spooler\n```"),
        ("<details><summary>Fix</summary>A</details>", "**Fix**\n\nA"),
        ("&#60;h2&#62;Fix&#60;/h2&#62;&#60;p&#62;A&#60;/p&#62;", "## Fix\n\nA"),
        ("&lt;p&gt;A&lt;/p&gt;", "A"),
        (PANEL.format(name="info", title="Fix"), "**Fix**\n\nPlug it in."),
        (PANEL.format(name="excerpt-include", title="No"), "Plug it in."),
        (
            '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter>'
            "<ac:plain-text-body><![CDATA[if [ a < b ]; then]]></ac:plain-text-body></ac:structured-macro>",
            "```bash\nif [ a < b ]; then\n```",
        ),
        (
            'Is <ac:structured-macro ac:name="status"><ac:parameter ac:name="title">OK</ac:parameter>'
            '</ac:structured-macro><ac:structured-macro ac:name="toc" />',
            "Is OK",
        ),
        ('See <ac:link><ri:page ri:content-title="Docks" /></ac:link>', "See Docks"),
        (
            '<ac:link><ri:attachment ri:filename="a.pdf" /><ac:plain-text-link-body><![CDATA[the form]]>'
            "</ac:plain-text-link-body></ac:link>",
            "the form",
        ),
        ('<ac:image ac:alt="lid"><ri:attachment ri:filename="a b.png" /></ac:image>', "![lid](a%20b.png)"),
        (
            "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status>"
            "<ac:task-body>Unplug</ac:task-body></ac:task></ac:task-list>",
            "- Unplug",
        ),
        ('Until <time datetime="2024-05-01" />', "Until 2024-05-01"),
    ],
)
def test_html_becomes_what_a_reader_sees(html: str, markdown: str) -> None:
    assert html_to_markdown(html) == markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>A</p>", True),
        ("A<br>B", True),
        ("&lt;b&gt;A&lt;/b&gt;", True),
        ("a < b and c > d", False),
        ("use <name> or <you@example.org>", False),
        ("# Markdown\n\n**bold**", False),
    ],
)
def test_html_is_told_from_text(text: str, expected: object) -> None:
    assert is_html(text) is expected


def test_a_page_is_read_without_what_stands_around_it() -> None:
    title, body = read_html_page(
        "<html><head><title>Docks - Wiki</title></head><body><header><h1>Docks\n do nothing</h1></header>"
        "<nav><a href='/'>Home</a></nav><main><h2>Fix</h2><p>A</p></main><footer>Imprint</footer></body></html>"
    )
    assert title == "Docks do nothing"
    assert body == "## Fix\n\nA"
    assert read_html_page("<title>Docks</title><p>A</p>")[0] == "Docks"


@pytest.mark.parametrize("html", ["<div>" * 3000 + "word", "<table><tr><td>" * 300 + "word", "<![word", "<p " * 3000])
def test_html_that_nobody_wrote_ends_in_words(html: str) -> None:
    assert isinstance(html_to_markdown(html), str)
    assert isinstance(read_html_page(html)[1], str)


@given(st.text(alphabet="<>/!-[]&;p divtablehac:ri=\"'CDATA \n", max_size=120))
def test_whatever_html_is_mutated_to_it_is_read(html: str) -> None:
    assert isinstance(html_to_markdown(html), str)
