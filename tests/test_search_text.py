"""The tokens of texts, and how words are looked for among them."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive import permalink
from newsarchive.search import stems
from newsarchive.search.languages import IRREGULAR, STOP_WORDS
from newsarchive.search.text import (
    MAX_WORD,
    fold,
    languages,
    phrases,
    primary,
    surface,
    token_of,
    tokens,
)

ARCHIVE = ["fr", "en"]
LANGS = st.sampled_from(["fr", "en", "de", "ru", "hi", "zh", "ja", "it", "tr", "ar", "xx", ""])
# signs that mean something here, and any other
TEXTS = (
    st.text(st.sampled_from("aAéœlLdnN°ºstT'’ʼ.-&+#@ ,1250\u0301\u00ad北かﾊﾟ한ไﷺ½ℌİßй")) | st.text()
)

with (Path(__file__).parent / "relevance" / "pairs.tsv").open(encoding="utf-8", newline="") as file:
    PAIRS = [tuple(row) for row in csv.reader(file, "excel-tab", quoting=csv.QUOTE_NONE)][1:]


def has(text: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether the tokens of a phrase stand in a text, one after another."""
    size = len(phrase)
    return any(text[start : start + size] == phrase for start in range(len(text) - size + 1))


def finds(query: str, text: str, lang: str) -> bool:
    """Whether a question, of words and phrases in quotation marks, finds a text."""
    clauses = [
        phrases(quoted or word, ARCHIVE) for quoted, word in re.findall(r'"([^"]+)"|(\S+)', query)
    ]
    clauses = [clause for clause in clauses if clause]
    read = tokens(text, lang)
    return bool(clauses) and all(any(has(read, phrase) for phrase in clause) for clause in clauses)


@pytest.mark.parametrize(("lang", "query", "text", "expected"), PAIRS)
def test_a_question_finds_what_its_reader_expects(
    lang: str, query: str, text: str, expected: str
) -> None:
    assert finds(query, text, lang) == {"match": True, "no": False}[expected]


@pytest.mark.parametrize(
    ("word", "langs"),
    [("le", ["fr"]), ("the", ["fr", "en"]), ("The", ["en"]), ("à", ["fr", "en"]), ("sûr", ARCHIVE),
     ("don’t", ["en"]), ("est-ce", ARCHIVE), ("", ARCHIVE), ("…", ARCHIVE), ("chat", [])],
)  # fmt: skip
def test_a_word_that_every_text_of_a_language_has_is_not_looked_for(
    word: str, langs: list[str]
) -> None:
    assert phrases(word, langs) == ()


def test_a_word_is_looked_for_in_every_language_once_as_typed_first() -> None:
    assert phrases("e-mail", ["fr-FR", "en", "fr"]) == (
        ("en:e", "en:mail"),
        ("en:email",),
        ("fr:e", "fr:mail"),
        ("fr:email",),
    )
    assert phrases("élections", ["fr", "en"]) == (("en:elect",), ("fr:elect",))


def test_tokens_stand_in_order_without_stop_words() -> None:
    assert tokens("L’œuvre d'art, c'est l'ÉTAT !", "fr-CA") == ("fr:oeuvr", "fr:art", "fr:etat")
    assert tokens("The board’s vote", "en") == ("en:board", "en:vote")


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [("北京市", "zh-Hant", ["zh:北京", "zh:京市"]), ("京", "zh", ["zh:京"]),
     ("東京タワー", "ja", ["ja:東京", "ja:京タ", "ja:タワ", "ja:ワー"]),
     ("ﾊﾟﾘ", "ja", ["ja:パリ"]), ("한국어", "ko", ["ko:한국", "ko:국어"]),
     ("à 北京", "fr", ["fr:北京"]), ("ไทย", "th", ["th:ไท", "th:ทย"]),
     ("Häuser", "de", ["de:haus"]), ("Ёлки", "ru", ["ru:елк"]), ("Mère", "xx", ["xx:mere"]),
     ("Malmø", "", ["und:malmo"]), ("dell'arte", "it", ["it:arte"])],
)  # fmt: skip
def test_other_languages_have_their_stemmer_or_are_folded(
    text: str, lang: str, expected: list[str]
) -> None:
    assert list(tokens(text, lang)) == expected


def test_languages_are_primary_subtags() -> None:
    assert languages(["fr-FR", "EN_gb", "fr", "zh-Hant-TW"]) == ("en", "fr", "zh")
    assert [primary(lang) for lang in ("", "x-klingon", "é", "*")] == ["und"] * 4


def test_surface_words_are_those_of_the_text_at_their_places() -> None:
    text = "Aujourd’hui, l’O.N.U. à l'Œuvre : 20h15, n°5, C++, the board's"
    found = [(word, text[start:end]) for word, start, end in surface(text, "fr")]
    assert found == [
        ("aujourd'hui", "Aujourd’hui"), ("onu", "O.N.U."), ("a", "à"), ("oeuvre", "Œuvre"),
        ("20h15", "20h15"), ("n°", "n°"), ("5", "5"), ("c++", "C++"), ("the", "the"),
        ("board's", "board's"),
    ]  # fmt: skip
    assert [word for word, _, _ in surface("the board’s", "en")] == ["the", "board"]
    assert token_of("onu", "fr") == ("fr:onu",)
    assert token_of("le", "fr") == ()


@settings(deadline=None)
@given(TEXTS, LANGS)
def test_any_text_has_tokens_which_are_those_of_its_words(text: str, lang: str) -> None:
    found = list(surface(text, lang))
    read = tokens(text, lang)
    assert read == tokens(text, lang)
    assert read == tuple(token for word, _, _ in found for token in token_of(word, lang))
    for token in read:
        assert token.startswith(f"{primary(lang)}:")
        assert len(token.split()) == 1
        assert token.partition(":")[2]


@settings(deadline=None)
@given(TEXTS, LANGS)
def test_surface_words_stand_in_the_text(text: str, lang: str) -> None:
    last = 0
    for word, start, end in surface(text, lang):
        assert last <= start < end <= len(text)
        assert word
        assert len(word.split()) == 1
        if word.isascii() and word.isalpha() and end - start <= MAX_WORD and "." not in text:
            assert fold(text[start:end]) == word
        last = start


@settings(deadline=None)
@given(TEXTS, st.lists(LANGS))
def test_any_word_gives_phrases_without_duplicates(word: str, langs: list[str]) -> None:
    found = phrases(word, langs)
    assert len(set(found)) == len(found)
    assert all(found)


@settings(deadline=None)
@given(st.text(st.sampled_from("abcéÉèùçœŒæÇàâîïÿ ñüö'")))
def test_folding_is_that_of_addresses_for_french_and_english(text: str) -> None:
    for word in text.split():
        assert fold(word) == permalink.fold(word)


@pytest.mark.parametrize(
    "text",
    ["a", "a.", "a'", "'", "l'", "qu’", "1", "1 ", "1,", "a1", "-", "a-", "&", "a&", "n°", "北",
     "か\u3099", "e\u0301", "\u0301", "a\u0301\u0301", "é ", "ﷺ", "ᄒ", "A ", ".a", "a's", "\ud800",
     "\x00", "\u00ad", "-t-", "C+", "0123456789abcdef"],
)  # fmt: skip
def test_hostile_texts_are_read_whole(text: str) -> None:
    # what takes the square of its length would not end
    hostile = text * (20_000 // len(text))
    for end in ("", "b", "@", "!"):
        tokens(hostile + end, "fr")
    assert sum(1 for _ in surface(hostile, "en")) >= 0
    phrases(hostile[:256], ARCHIVE)


def test_a_word_without_end_is_cut() -> None:
    assert tokens("z" * 1000, "xx") == ("xx:" + "z" * MAX_WORD,)
    assert list(surface("é" * 1000, "xx")) == [("e" * MAX_WORD, 0, 1000)]


def test_the_tables_are_folded() -> None:
    forms = [form for words in STOP_WORDS.values() for form in words]
    forms += [form for table in IRREGULAR.values() for pair in table.items() for form in pair]
    forms += [
        form for table in vars(stems).values() if isinstance(table, frozenset) for form in table
    ]
    assert all(form == fold(form) for form in forms)
