"""How far the loader is, as it tells every other process: status files and the writer's lock."""

import contextlib
import fcntl
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsarchive.config import Config

CATALOGUE = "catalogue.sqlite3"
#: held by the process that writes; in it stands who that is, and since when
LOCK = "writer.lock"
STATUS = "status.json"
#: there while the search index is made anew
INDEX_STATUS = "index-status.json"


#: what readers may find damaged; each has a file of its own, which is there from then on until
#: somebody mends it
CATALOGUE_FLAG, INDEX_FLAG = "catalogue-distrusted", "index-distrusted"
#: touched where a mistake of ours may have been damage
SUSPICION_FLAG = "catalogue-suspected"


@dataclass(frozen=True, slots=True)
class Told:
    """What the loader last told."""

    #: loading, loaded or unknown
    state: str
    #: files read so far
    done: int
    #: files to be read
    total: int
    #: whether the process that told it still holds the writer's lock
    alive: bool


_NOTHING = Told("unknown", 0, 0, alive=False)


@dataclass(frozen=True, slots=True)
class Making:
    """How far a search index is that is being made."""

    #: entries that are in it
    done: int
    #: of how many
    total: int


def told(config: Config) -> Told:
    """What the loader last told, and whether it lives to keep it true."""
    try:
        found = _read(config.data_dir / STATUS)
        alive = bool(found["holder"]) and found["holder"] == _holder(config)
        return Told(str(found["state"]), int(found["done"]), int(found["total"]), alive)
    except (OSError, ValueError, KeyError, TypeError):
        return _NOTHING


def making(config: Config) -> Making | None:
    """How far the search index is that is being made anew; None if none is."""
    try:
        found = _read(config.data_dir / INDEX_STATUS)
        if not found["holder"] or found["holder"] != _holder(config):
            return None  # who told it is gone
        return Making(int(found["done"]), int(found["total"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def distrust(config: Config, what: str) -> None:
    """Tell who writes that something was found damaged; where nothing can be written, nothing can
    be mended either."""
    with contextlib.suppress(OSError):
        (config.data_dir / what).touch(mode=0o600)


def is_distrusted(config: Config, what: str) -> bool:
    """Whether somebody found it damaged since it was last ``trusted``."""
    return (config.data_dir / what).exists()


def trust(config: Config, what: str) -> None:
    """It was mended, or is about to be."""
    with contextlib.suppress(OSError):
        (config.data_dir / what).unlink(missing_ok=True)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def tell(config: Config, state: str, done: int, total: int) -> None:
    """Tell it to whoever asks; only who holds the writer's lock may."""
    _tell(config, STATUS, {"state": state, "done": done, "total": total})


def tell_making(config: Config, found: Making | None) -> None:
    """Tell how far the search index is, None when it is made; only who holds the lock may."""
    if found is not None:
        _tell(config, INDEX_STATUS, {"done": found.done, "total": found.total})
    else:
        with contextlib.suppress(OSError):
            (config.data_dir / INDEX_STATUS).unlink(missing_ok=True)


def _tell(config: Config, name: str, status: dict[str, object]) -> None:
    path = config.data_dir / name
    with contextlib.suppress(OSError):  # a full disk: the load itself will say so
        holder = (config.data_dir / LOCK).read_text(encoding="utf-8")
        path.with_suffix(".tmp").write_text(json.dumps({**status, "holder": holder}), "utf-8")
        path.with_suffix(".tmp").replace(path)


def _holder(config: Config) -> str:
    """Who holds the writer's lock, in the words of that process; '' if nobody does.

    The lock and not a process number: that is another's in a container, or after a restart.
    """
    with (config.data_dir / LOCK).open(encoding="utf-8") as lock:
        try:
            # shared, and given back at once: a writer that comes just now tries again
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read()
    return ""
