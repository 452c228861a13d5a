from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.desk.texts import article_html, label, plain


@given(st.text(max_size=200))
def test_no_text_becomes_markup(text: str) -> None:
    assert "<" not in plain(text).replace("<br>", "")
    assert "<script" not in article_html(text).lower()


def test_an_article_keeps_its_steps_and_loses_what_could_harm() -> None:
    text = "1. Use `TCP`\n\n<script>alert(1)</script>\n\n![p](http://x.test/p.png) [a](javascript:alert(1)) [b](https://x.test)"
    found = article_html(text)
    assert "<li>Use <code>TCP</code></li>" in found
    assert "<script" not in found
    assert "<img" not in found
    assert "javascript:" not in found.replace("(javascript:alert(1))", "")
    assert 'href="https://x.test"' in found


def test_labels_show_marks_instead_of_obeying_them() -> None:
    assert label("**x** :red[y]") == "\\*\\*x\\*\\* \\:red\\[y\\]"
    assert len(label("x" * 200)) == 80
    assert label("http://x.example www.x.example") == "http\\://\u2060x\\.example www\u2060\\.x\\.example"
    assert label("ann@x") == "ann\\@x"
