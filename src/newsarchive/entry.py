"""What an archive is made of, as frozen values: entries, dates, problems.

What the catalogue holds are structs that are written as arrays, by place: read in half the time
that names would take. Who adds a field adds it at the end, or raises the catalogue's version.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct, field

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Kind(StrEnum):
    """What an entry is: a page of its own, or one moment of a story."""

    ARTICLE = "article"
    UPDATE = "update"


class Status(StrEnum):
    """Whether an entry is shown: drafts are not, the withdrawn show only their notice."""

    PUBLISHED = "published"
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


class Coverage(StrEnum):
    """Whether a story still runs."""

    OPEN = "open"
    CLOSED = "closed"


class Precision(StrEnum):
    """How much of a date is known (ISO 8601-1:2019, 4.3: reduced precision)."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"


class Moment(Struct, frozen=True, array_like=True, gc=False):
    """A date as precise as it is known."""

    #: the first instant of the year, month or day, or the very time; aware, in the zone as written
    at: datetime
    #: how much of ``at`` was written
    precision: Precision = Precision.MINUTE


class Image(Struct, frozen=True, array_like=True, gc=False):
    """A lead picture."""

    #: as written: an address, or a path relative to the file
    url: str
    #: what it shows, for those who do not see it
    alt: str = ""


class Source(Struct, frozen=True, array_like=True, gc=False):
    """Where something was learnt."""

    title: str
    url: str = ""
    publisher: str = ""
    date: str = ""


class Correction(Struct, frozen=True, array_like=True, gc=False):
    """What was wrong, and what is right."""

    #: when it was corrected
    date: Moment
    #: Markdown, one paragraph
    text: str


class Entry(Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """An article or an update, as its author wrote it."""

    #: permanent identity: a URI (RFC 4151 unless the author brought another)
    id: str
    #: its place below ``/articles/``, without slashes at the ends; unescaped, NFC
    path: str
    kind: Kind
    #: plain text
    title: str
    published: Moment
    #: when it last changed in substance, by the author's word; never before ``published``
    updated: Moment
    #: BCP 47
    lang: str
    #: plain text, one paragraph
    summary: str = ""
    #: names, as written
    authors: tuple[str, ...] = ()
    #: as written
    tags: tuple[str, ...] = ()
    status: Status = Status.PUBLISHED
    #: of an update: the path of its story
    story: str = ""
    #: of an article: whether it is a story (``type: story``, or a folder with updates)
    is_story: bool = False
    #: of a story
    coverage: Coverage = Coverage.OPEN
    #: of an update: a key event
    key: bool = False
    #: of an update: its author gave it no title, so ``title`` is its date in words
    untitled: bool = False
    image: Image | None = None
    sources: tuple[Source, ...] = ()
    corrections: tuple[Correction, ...] = ()
    #: old addresses, each beginning with a slash, unescaped
    aliases: tuple[str, ...] = ()
    #: whether the author wrote the id
    has_own_id: bool = False
    #: metadata this program has no meaning for, as written
    #: (``Json``, written as Any since msgspec reads no recursive alias)
    extra: dict[str, Any] = field(default_factory=dict)
    #: the file, relative to the articles folder, with ``/`` between folders
    file: str = ""
    #: where the body begins in the file; 1 is the first line
    line: int = 1
    #: Markdown; a list leaves it empty
    body: str = ""
    #: of this version, hexadecimal; the catalogue gives it
    digest: str = ""


class Severity(StrEnum):
    """What a problem does: an error keeps an entry out, a warning is a likely mistake."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in a file that its author should know: where, what, and what to do."""

    #: relative to the articles folder
    path: str
    #: 1 is the first line
    line: int
    #: what is wrong, beginning with the key it is about when there is one
    message: str
    #: what to do about it
    remedy: str
    severity: Severity = Severity.ERROR
