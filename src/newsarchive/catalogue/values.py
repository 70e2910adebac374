"""What the catalogue answers with."""

from dataclasses import dataclass

from newsarchive.entry import Entry


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    #: without their bodies
    entries: tuple[Entry, ...]
    #: entries of the whole list
    total: int
    #: 1 is the first
    number: int
    #: how many pages there are; at least 1
    pages: int


@dataclass(frozen=True, slots=True)
class Name:
    """A tag or an author, with how many entries there are."""

    slug: str
    #: in its commonest spelling
    name: str
    entries: int


@dataclass(frozen=True, slots=True)
class Asset:
    """A file beside the articles."""

    #: relative to the articles folder, as on disk
    path: str
    #: bytes
    size: int
    #: nanoseconds
    mtime: int


@dataclass(frozen=True, slots=True)
class Running:
    """An open story that had an update of late."""

    story: Entry
    last: Entry
    #: how many updates are online
    updates: int
    #: its oldest update
    first: Entry


@dataclass(frozen=True, slots=True)
class Change:
    """The latest state of an entry that changed."""

    sequence: int
    id: str
    path: str
    deleted: bool
    digest: str
