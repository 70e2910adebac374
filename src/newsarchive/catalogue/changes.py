"""What a load hands to the catalogue: files as they were read, entries placed, what is gone."""

from dataclasses import dataclass

from msgspec import Struct

from newsarchive.catalogue.values import Asset
from newsarchive.entry import Entry, Moment, Problem


class FileState(Struct, frozen=True, gc=False):
    """A Markdown file as it was when it was last read, and the part its folder gave it."""

    path: str
    #: bytes
    size: int
    #: nanoseconds
    mtime: int
    inode: int
    #: BLAKE2b-128 of its bytes
    digest: bytes
    #: the story whose update it is
    story: str = ""
    #: of an index: dated files stand beside it
    has_updates: bool = False
    #: of an index: its folder is one article
    leads: bool = False
    #: to be parsed again at the next load
    again: bool = False


class Placed(Struct, frozen=True, gc=False):
    """An entry with what it inherits, and its place in time: its own date, or while its story
    is under embargo its story's."""

    entry: Entry
    moment: Moment
    #: the entry as its file says it, where that differs
    own: Entry | None = None


class ReadFile(Struct, frozen=True, gc=False):
    """What reading a file gave."""

    state: FileState
    #: of a broken file: those of its last good version
    entries: tuple[Placed, ...]
    problems: tuple[Problem, ...] = ()
    #: unknown keys, with their lines
    unknown: tuple[tuple[str, int], ...] = ()
    #: the index file of the story whose update it holds; else the file itself
    index: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that one load found different."""

    #: read anew
    files: tuple[ReadFile, ...] = ()
    #: same bytes, other times
    touched: tuple[FileState, ...] = ()
    #: paths of files that are gone
    removed: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()
    removed_assets: tuple[str, ...] = ()
    #: what parsing depended on besides the files
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many entries a load added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    generation: int = 0
