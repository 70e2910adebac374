"""Where Whoosh's indexes lie: files that are mapped and synced, folders that are switched.

    search/             of its owner alone, as opening an index unpickles
        lock            held while something is written
        current         the name of the folder that answers, replaced in one step
        3f9c…/          an index, in files that never change once they are there

A commit is the renaming of one file, the TOC, which lists the segments and what is deleted in
them, and holds the position: all of it is there, or nothing.
"""

import mmap
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary
from zlib import crc32

from newsarchive.errors import SearchError
from newsarchive.search.whoosh_library import NAME, TOC, FileLock, FileStorage, StructFile

CURRENT = "current"
LOCK = "lock"
#: in a folder that is being filled, held by who fills it
FILLING = "filling"
LOCK_SECONDS = 30.0
FOLDER = re.compile(r"[0-9a-f]{16}")
#: bytes of the checksum at the end of a TOC
CHECKSUM = 4


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """The one place where what Whoosh raises becomes an error that says which index it is about."""
    try:
        yield
    except SearchError:
        raise
    except Exception as error:
        # damaged bytes raise what they like, and Whoosh itself plain Exceptions
        message = " ".join(str(error).split()) or type(error).__name__
        raise SearchError(str(path), f"the search index cannot be used: {message}") from error


class Window:
    """A file to be read, with a place of its own in bytes that threads share."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self.data = data
        self._place = 0

    def read(self, size: int = -1) -> bytes:
        end = len(self.data) if size is None or size < 0 else self._place + size
        part = self.data[self._place : end]
        self._place += len(part)
        return part

    def peek(self, size: int = 0) -> bytes:
        """What comes next; spares pickle a call for each of its few bytes."""
        return self.data[self._place : self._place + min(size, 128)]

    def readline(self) -> bytes:
        end = self.data.find(b"\n", self._place)
        return self.read(len(self.data) if end < 0 else end + 1 - self._place)

    def seek(self, place: int, whence: int = 0) -> None:
        self._place = place + (0, self._place, len(self.data))[whence]

    def tell(self) -> int:
        return self._place


class MappedFile(StructFile):  # type: ignore[misc]  # the library has no types
    """A file of an index, none of which is copied before it is used."""

    def __init__(self, data: mmap.mmap | bytes, name: str) -> None:
        super().__init__(Window(data), name=name)
        self._data = data

    def get(self, position: int, length: int) -> bytes:
        return self._data[position : position + length]


class TrackedStorage(FileStorage):  # type: ignore[misc]  # the library has no types
    """A folder whose new files can be closed and removed when a writer gives up."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        #: files made since the last commit
        self.made: dict[str, Any] = {}

    def create_file(self, name: str, **options: Any) -> Any:
        made = super().create_file(name, **options)
        self.made[name] = made
        return made

    def abandon(self) -> None:
        """Remove what was made; a full disk must have its room back."""
        for name, made in self.made.items():
            with suppress(OSError):
                made.raw_file().close()
            with suppress(OSError):
                (Path(self.folder) / name).unlink()
        self.made = {}


class MappedStorage(TrackedStorage):
    """The folder of an index, for all threads."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self._mapped: WeakValueDictionary[str, mmap.mmap] = WeakValueDictionary()
        self._temporary: list[TrackedStorage] = []

    def open_file(self, name: str, **_: Any) -> MappedFile:
        if name.endswith(".toc"):
            return MappedFile(_checked((Path(self.folder) / name).read_bytes()), name)
        return MappedFile(self._bytes(name), name)

    def _bytes(self, name: str) -> mmap.mmap | bytes:
        # one mapping for all threads, as each takes a descriptor
        mapped = self._mapped.get(name)
        if mapped is not None:
            return mapped
        with (Path(self.folder) / name).open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return b""  # which cannot be mapped
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._mapped[name] = mapped
        return mapped

    def temp_storage(self, name: str | None = None) -> TrackedStorage:
        folder = Path(self.folder) / (name or f"{NAME}.tmp")
        folder.mkdir(mode=0o700, exist_ok=True)
        made = TrackedStorage(str(folder))
        self._temporary.append(made)
        return made

    def abandon(self) -> None:
        super().abandon()
        for temporary in self._temporary:
            temporary.abandon()
            shutil.rmtree(temporary.folder, ignore_errors=True)

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """The commit: what the TOC names is on the disk before it is, and it before we go on."""
        toc = Path(self.folder) / oldname
        with toc.open("ab") as file:
            file.write(crc32(toc.read_bytes()).to_bytes(CHECKSUM, "big"))
        for name in self.made:
            _sync(Path(self.folder) / name)
        super().rename_file(oldname, newname, safe=safe)
        self.made = {}
        _sync(Path(self.folder))

    def sweep(self) -> None:
        """Remove TOCs that a killed writer did not finish; Whoosh removes its other files."""
        for toc in Path(self.folder).glob(f"_{NAME}_*.toc.*"):
            toc.unlink()

    def toc(self, generation: int | None = None) -> Any:
        """The list of segments, of the last commit or of one."""
        return TOC.read(self, NAME, gen=generation)

    def generation(self) -> int:
        """The number of the last commit.

        Raises:
            FileNotFoundError: there is none.
        """
        last: int = TOC._latest_generation(self, NAME)
        if last < 0:
            raise FileNotFoundError(2, "there is no index in this folder", self.folder)
        return last


def _checked(toc: bytes) -> bytes:
    # before it is unpickled
    content, checksum = toc[:-CHECKSUM], toc[-CHECKSUM:]
    if crc32(content).to_bytes(CHECKSUM, "big") != checksum:
        raise ValueError("its list of segments is damaged, or not ours")
    return content


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Folders:
    """The folder of all indexes, and which of them answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filling: dict[str, Any] = {}

    def current(self) -> str:
        """The folder that answers; '' when there never was one."""
        try:
            name = (self.path / CURRENT).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""
        if not FOLDER.fullmatch(name):
            raise ValueError("what it says of the index in use is damaged")
        if self.path.stat().st_mode & 0o022:
            raise PermissionError("others may write into its folder; allow that to its owner only")
        return name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else writes meanwhile.

        Raises:
            SearchError: somebody does, and does not end.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.stat().st_mode & 0o077:
            self.path.chmod(0o700)
        lock = FileLock(str(self.path / LOCK))
        end = time.monotonic() + LOCK_SECONDS
        while not lock.acquire():
            if time.monotonic() > end:
                raise SearchError(str(self.path), "another process is writing the search index")
            time.sleep(0.01)
        try:
            yield
        finally:
            lock.release()

    def create(self) -> str:
        """A folder that nobody has seen yet; the lock is held."""
        name = secrets.token_hex(8)
        (self.path / name).mkdir(mode=0o700)
        lock = FileLock(str(self.path / name / FILLING))
        lock.acquire()
        self._filling[name] = lock
        return name

    def switch(self, name: str) -> None:
        """Let a folder answer and remove the others; the lock is held."""
        aside = self.path / f"{CURRENT}.new"
        with aside.open("w", encoding="ascii") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path / CURRENT)
        _sync(self.path)
        self._release(name)
        for other in self.path.iterdir():
            if FOLDER.fullmatch(other.name) and other.name != name and not _is_filled(other):
                # who reads it has its files mapped, or finds them gone and looks again
                shutil.rmtree(other, ignore_errors=True)

    def discard(self, name: str) -> None:
        """Remove a folder that is not to answer."""
        self._release(name)
        shutil.rmtree(self.path / name, ignore_errors=True)

    def _release(self, name: str) -> None:
        with suppress(FileNotFoundError):
            (self.path / name / FILLING).unlink()
        if lock := self._filling.pop(name, None):
            lock.release()


def _is_filled(folder: Path) -> bool:
    """Whether a process that lives fills a folder."""
    if not (folder / FILLING).exists():
        return False
    lock = FileLock(str(folder / FILLING))
    if not lock.acquire():
        return True
    lock.release()
    return False
