"""What a hit shows of a text: its densest part, with the words that were looked for marked.

Pure functions over a plain text and the places of its matches. All positions and lengths are in
code points. A place is (start, end, which word of the question), in the order of the text; one
that is blank, outside the text or begins before the end of the one before it is passed over.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int, int]

ELLIPSIS = "…"
#: code points; a longer run without a space (an address, Chinese) may be cut
MAX_WORD = 40
#: code points of closing marks and spaces between two sentences that are looked back for
MAX_MARKS = 8
#: combining marks, by their category
_MARKS = frozenset({"Mn", "Mc", "Me"})
#: joins two emoji into one
_JOINER = "\u200d"
_RUN = re.compile(r"\S+")
#: what stands between the parts of a word or of a phrase that are marked as one
_SEAM = re.compile(r"[ \u00a0\u202f\u2010\u2011-]?(?:[^\W\d_]{1,2}['’])?")
#: what stands before a sentence, and what ends one
_BEFORE_SENTENCE = re.compile(r"[.!?…。！？](?:[\"'”’)\]]|\s?»)*\s+|[\r\n]\s*")
_SENTENCE_END = re.compile(r"[.!?…。！？](?:[\"'”’)\]]|\s?»)*(?=\s)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; never empty."""

    text: str
    #: is a word that was looked for
    is_match: bool = False


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of a text, and the matches that lie in it."""

    start: int
    end: int
    spans: Sequence[Span] = ()


def marked(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """A whole text, for titles; its pieces together are the text."""
    return _pieces(text, _Window(0, len(text), tuple(_sound(text, spans))))


def snippet(text: str, spans: Iterable[Span], length: int = 240) -> tuple[Piece, ...]:
    """The part of a text that has the most different words of the question, then the most
    matches, then comes first; its beginning when there are none.

    It has at most ``length`` code points, not counting an ``…`` of its own piece wherever a
    sentence is cut. It begins and ends with whole words, and with sentences where that costs
    little; only a run of more than ``MAX_WORD`` without a space, or a word longer than
    ``length``, is cut.
    """
    first, last = _extent(text)
    if length < 1 or first == last:
        return ()
    core = _densest(text, tuple(_sound(text, spans)), length)
    start, end = _widened(text, core, length, (first, last))
    inside = tuple(
        (max(at, start), min(to, end), word)
        for at, to, word in core.spans
        if at < end and start < to
    )
    pieces = _pieces(text, _Window(start, end, inside))
    before = (Piece(ELLIPSIS),) if start > first and not _begins(text, start) else ()
    after = (Piece(ELLIPSIS),) if end < last and not _ends(text, end) else ()
    return (*before, *pieces, *after)


def _sound(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    done = 0
    for start, end, word in spans:
        if done <= start < end <= len(text) and not text[start:end].isspace():
            yield start, end, word
            done = end


def _pieces(text: str, window: _Window) -> tuple[Piece, ...]:
    found = []
    done = window.start
    for start, end in _marks(text, window.spans):
        if done < start:
            found.append(Piece(text[done:start]))
        found.append(Piece(text[start:end], is_match=True))
        done = end
    if done < window.end:
        found.append(Piece(text[done : window.end]))
    return tuple(found)


def _marks(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """What is marked: the parts of one word of the question, and of a phrase, together."""
    marks: list[tuple[int, int]] = []
    last = None
    for start, end, word in spans:
        if word == last and _SEAM.fullmatch(text, marks[-1][1], start):
            marks[-1] = (marks[-1][0], end)
        else:
            marks.append((start, end))
        last = word
    return marks


def _extent(text: str) -> tuple[int, int]:
    """A text without the spaces around it."""
    return len(text) - len(text.lstrip()), len(text.rstrip())


# -- which part --


def _densest(text: str, spans: Sequence[Span], length: int) -> _Window:
    """What the best matches that fit together span, in whole words; with all matches, for there
    may be others in what is added around it."""
    if not spans:
        return _Window(0, 0)
    reaches = [_whole_words(text, start, end) for start, end, _ in spans]
    best, at = (0, 0), (0, 0)
    held: Counter[int] = Counter()
    first = 0
    for index, (_, end) in enumerate(reaches):
        held[spans[index][2]] += 1
        while end - reaches[first][0] > length and first < index:
            word = spans[first][2]
            held[word] -= 1
            if not held[word]:
                del held[word]
            first += 1
        merit = (len(held), index - first + 1)
        if merit > best:
            best, at = merit, (first, index)
    start, end = reaches[at[0]][0], reaches[at[1]][1]
    if end - start > length:  # one word alone
        start, end, _ = spans[at[0]]
    return _Window(start, min(end, start + length), spans)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A place with the rest of its word on either side: ``avenir`` in ``l’avenir,``."""
    before = text[max(0, start - MAX_WORD) : start]
    if before and not before[-1].isspace():
        head = len(before.split()[-1])
        # no beginning within sight: better none than one in the middle of a word
        start -= head if head < MAX_WORD else 0
    run = _RUN.match(text, end, end + MAX_WORD)
    if run and run.end() - end < MAX_WORD:
        end = run.end()
    return start, end


# -- its borders --


def _widened(text: str, core: _Window, length: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """The borders of a snippet around its core: a third of what is free goes before it, the rest
    after it, and before it again what the end of the text leaves over."""
    first, last = bounds
    if last - first <= length:
        return bounds
    free = length - (core.end - core.start)
    earliest = min(core.start - free // 3, last - length)
    start = _start(text, earliest, core.start) if earliest > first else first
    latest = min(last, start + length)
    return start, _end(text, max(core.end, start + 1), latest) if latest < last else last


def _start(text: str, earliest: int, latest: int) -> int:
    """Where to begin: with the first sentence, or else the first word; between two letters only
    where there is no word's beginning near."""
    # what ends the sentence before may stand outside
    for found in _BEFORE_SENTENCE.finditer(text, max(0, earliest - MAX_MARKS), latest):
        if found.end() >= earliest:
            return found.end()
    near = range(earliest, min(latest, earliest + MAX_WORD) + 1)
    for at in near:
        if text[at - 1].isspace() and not text[at].isspace() and _is_seam(text, at):
            return at
    return next((at for at in near if _is_seam(text, at)), latest)


def _end(text: str, earliest: int, latest: int) -> int:
    """Where to end: after a sentence, or else the last word, likewise."""
    low = max(earliest, latest - (latest - earliest) // 3)
    ends = [
        found.end()
        for found in _SENTENCE_END.finditer(text, max(0, low - MAX_MARKS), latest + 1)
        if low <= found.end()
    ]
    if ends:
        return ends[-1]
    near = range(latest, max(earliest, latest - MAX_WORD) - 1, -1)
    for at in near:
        if text[at].isspace() and not text[at - 1].isspace():
            return at
    return next((at for at in near if _is_seam(text, at)), latest)


def _begins(text: str, at: int) -> bool:
    """Whether a sentence begins there."""
    near = _BEFORE_SENTENCE.finditer(text, max(0, at - 2 * MAX_MARKS), at)
    return any(found.end() == at for found in near)


def _ends(text: str, at: int) -> bool:
    """Whether a sentence ends there."""
    near = _SENTENCE_END.finditer(text, max(0, at - 2 * MAX_MARKS), at + 1)
    return any(found.end() == at for found in near)


def _is_seam(text: str, at: int) -> bool:
    """Whether a cut before a position leaves whole what is read as one letter (UAX #29, 3, in
    short: combining marks, joined emoji, flags, halves of a pair)."""
    before, after = text[at - 1], text[at]
    return not (
        unicodedata.category(after) in _MARKS
        or _JOINER in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # colours of skin
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
    )
