"""What one load did to the entries, told for the log of changes."""

import sqlite3
from dataclasses import dataclass, field

from newsarchive.catalogue.memberships import Memberships
from newsarchive.entry import Entry, Status
from newsarchive.permalink import folder_of


@dataclass(slots=True)
class Tale:
    """What one load did to the entries."""

    lists: Memberships
    #: microseconds
    now: int
    #: whether nothing was held before
    is_first: bool
    added: int = 0
    changed: int = 0
    removed: int = 0
    #: rows for the log of changes, in order
    logged: list[dict[str, str]] = field(default_factory=list)
    #: stories that an update has left
    left: set[str] = field(default_factory=set)

    def note(self, entry: Entry, at: int, digest: str, was: sqlite3.Row | None) -> None:
        """An entry is new, or another than it ``was``."""
        if was:
            self.changed += 1
        else:
            self.added += 1
        is_draft = entry.status is Status.DRAFT
        if not is_draft or (was and was["status"] != Status.DRAFT):
            path = "" if is_draft or at > self.now else entry.path
            self.log(entry.id, path, "" if is_draft else digest, was)
        if was and folder_of(was["path"]) != folder_of(entry.path):
            self.left.add(folder_of(was["path"]))

    def log(self, id_: str, path: str, digest: str, was: sqlite3.Row | None) -> None:
        """Note that an entry is another than it ``was``. ``path`` is where it is online now, and
        ``digest`` of what it is now; '' where it is not."""
        shown = was and was["status"] != Status.DRAFT and was["at"] <= self.now
        before = was["path"] if was and shown else ""
        self.logged.append({"id": id_, "path": path, "before": before, "digest": digest})
