"""How far the loader is, as it tells every other process: a status file and the writer's lock."""

import contextlib
import fcntl
import json
from dataclasses import dataclass

from newsarchive.config import Config

#: held by the process that writes; in it stands who that is, and since when
LOCK = "writer.lock"
STATUS = "status.json"


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


def told(config: Config) -> Told:
    """What the loader last told, and whether it lives to keep it true."""
    try:
        found = json.loads((config.data_dir / STATUS).read_text(encoding="utf-8"))
        alive = bool(found["holder"]) and found["holder"] == _holder(config)
        return Told(str(found["state"]), int(found["done"]), int(found["total"]), alive)
    except (OSError, ValueError, KeyError, TypeError):
        return _NOTHING


def tell(config: Config, state: str, done: int, total: int) -> None:
    """Tell it to whoever asks; only who holds the writer's lock may."""
    path = config.data_dir / STATUS
    with contextlib.suppress(OSError):  # a full disk: the load itself will say so
        holder = (config.data_dir / LOCK).read_text(encoding="utf-8")
        status = {"state": state, "done": done, "total": total, "holder": holder}
        path.with_suffix(".tmp").write_text(json.dumps(status), encoding="utf-8")
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
