import pytest

from kb.reading.words import without_long_words


@pytest.mark.parametrize("run", ["x" * 5000, "9f" * 16, "QUJD+/" * 40, "0123456789abcdef" * 4])
def test_leaves_out_what_is_no_word(run: str) -> None:
    assert without_long_words(f"badge {run} dead").split() == ["badge", "dead"]


@pytest.mark.parametrize(
    "text",
    [
        "Donaudampfschifffahrtsgesellschaft 0x80070005 ERR_CONNECTION_REFUSED",
        "https://wiki.example.org/display/IT/how-to-reset-the-badge-at-the-gate?from=mail",
        "打印机在三楼卡纸并且打印空白页请尽快派人来看看谢谢" * 4,
    ],
)
def test_keeps_words(text: str) -> None:
    assert without_long_words(text) == text
