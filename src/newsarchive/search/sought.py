"""Where the words of a question stand in a text.

A stem begins as its words do. So only what begins like a token that is looked for is read as
``text`` reads it, which takes a hundred times as long as the look at its first letters.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from newsarchive.search.languages import IRREGULAR
from newsarchive.search.text import fold, joined, primary, token_of, words_in

#: start, end and number of a word that was looked for
Span = tuple[int, int, int]

#: languages whose stemmer takes off endings and nothing else; the words of others are all read
_SUFFIXING = frozenset({"en", "fr"})
#: what is read as letters of ASCII, and is neither of Latin-1 nor œ, and signs within words that
#: are not seen: a text that has some is read whole
_OTHER = re.compile(
    "[\u00ad\u0100-\u0151\u0154-\u02bb\u02bd-\u036f\u1d00-\u1fff\u200b-\u200d\u2070-\u20ab\u20ad-\u20cf"
    "\u2100-\u218f\u2460-\u24ff\u2c60-\u2c7f\u3200-\u33ff\ua720-\uabff\ufb00-\ufb06\uff00-\uffef"
    "\U00010780-\U000107ff\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff\U0001fb00-\U0001fbff]"
)
#: stands for what is read as two letters or more: æ, ß, ¼
_SEVERAL = b"\0"
#: what may stand between two letters of a word, as in O.T.A.N. and O’Brien: ``?`` is any sign that
#: is not of Latin-1
_RUN = re.compile(r"[^ ]+")
_LETTERS, _DIGITS = frozenset(b"abcdefghijklmnopqrstuvwxyz"), frozenset(b"0123456789")
_SIGNS = (b".", b"'", b"`", b"?")


def _folded(byte: int) -> bytes:
    letters = fold(chr(byte))
    if len(letters) == 1 and letters.isascii() and letters.isalnum():
        return letters.encode()
    return _SEVERAL if any(map(str.isalnum, letters)) else bytes([byte])


#: letters of Latin-1 as letters of ASCII
_FOLDED = b"".join(map(_folded, range(256)))


class Sought:
    """Tokens that are looked for, each with the number of the word of a question it stands for.

    For one question: it remembers what it read.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._needles: dict[str, tuple[bytes, ...] | None] = {}
        self._known: dict[tuple[str, str], tuple[Span, ...]] = {}

    def places(self, text: str, lang: str) -> list[Span]:
        """Where the words stand in a text, in order, with their numbers."""
        lang = primary(lang)
        if lang not in self._needles:
            prefix = f"{lang}:"
            tokens = [
                each.removeprefix(prefix) for each in self._numbers if each.startswith(prefix)
            ]
            self._needles[lang] = _needles(lang, tokens)
        needles = self._needles[lang]
        text = joined(text)
        found: list[Span] = []
        for start, end in _runs(text) if needles is None else _candidates(text, needles):
            run = text[start:end]
            found += [(start + first, start + last, n) for first, last, n in self._spans(run, lang)]
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


def _runs(text: str) -> list[tuple[int, int]]:
    """Start and end of all that has spaces around it."""
    return [found.span() for found in _RUN.finditer(text)]


def _candidates(text: str, needles: Iterable[bytes]) -> list[tuple[int, int]]:
    """Likewise of that in which one of the needles begins a word, or may."""
    if not needles:
        return []
    if not text.isascii() and _OTHER.search(text):
        return _runs(text)
    # of the same length
    seen = text.replace("œ", "æ").replace("Œ", "Æ").encode("latin-1", "replace").translate(_FOLDED)
    found = set()
    for needle in needles:
        at = seen.find(needle)
        while at >= 0:
            if at and _is_within(seen[at - 1], seen[at]):
                at = seen.find(needle, at + 1)
                continue
            end = seen.find(b" ", at)
            end = len(seen) if end < 0 else end
            found.add((seen.rfind(b" ", 0, at) + 1, end))
            at = seen.find(needle, end)
    return sorted(found)


def _is_within(before: int, letter: int) -> bool:
    """Whether two signs stand within a word or within a number."""
    return (before in _LETTERS and letter in _LETTERS) or (before in _DIGITS and letter in _DIGITS)


def _needles(lang: str, tokens: Collection[str]) -> tuple[bytes, ...] | None:
    """What every word of the tokens has in it, letters that begin it; None if that is not known."""
    beginnings = {_beginning(token) for token in tokens}
    if beginnings and (lang not in _SUFFIXING or "" in beginnings):
        return None
    beginnings |= {_beginning(word) for token, word in _irregular(lang) if token in tokens}
    if lang == "en":  # paediatric is pediatr
        beginnings |= {word.replace("e", "ae", 1) for word in beginnings}
    needles = {each.encode() for each in beginnings}
    parted = {
        each[:at] + sign + each[at : at + 1]
        for each in needles
        for at in range(1, len(each))
        for sign in _SIGNS
    }
    return (*needles, *parted, _SEVERAL) if needles else ()


def _beginning(token: str) -> str:
    """The letters that every word of a token begins with; '' if that is not known."""
    # English stems may change the second letter of what is short: dying, die
    letters = token[: 1 if len(token) < 4 else 2 if len(token) < 5 else 3]
    return letters if letters.isascii() and letters.isalnum() else ""


@lru_cache(maxsize=8)
def _irregular(lang: str) -> tuple[tuple[str, str], ...]:
    """Tokens and words that need not begin alike."""
    pairs = [*IRREGULAR.get(lang, {}), "n°"]
    return tuple(
        (token.partition(":")[2], word) for word in pairs for token in token_of(word, lang)
    )
