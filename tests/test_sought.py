"""Where the words of a question stand: the same as if every word of the text were read."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.search.sought import Sought
from newsarchive.search.text import phrases, surface, token_of

#: what does not begin as its token does, or is written in more than one way
ODD = (
    "yeux œil OEIL Œuvre travaux travail cieux ciel n° No numéro № O.N.U. ONU l'avenir l’œuvre"
    " maïs I 95 colour color votait élu Gaza A320 A 320 a-320 20h15 dying die lies ﬁn ﬀ Straße strasse e-mail email R&D C++ aujourd'hui"
    " E\u0301tat État co\u00adopérer 日本 日本equip Ⅷ ① ｅｑｕｉｐｅ ʰ covid-19 paediatric aesthetic anæmia fæces ²Eau _équipe_ (équipe) équipes,"
)
TEXTS = st.lists(st.sampled_from(ODD.split(" ")) | st.text(max_size=6), max_size=12).map(" ".join)

with (Path(__file__).parent / "relevance" / "pairs.tsv").open(encoding="utf-8", newline="") as file:
    PAIRS = [tuple(row) for row in csv.reader(file, "excel-tab", quoting=csv.QUOTE_NONE)][1:]


def every_place(text: str, lang: str, numbers: dict[str, int]) -> list[tuple[int, int, int]]:
    """By reading every word."""
    found = []
    for word, start, end in surface(text, lang):
        had = [numbers[token] for token in token_of(word, lang) if token in numbers]
        found += [(start, end, had[0])] if had else []
    return found


@pytest.mark.parametrize("lang", ["fr", "en", "de", ""])
@given(question=TEXTS, text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_no_word_is_missed_and_none_is_found_that_is_another(
    lang: str, question: str, text: str
) -> None:
    numbers: dict[str, int] = {}
    for number, word in enumerate(question.split()):
        for phrase in phrases(word, ["fr", "en", "de"]):
            numbers.update(dict.fromkeys(phrase, number))
    assert Sought(numbers).places(f"{text} {question}", lang) == every_place(
        f"{text} {question}", lang, numbers
    )


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_no_form_of_a_word_that_people_look_for_is_missed(lang: str) -> None:
    for _, query, text, _ in (row for row in PAIRS if row[0] == lang):
        numbers: dict[str, int] = {}
        for number, word in enumerate(query.split()):
            for phrase in phrases(word, ["fr", "en"]):
                numbers.update(dict.fromkeys(phrase, number))
        assert Sought(numbers).places(text, lang) == every_place(text, lang, numbers)


def test_what_was_read_once_is_read_alike_again() -> None:
    words = ("licencié", "altman")
    sought = Sought({phrases(word, ["fr"])[0][0]: n for n, word in enumerate(words)})
    text = "Altman licencié : le licenciement d’Altman"
    assert sought.places(text, "fr") == sought.places(text, "fr-CA") == [
        (0, 6, 1), (7, 15, 0), (21, 33, 0), (36, 42, 1),
    ]  # fmt: skip
    assert sought.places(text, "en") == []
    assert Sought({}).places(text, "fr") == []
