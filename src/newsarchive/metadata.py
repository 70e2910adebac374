"""Metadata as an author wrote it: a tree of frozen values that know their lines.

Nothing is interpreted here: ``no`` is the text "no" until someone wants a boolean.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from newsarchive.entry import Json, Severity
from newsarchive.errors import MetadataError

#: bytes of a file's metadata
MAX_METADATA = 64_000
#: lists and maps inside one another, the outermost included
MAX_DEPTH = 8
#: scalars, lists and maps together
MAX_VALUES = 5_000

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
#: a text that every YAML 1.1 and 1.2 parser takes for itself when it stands without quotes
_OTHER_BLANKS = r"\t\r\n\f\v\x85\u2028\u2029"
# a single space is not replaced by itself: most texts have no other
_BLANKS = re.compile(rf" [ {_OTHER_BLANKS}]+|[{_OTHER_BLANKS}][ {_OTHER_BLANKS}]*")
_SAFE_PLAIN = re.compile(r"[^\W\d_](?:[\w .,;()/+’…«»-]*[\w.)’…»])?")
_WORDS = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null")


class Format(StrEnum):
    """How a file's metadata is written."""

    NONE = "none"
    YAML = "YAML"
    TOML = "TOML"
    JSON = "JSON"
    PELICAN = "Pelican"
    NIKOLA = "Nikola"


class Scalar(Struct, frozen=True, gc=False):
    """One value, as text."""

    text: str
    #: in the file; 1 is the first
    line: int
    #: characters before it on its line; quotes belong to it
    column: int = 0
    #: whether it stands without quotes, so that ``null`` means nothing
    plain: bool = False

    @property
    def is_null(self) -> bool:
        """Whether nothing was written: ``~``, ``null`` or no text at all."""
        return self.text in _NULL if self.plain else not self.text


class Sequence(Struct, frozen=True, gc=False):
    """A list."""

    values: "tuple[Node, ...]"
    line: int


class Mapping(Struct, frozen=True, gc=False):
    """Keys with values, in the order written; no key stands twice."""

    items: "tuple[tuple[Scalar, Node], ...]"
    line: int


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the metadata of a file."""

    line: int
    #: what it is about; empty when that cannot be told
    key: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR

    @classmethod
    def of(cls, error: MetadataError) -> "Mistake":
        """What an error said."""
        return cls(error.line, error.key, error.message, error.remedy)


def as_json(node: Node) -> Json:
    """A value as JSON: every text as written, nothing as null."""
    match node:
        case Scalar():
            return None if node.plain and node.is_null else node.text
        case Sequence():
            return [as_json(value) for value in node.values]
        case Mapping():
            return {key.text: as_json(value) for key, value in node.items}


def quoted(text: str) -> str:
    """A text in quotes, as YAML reads it: in double ones unless it holds them itself."""
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folded(text: str) -> str:
    """A text with each run of blanks and line ends as one space, none at its ends; no-break
    spaces are the author's, and stay."""
    return _BLANKS.sub(" ", text).strip()


def scalar(text: str) -> str:
    """A text of one line as YAML reads it: in quotes where it needs them.

    It stands bare only where every reader of YAML, whatever its version, takes it for this text.
    """
    text = folded(text)
    if _SAFE_PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return text
    return quoted(text)


def once(items: list[tuple[Scalar, Node]]) -> tuple[tuple[Scalar, Node], ...]:
    """The items of a map.

    Raises:
        MetadataError: a key stands twice.
    """
    lines: dict[str, int] = {}
    for key, _ in items:
        if key.text in lines:
            raise twice(key, lines[key.text])
        lines[key.text] = key.line
    return tuple(items)


def twice(key: Scalar, line: int) -> MetadataError:
    """A key that stands on ``line`` already."""
    return MetadataError(
        key.line,
        key.text,
        f"stands twice, on lines {line} and {key.line}",
        "keep one of the two lines and delete the other",
    )


def too_deep(line: int, key: str = "") -> MetadataError:
    """Lists and maps nested past the bound."""
    return MetadataError(
        line,
        key,
        f"lists inside lists, more than {MAX_DEPTH} deep, are not read",
        "write a plain list; a text that begins with [ or { needs quotes",
    )


def too_many(line: int) -> MetadataError:
    """More values than the bound."""
    return MetadataError(
        line,
        "",
        f"more than {MAX_VALUES:,} values in the metadata",
        "keep what describes the article and move the rest to its text",
    )
