"""What a visitor writes into the search field, read within bounds, and its canonical spelling.

    words  "a phrase"  -word  -"a phrase"  begin*  one OR another  tag:ia  -tag:ia  after:2023

``OR`` (or ``OU``) binds tighter than the "and" between all other parts. There are no brackets and
nothing is nested, so every text has one reading, found in one pass: what has no meaning where it
stands is read as a word or left out, and a note says so.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from newsarchive.errors import QueryError

#: characters, in the spelling of the visitor and in the canonical one
MAX_TEXT = 256
#: words, phrases, beginnings and filters, those beside an OR included
MAX_CLAUSES = 16
#: words in a phrase
MAX_PHRASE = 12
#: characters of a word
MAX_WORD = 64
#: letters or digits before a star
MIN_PREFIX = 3

#: parameters of ``Query`` that can be written among the words
FILTERS = ("after", "author", "before", "lang", "story", "tag", "type")
#: those that take a list; the last value of any other counts
LISTS = frozenset({"author", "tag"})
#: those whose opposite can be asked for
NEGATABLE = frozenset({"tag"})

_OR = frozenset({"OR", "OU"})
#: they join letters within words of some scripts and parts of emoji
_JOINERS = "\u200c\u200d"
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»＂"), '"')
_FILTER = re.compile(rf"({'|'.join(FILTERS)}):(.*)", re.ASCII | re.IGNORECASE)
_PIECE = re.compile(
    rf"""(?P<minus>-*)(?P<name>(?:{"|".join(FILTERS)}):)?"(?P<quoted>[^"]*)(?P<end>"|$)"""
    r"""|(?P<bare>[^ "]+)""",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, such as ``l'Été`` or ``covid-19``: it holds a letter or a digit, and
    neither spaces nor quotation marks."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after another: two or more, with single spaces between them."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """The beginning of a word, without its star."""

    text: str


Atom = Word | Phrase | Prefix


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the question: an entry has one of the atoms."""

    #: at least one; exactly one if negated
    atoms: tuple[Atom, ...]
    #: an entry has it not
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out or read otherwise than it may have been meant."""

    #: a sentence with ``%(name)s`` where ``values`` go, so that it can be translated
    text: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.text % self.values


@dataclass(frozen=True, slots=True)
class Wording:
    """A question as it was understood."""

    #: in the order written; every one holds
    clauses: tuple[Clause, ...] = ()
    #: parameters for ``Query.from_args``, sorted, each once; ``("tag", "-x")`` is "not x"
    filters: tuple[tuple[str, str], ...] = ()
    #: each once
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Term:
    """A word, phrase or beginning in its place; ``None`` for one that is left out."""

    atom: Atom | None
    negated: bool


@dataclass(frozen=True, slots=True)
class _Or:
    """``OR`` as written."""

    text: str


@dataclass(frozen=True, slots=True)
class _Filter:
    """The place of a filter."""


_Part = _Term | _Or | _Filter


def parse(text: str) -> Wording:
    """Read a text of the search field.

    Raises:
        QueryError: it is longer than a question may be.
    """
    reader = _Reader()
    for found in _PIECE.finditer(_plain(text)):
        reader.read(found)
    wording = reader.wording()
    if len(unparse(wording)) > MAX_TEXT:
        raise _too_long()
    return wording


def unparse(wording: Wording) -> str:
    """The canonical spelling of what ``parse`` made: it reads as the same question again."""
    clauses = (
        ("-" if clause.negated else "") + " OR ".join(map(_spelled, clause.atoms))
        for clause in wording.clauses
    )
    return " ".join([*clauses, *(_filter_spelled(*pair) for pair in wording.filters)])


def words(wording: Wording) -> tuple[str, ...]:
    """The words looked for, those of phrases too, in order; beginnings (``word*``) are none."""
    return tuple(
        word
        for clause in wording.clauses
        if not clause.negated
        for atom in clause.atoms
        if not isinstance(atom, Prefix)
        for word in atom.text.split(" ")
    )


class _Reader:
    """Takes the pieces of a text one by one."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._filters: set[tuple[str, str]] = set()
        #: what holds neither letters nor digits
        self._signs: list[str] = []
        self._notes: dict[Note, None] = {}

    def wording(self) -> Wording:
        """What the pieces make together.

        Raises:
            QueryError: they are too many.
        """
        clauses = tuple(_clauses(self._resolved()))
        size = sum(len(clause.atoms) for clause in clauses) + len(self._filters)
        if size > MAX_CLAUSES:
            raise QueryError(
                "q",
                "at most %(most)s words, phrases and filters; leave some out, or put words that"
                " belong together in quotation marks",
                most=MAX_CLAUSES,
            )
        # "Altman : le retour ?" is how the French write; more than that is worth a word
        if any(not _is_punctuation(sign) for sign in self._signs) or (self._signs and not size):
            self._note(Note("signs without a letter or a digit were left out"))
        return Wording(clauses, tuple(sorted(self._filters)), tuple(self._notes))

    def read(self, found: re.Match[str]) -> None:
        """Read one piece."""
        if found["bare"] is not None:
            self._bare(found["bare"])
            return
        if not found["end"]:
            self._note(Note("the quotation mark was not closed"))
        negated, quoted = bool(found["minus"]), found["quoted"].strip(" ")
        if found["name"]:
            self._filter(found["name"][:-1], quoted, negated=negated)
        else:
            self._parts.append(_Term(self._quoted(quoted), negated))

    def _bare(self, piece: str) -> None:
        text = piece.lstrip("-")
        negated = text != piece
        named = _FILTER.fullmatch(text)
        if named:
            self._filter(named[1], named[2], negated=negated)
        elif text in _OR and not negated:
            self._or(text)
        else:
            self._parts.append(_Term(self._unquoted(text or piece), negated))

    def _quoted(self, text: str) -> Atom | None:
        found = [word for word in text.split(" ") if _has_letter(word)]
        if len(found) > MAX_PHRASE:
            raise QueryError(
                "q", "at most %(most)s words in quotation marks; leave some out", most=MAX_PHRASE
            )
        if len(found) > 1:
            return Phrase(" ".join(found))
        return self._kept(Word(found[0] if found else text))

    def _unquoted(self, text: str) -> Atom | None:
        stem = text.rstrip("*")
        if stem != text and _letters_at_end(stem) >= MIN_PREFIX:
            return self._kept(Prefix(stem))
        if stem != text or text.startswith("*"):
            self._note(Note("a star needs %(least)s letters before it", {"least": MIN_PREFIX}))
            return self._kept(Word(stem)) if _has_letter(stem) else None
        return self._kept(Word(text))

    def _kept(self, atom: Word | Prefix) -> Atom | None:
        if not _has_letter(atom.text):
            self._signs += [atom.text] if atom.text else []
            return None
        if len(atom.text) > MAX_WORD:
            self._note(
                Note("words of more than %(most)s characters were left out", {"most": MAX_WORD})
            )
            return None
        return atom

    def _or(self, text: str) -> None:
        if self._parts and isinstance(self._parts[-1], _Or):
            self._stray_or()
        else:
            self._parts.append(_Or(text))

    def _filter(self, name: str, value: str, *, negated: bool) -> None:
        name = name.lower()
        values = [part.strip(" ") for part in value.split(",")] if name in LISTS else [value]
        if name in NEGATABLE:
            values = ["-" * (negated or part[:1] == "-") + part.lstrip("- ") for part in values]
        pairs = {(name, part) for part in values if part.strip("-")}
        if not pairs:
            said = Note("%(name)s with nothing after it was read as a word", {"name": f"{name}:"})
            self._parts.append(_Term(Word(f"{name}:"), negated))
        elif negated and name not in NEGATABLE:
            said = Note("only tags can be excluded: %(name)s was left out", {"name": f"-{name}:"})
            self._parts.append(_Filter())
        else:
            self._parts.append(_Filter())
            self._add(name, pairs)
            return
        self._note(said)

    def _add(self, name: str, pairs: set[tuple[str, str]]) -> None:
        others = {pair for pair in self._filters if name in LISTS or pair[0] != name}
        if self._filters - others - pairs:
            self._note(Note("of several %(name)s the last one counts", {"name": f"{name}:"}))
        self._filters = others | pairs

    def _resolved(self) -> Iterator[_Part]:
        """The parts, with those ORs only that stand between two terms."""
        last = len(self._parts) - 1
        for index, part in enumerate(self._parts):
            if not isinstance(part, _Or):
                yield part
            elif index in (0, last):
                self._note(
                    Note(
                        "%(word)s at the beginning or the end was read as a word",
                        {"word": part.text},
                    )
                )
                yield _Term(Word(part.text), negated=False)
            elif all(
                isinstance(side, _Term) and not side.negated
                for side in (self._parts[index - 1], self._parts[index + 1])
            ):
                yield part
            else:
                self._stray_or()

    def _stray_or(self) -> None:
        self._note(Note("OR joins two words or phrases: elsewhere it was left out"))

    def _note(self, note: Note) -> None:
        self._notes.setdefault(note)


def _clauses(parts: Iterable[_Part]) -> Iterator[Clause]:
    groups: list[list[_Term]] = []
    joined = False
    for part in parts:
        if isinstance(part, _Term):
            if joined:
                groups[-1].append(part)
            else:
                groups.append([part])
        joined = isinstance(part, _Or)
    for group in groups:
        atoms = tuple(term.atom for term in group if term.atom is not None)
        if atoms:
            yield Clause(atoms, group[0].negated)


def _plain(text: str) -> str:
    """NFC, single spaces, straight quotes, no controls.

    Raises:
        QueryError: it is too long.
    """
    text = " ".join(text.split())
    # a letter may be up to four characters before NFC; beyond that there is nothing to count
    if len(text) > 4 * MAX_TEXT:
        raise _too_long()
    kept = "".join(letter for letter in text if not _is_control(letter))
    text = " ".join(unicodedata.normalize("NFC", kept).translate(_QUOTES).split())
    if len(text) > MAX_TEXT:
        raise _too_long()
    return text


def _too_long() -> QueryError:
    return QueryError("q", "at most %(most)s characters", most=MAX_TEXT)


def _is_control(letter: str) -> bool:
    """Whether it shows nothing (marks of direction too) or is no character (Unicode, 23.7)."""
    code = ord(letter)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return True
    return (
        unicodedata.category(letter) in ("Cc", "Cf", "Cs")
        and letter not in _JOINERS
        and not letter.isspace()
    )


def _is_punctuation(sign: str) -> bool:
    return all(unicodedata.category(letter)[0] in "PZ" for letter in sign)


def _has_letter(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _letters_at_end(text: str) -> int:
    """Letters and digits from the end back to the first sign; their accents are none."""
    count = 0
    for letter in reversed(text):
        if letter.isalnum():
            count += 1
        elif not unicodedata.category(letter).startswith("M"):
            break
    return count


def _spelled(atom: Atom) -> str:
    if isinstance(atom, Prefix):
        return f"{atom.text}*"
    read_otherwise = (
        isinstance(atom, Phrase)
        or atom.text in _OR
        or atom.text.startswith("-")
        or atom.text.endswith("*")
        or _FILTER.fullmatch(atom.text)
    )
    return f'"{atom.text}"' if read_otherwise else atom.text


def _filter_spelled(name: str, value: str) -> str:
    sign = "-" if name in NEGATABLE and value.startswith("-") else ""
    value = value.removeprefix(sign)
    return f'{sign}{name}:"{value}"' if " " in value else f"{sign}{name}:{value}"
