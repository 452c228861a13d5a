import pytest

from kb.reading.courtesies import says_something


@pytest.mark.parametrize("greeting", ["Hello all,", "Buongiorno,", "Ciao Marco,", "Olá,", "Hoi Joost,", "Chers tous,"])
def test_a_greeting_says_nothing(greeting: str) -> None:
    assert not says_something(greeting)


@pytest.mark.parametrize("line", ["DAG Import:", "OLA Nord:"])
def test_what_greets_only_before_a_name_may_say_what_is_wrong(line: str) -> None:
    assert says_something(line)
