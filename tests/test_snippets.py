"""Snippets: the densest part of a text, in whole words, with its matches marked."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsarchive.search.snippets import ELLIPSIS, MAX_WORD, Piece, marked, snippet

TEXT = (
    "Le conseil municipal s’est réuni lundi. Il a parlé longtemps de la voirie, du budget et des "
    "écoles, sans rien décider. « L’avenir de l’usine est en jeu », a dit le maire. Les syndicats "
    "craignent un licenciement collectif à l’usine ; la direction parle d’avenir. Rien n’est sûr. "
    "Une réunion aura lieu en mars, puis une autre en avril, si tout va bien d’ici là."
)

#: what may stand between the parts of a word that are marked as one
TOUCHING = re.compile(r"[ \u00a0\u202f\u2010\u2011-]?(?:[^\W\d_]{1,2}['’])?")


def spans(text: str, *words: str) -> list[tuple[int, int, int]]:
    """Where words stand in a text."""
    found = [
        (match.start(), match.end(), number)
        for number, word in enumerate(words)
        for match in re.finditer(re.escape(word), text, re.IGNORECASE)
    ]
    return sorted(found)


def plain(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def inside(pieces: tuple[Piece, ...], text: str) -> str:
    """A snippet without the ellipses that are not of its text."""
    shown = list(pieces)
    if shown and not text.lstrip().startswith(plain(pieces)) and shown[0] == Piece(ELLIPSIS):
        shown = shown[1:]
    if shown and shown[-1] == Piece(ELLIPSIS) and not text.rstrip().endswith(plain(tuple(shown))):
        shown = shown[:-1]
    return plain(tuple(shown))


def test_the_part_with_most_different_words_is_shown() -> None:
    shown = snippet(TEXT, spans(TEXT, "usine", "licenciement"), 120)
    assert plain(shown) == (
        "…de l’usine est en jeu », a dit le maire. Les syndicats craignent un licenciement "
        "collectif à l’usine ; la direction…"
    )
    assert [piece.text for piece in shown if piece.is_match] == ["usine", "licenciement", "usine"]


def test_among_equals_the_first_is_shown() -> None:
    assert (
        plain(snippet(TEXT, spans(TEXT, "avenir"), 60))
        == "« L’avenir de l’usine est en jeu », a dit le maire."
    )


def test_more_matches_win_over_fewer() -> None:
    text = "usine " + "x " * 100 + "usine et usine" + " y" * 100
    assert plain(snippet(text, spans(text, "usine"), 40)).count("usine") == 2


def test_a_text_without_matches_shows_its_beginning() -> None:
    shown = snippet(TEXT, (), 60)
    assert shown == (
        Piece("Le conseil municipal s’est réuni lundi. Il a parlé longtemps"),
        Piece("…"),
    )


def test_a_short_text_is_shown_whole_and_without_the_spaces_around_it() -> None:
    assert snippet("\n Un feu. \n", [(5, 8, 0)]) == (
        Piece("Un "), Piece("feu", True), Piece("."),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "  \n ", "\u3000"])
def test_nothing_is_shown_of_nothing(text: str) -> None:
    assert snippet(text, ()) == snippet(text, [(0, 1, 0)]) == ()


def test_a_title_is_marked_whole_and_neighbouring_matches_stay_apart() -> None:
    assert marked("東京都 élu", [(0, 1, 0), (1, 2, 1), (4, 7, 2)]) == (
        Piece("東", True), Piece("京", True), Piece("都 "), Piece("élu", True),
    )  # fmt: skip


def test_places_that_cannot_be_are_passed_over() -> None:
    assert marked("un feu", [(-1, 1, 0), (2, 2, 0), (3, 6, 0), (4, 6, 0), (5, 99, 0)]) == (
        Piece("un "), Piece("feu", True),
    )  # fmt: skip


def test_what_is_read_as_one_letter_is_never_cut() -> None:
    for letter in ("e\u0301\u0323", "👩\u200d👩\u200d👧", "👍🏽", "🇫🇷", "\ud83d\ude00"):
        text = letter * 300
        for length in range(60, 80):
            shown = inside(snippet(text, [(150 * len(letter), 151 * len(letter), 0)], length), text)
            # a flag is half of another flag too: only its number of halves tells
            assert len(shown) % len(letter) == 0 or letter in ("🇫🇷",)
            assert shown == "" or shown.startswith(letter[0])


def test_chinese_is_filled_to_the_length() -> None:
    text = "北京市政府今天宣布新的交通计划" * 60
    shown = snippet(text, [(450, 452, 0)], 100)
    assert len(inside(shown, text)) == 100
    assert Piece(text[450:452], True) in shown


def test_a_word_longer_than_the_length_is_cut() -> None:
    shown = snippet("a " + "b" * 5000 + " c", [(2, 5002, 0)], 100)
    assert shown == (Piece("…"), Piece("b" * 100, True), Piece("…"))


def test_it_is_fast() -> None:
    text = (TEXT + "\n\n") * 8
    found = spans(text, "usine", "avenir", "licenciement", "mars")
    took = []
    for _ in range(50):
        began = time.perf_counter()
        snippet(text, found)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.0008  # 0.1 ms measured; machines differ


def test_its_time_grows_with_the_text_only_as_much_as_the_text() -> None:
    text = "a" * 400_000
    began = time.perf_counter()
    snippet(text, [(at, at + 1, at % 7) for at in range(0, 400_000, 4)])
    snippet("." * 400_000, [(399_000, 399_001, 0)])
    snippet(" " * 400_000 + "a", [(400_000, 400_001, 0)])
    assert time.perf_counter() - began < 5


WORDS = st.lists(
    st.sampled_from(["le", "maire", "d’État", "été", "e\u0301lu", "usine,", "fin.", "»", "\n", "x" * 39]),
    max_size=80,
)  # fmt: skip


@given(WORDS, st.sets(st.integers(0, 79)), st.integers(MAX_WORD, 200))
def test_whole_words_are_shown(words: list[str], chosen: set[int], length: int) -> None:
    text = " ".join(words)
    found, at = [], 0
    for number, word in enumerate(words):
        if number in chosen and word[0].isalpha():
            found.append((at, at + len(word), number % 3))
        at += len(word) + 1
    shown = snippet(text, found, length)
    body = inside(shown, text)
    assert (
        body.split() == []
        or (" " + " ".join(body.split()) + " ") in " " + " ".join(text.split()) + " "
    )
    if found:
        assert any(piece.is_match for piece in shown)


@given(
    st.text(alphabet=st.characters() | st.sampled_from("ab .\n\u0301\u200d😀"), max_size=400),
    st.lists(st.tuples(st.integers(-5, 420), st.integers(-5, 420), st.integers(0, 3)), max_size=30),
    st.integers(-1, 120),
)
@example("a\ud800 b", [(0, 2, 0)], 1)
def test_a_snippet_is_part_of_its_text_within_its_length_with_every_match_marked(
    text: str, places: list[tuple[int, int, int]], length: int
) -> None:
    text = text.replace(ELLIPSIS, ".")
    shown = snippet(text, sorted(places), length)
    body = [piece for piece in shown if piece != Piece(ELLIPSIS)]
    whole = plain(tuple(body))
    assert whole in text
    assert len(whole) <= max(length, 0)
    assert all(piece.text for piece in shown)
    assert bool(whole) == (bool(text.strip()) and length > 0)
    assert plain(marked(text, sorted(places))) == text
    starts = [at for at in range(len(text)) if whole and text.startswith(whole, at)]
    matches = matches_of(text, sorted(places))
    assert not starts or any(
        [piece.text for piece in body if piece.is_match]
        == [
            text[max(s, at) : min(e, at + len(whole))]
            for s, e in matches
            if s < at + len(whole) and at < e
        ]
        for at in starts
    )


def matches_of(text: str, places: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """The places that are sound, those of one word that touch as one."""
    found: list[tuple[int, int]] = []
    done, last = 0, None
    for start, end, word in places:
        if done <= start < end <= len(text) and text[start:end].strip():
            if word == last and TOUCHING.fullmatch(text, done, start):
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
            done, last = end, word
    return found


@given(
    st.lists(st.sampled_from(["e\u0301", "a", " ", "👍🏽", "n\u0303\u0323"]), max_size=200),
    st.integers(8, 90),
)
def test_combining_marks_stay_with_their_letters(letters: list[str], length: int) -> None:
    text = unicodedata.normalize("NFD", "".join(letters)).lstrip()
    body = inside(snippet(text, (), length), text)
    rest = text[len(body) :]
    assert not rest or not (unicodedata.combining(rest[0]) or rest[0] == "🏽")


def test_the_parts_of_a_word_or_of_a_phrase_are_marked_as_one() -> None:
    text = "Le conseil municipal, le conseil régional-là, un conseil d’État"
    places = [(3, 10, 0), (11, 20, 0), (25, 32, 0), (33, 41, 1), (49, 56, 2), (59, 63, 2)]
    assert [piece.text for piece in marked(text, places) if piece.is_match] == [
        "conseil municipal", "conseil", "régional", "conseil d’État",
    ]  # fmt: skip
