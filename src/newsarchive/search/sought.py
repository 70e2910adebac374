"""Where the words of a question stand in a text.

A stem begins as its words do. So only what begins like a token that is looked for is read as
``text`` reads it, which takes a hundred times as long as the look at its first letters.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from newsarchive.search.languages import IRREGULAR
from newsarchive.search.text import LETTER, fold, joined, primary, token_of, words_in

#: start, end and number of a word that was looked for
Span = tuple[int, int, int]

#: languages whose stemmer takes off endings and nothing else; the words of others are all read
_SUFFIXING = frozenset({"en", "fr"})
#: letters whose accents and ligatures Unicode takes apart
_LATIN = "".join(map(chr, (*range(0x80, 0x250), *range(0x1E00, 0x1F00))))
#: what else may be read as such a letter or two: fractions, phonetic signs, letters in circles…
_OTHER = (
    "\u00b2\u00b3\u00b9\u00bc-\u00be\u0250-\u02ff\u1d00-\u1dff\u2070-\u209f\u2100-\u218f"
    "\u2460-\u24ff\ua720-\U0010ffff"
)
#: what may stand between the letters of a word: dots of initials, apostrophes, accents
_BETWEEN = r"[^\w\s]{0,3}"


class Sought:
    """Tokens that are looked for, each with the number of the word of a question it stands for.

    For one question: it remembers what it read.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._patterns: dict[str, re.Pattern[str] | None] = {}
        self._known: dict[tuple[str, str], tuple[Span, ...]] = {}

    def places(self, text: str, lang: str) -> list[Span]:
        """Where the words stand in a text, in order, with their numbers."""
        lang = primary(lang)
        if lang not in self._patterns:
            prefix = f"{lang}:"
            tokens = [
                each.removeprefix(prefix) for each in self._numbers if each.startswith(prefix)
            ]
            self._patterns[lang] = _pattern(lang, tokens)
        pattern = self._patterns[lang]
        found: list[Span] = []
        if pattern is None:
            return found
        text = joined(text)
        candidate = pattern.search(text)
        while candidate:
            start = text.rfind(" ", 0, candidate.start()) + 1
            end = text.find(" ", candidate.start())
            end = len(text) if end < 0 else end
            run = text[start:end]
            found += [(start + first, start + last, n) for first, last, n in self._spans(run, lang)]
            candidate = pattern.search(text, end)
        return found

    def _spans(self, run: str, lang: str) -> tuple[Span, ...]:
        spans = self._known.get((run, lang))
        if spans is None:
            numbers = self._numbers
            spans = self._known[run, lang] = tuple(
                (
                    word.start,
                    word.end,
                    next(numbers[each] for each in word.tokens if each in numbers),
                )
                for word in words_in(run, lang)
                if not numbers.keys().isdisjoint(word.tokens)
            )
        return spans


def _pattern(lang: str, tokens: Iterable[str]) -> re.Pattern[str] | None:
    """Finds at least all words that may have one of the tokens; None where none can."""
    beginnings = {_beginning(token) for token in tokens}
    if not beginnings:
        return None
    if lang not in _SUFFIXING or "" in beginnings:
        return re.compile(r"\S")
    beginnings |= {_beginning(word) for token, word in _irregular(lang) if token in tokens}
    firsts = "".join({each[0] for each in beginnings})
    branches = "|".join(map(_branch, sorted(beginnings)))
    # a class at its beginning lets the text be scanned quickly
    first = f"[{''.join(map(_letter, firsts))}{_OTHER}]"
    # neither in the middle of a word nor of a number
    edge = rf"(?<!{LETTER}{LETTER}|\d\d)"
    return re.compile(rf"{first}(?:(?<=[{_OTHER}])|{edge}(?:{branches}))")


def _beginning(token: str) -> str:
    """The letters that every word of a token begins with; '' if that is not known."""
    # English stems may change the second letter of what is short: dying, die
    letters = token[: 1 if len(token) < 4 else 2]
    return letters if letters.isascii() and letters.isalnum() else ""


def _branch(beginning: str) -> str:
    first = f"(?<=[{_letter(beginning[0])}])"
    if len(beginning) == 1:
        return first
    # a ligature is two letters at once
    double = "".join(_forms(beginning))
    both = f"|(?<=[{double}])" if double else ""
    return f"{first}{_BETWEEN}[{_letter(beginning[1])}{_OTHER}]{both}"


def _letter(letter: str) -> str:
    """A letter of ASCII in all its forms, as part of a class."""
    return "".join({letter, letter.upper(), *_forms(letter)})


@lru_cache(maxsize=1024)
def _forms(letters: str) -> tuple[str, ...]:
    """Single signs that are read as words that begin with one or two letters of ASCII."""
    return tuple(each for each, read in _read_latin() if read.startswith(letters))


@lru_cache(maxsize=1)
def _read_latin() -> tuple[tuple[str, str], ...]:
    return tuple((each, fold(each)) for each in _LATIN)


@lru_cache(maxsize=8)
def _irregular(lang: str) -> tuple[tuple[str, str], ...]:
    """Tokens and words that need not begin alike."""
    pairs = [*IRREGULAR.get(lang, {}), "n°"]
    return tuple(
        (token.partition(":")[2], word) for word in pairs for token in token_of(word, lang)
    )
