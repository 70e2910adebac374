"""Where the words of a question stand in a text.

A stem begins as its words do. So only what begins like a token that is looked for is read as
``text`` reads it, which takes a hundred times as long as the look at its first letters.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from newsarchive.search.languages import IRREGULAR
from newsarchive.search.text import fold, joined, primary, token_of, words_in

#: start, end and number of a word that was looked for
Span = tuple[int, int, int]

#: languages whose stemmer takes off endings and nothing else; the words of others are all read
_SUFFIXING = frozenset({"en", "fr"})
#: accented letters, and what is read as two letters or more; all of one byte, as a class of other
#: letters takes a millisecond to compile
_LATIN = "".join(map(chr, range(0xA0, 0x100)))
_SEVERAL = "ÆæßÞþ\u00b2\u00b3\u00b9\u00bc-\u00be"
#: what else may be read as letters of ASCII: a text that has some is read whole
_OTHER = re.compile(
    "[\u0100-\u0151\u0154-\u02ff\u1d00-\u1fff\u2070-\u20ab\u20ad-\u20cf\u2100-\u218f\u2460-\u24ff\u2c60-\u2c7f"
    "\u3200-\u33ff\ua720-\uabff\ufb00-\ufb06\uff00-\uffef\U00010780-\U000107ff"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff\U0001fb00-\U0001fbff]"
)
_EVERY_RUN = re.compile(r"\S")
#: what may stand between the letters of a word: dots of initials, apostrophes, accents
_BETWEEN = r"[^\w\s]{0,3}"
#: neither in the middle of a word nor of a number
_EDGE = r"(?<![A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ]|[0-9][0-9])"


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
        # of the same length, and all letters of one byte
        seen = text.replace("œ", "æ").replace("Œ", "Æ")
        if _OTHER.search(seen):
            pattern = _EVERY_RUN
        candidate = pattern.search(seen)
        while candidate:
            start = text.rfind(" ", 0, candidate.start()) + 1
            end = text.find(" ", candidate.start())
            end = len(text) if end < 0 else end
            run = text[start:end]
            found += [(start + first, start + last, n) for first, last, n in self._spans(run, lang)]
            candidate = pattern.search(seen, end)
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
        return _EVERY_RUN
    beginnings |= {_beginning(word) for token, word in _irregular(lang) if token in tokens}
    firsts = "".join(map(_letter, sorted({each[0] for each in beginnings})))
    branches = "|".join(map(_branch, sorted(beginnings)))
    # a class at its beginning lets the text be scanned quickly
    return re.compile(rf"[{firsts}{_SEVERAL}](?:(?<=[{_SEVERAL}])|{_EDGE}(?:{branches}))")


def _beginning(token: str) -> str:
    """The letters that every word of a token begins with; '' if that is not known."""
    # English stems may change the second letter of what is short: dying, die
    letters = token[: 1 if len(token) < 4 else 2]
    return letters if letters.isascii() and letters.isalnum() else ""


def _branch(beginning: str) -> str:
    first, *second = (f"[{_letter(each)}{_SEVERAL}]" for each in beginning)
    return f"(?<={first})" + "".join(_BETWEEN + each for each in second)


@lru_cache(maxsize=64)
def _letter(letter: str) -> str:
    """A letter of ASCII in all its forms, as part of a class."""
    return "".join({letter, letter.upper(), *(e for e in _LATIN if fold(e).startswith(letter))})


@lru_cache(maxsize=8)
def _irregular(lang: str) -> tuple[tuple[str, str], ...]:
    """Tokens and words that need not begin alike."""
    pairs = [*IRREGULAR.get(lang, {}), "n°"]
    return tuple(
        (token.partition(":")[2], word) for word in pairs for token in token_of(word, lang)
    )
