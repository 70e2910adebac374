"""The articles folder: what lies in it, reading with bounds, creating without harm."""

import os
import re
import stat
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from msgspec import Struct

from newsarchive.entry import Problem
from newsarchive.errors import ArticlesError
from newsarchive.filename import ENDINGS

MAX_BYTES = 2_000_000
MAX_DEPTH = 32
#: characters of a file named .git, which holds one path
MAX_GIT_FILE = 8192
#: neither a link is followed nor a FIFO waited for
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SKIPPED_FOLDERS = {"node_modules", "_site"}
_BAD_NAME = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")

#: what may be served from beside the articles, by its ending: nothing a browser would run
MEDIA_TYPES = {
    ".avif": "image/avif", ".bmp": "image/bmp", ".gif": "image/gif", ".ico": "image/x-icon",
    ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml",
    ".webp": "image/webp", ".aac": "audio/aac", ".flac": "audio/flac", ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg", ".oga": "audio/ogg", ".ogg": "audio/ogg", ".opus": "audio/ogg",
    ".wav": "audio/wav", ".m4v": "video/mp4", ".mov": "video/quicktime", ".mp4": "video/mp4",
    ".ogv": "video/ogg", ".webm": "video/webm", ".vtt": "text/vtt", ".csv": "text/csv",
    ".tsv": "text/tab-separated-values", ".txt": "text/plain", ".json": "application/json",
    ".geojson": "application/geo+json", ".pdf": "application/pdf", ".zip": "application/zip",
    ".gz": "application/gzip", ".epub": "application/epub+zip",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


class FileStat(Struct, frozen=True, gc=False):
    """A file as the folder lists it."""

    #: relative to the articles folder, with ``/`` between folders
    path: str
    #: bytes
    size: int
    #: nanoseconds
    mtime: int
    inode: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in the articles folder."""

    #: Markdown, by path
    markdown: dict[str, FileStat] = field(default_factory=dict)
    #: what may be served beside it, by path
    assets: dict[str, FileStat] = field(default_factory=dict)
    #: what has a Markdown file's name and is not read
    refused: tuple[Problem, ...] = ()
    #: folders, each with a slash at its end, that could not be listed: what was known below them
    #: is neither there nor gone
    unread: tuple[str, ...] = ()

    def hides(self, path: str) -> bool:
        """Whether nobody can say if a file is there, as its folder could not be listed."""
        return path.startswith(self.unread)


def scan(root: Path, folders: Collection[str] | None = None) -> Scan:
    """List the folder and all below it; or some folders in it alone, by their paths, ``''`` for
    itself, without those below them.

    Hidden names, ``node_modules`` and ``_site`` are passed over; links are not followed, and
    what is no regular file is not opened.

    Raises:
        ArticlesError: the folder itself cannot be listed.
    """
    found = Scan()
    refused: list[Problem] = []
    unread: list[str] = []
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise ArticlesError(
            str(root), f"the articles folder cannot be read: {error.strerror}"
        ) from error
    for path, listed in _listed(root, folders, refused, unread):
        if path.endswith(ENDINGS):
            found.markdown[path] = listed
        elif path[path.rfind(".") :].lower() in MEDIA_TYPES:
            found.assets[path] = listed
    return Scan(found.markdown, found.assets, tuple(refused), tuple(unread))


def _listed(
    root: Path, folders: Collection[str] | None, refused: list[Problem], unread: list[str]
) -> Iterator[tuple[str, FileStat]]:
    if folders is None:
        yield from _Walk(refused, unread).below(str(root), "")
        return
    walk, whole = _Walk(refused, unread, is_deep=False), root.resolve()
    for folder in folders:
        # a link on the way is not followed here either
        if not folder:
            yield from walk.below(str(root), "")
        elif is_walked(folder) and (root / folder).resolve() == whole / folder:
            yield from walk.below(str(root / folder), f"{folder}/")


def is_file_name(name: str) -> bool:
    """Whether what is called so is listed or refused, if it is a file."""
    return name.lower().endswith(ENDINGS) or name[name.rfind(".") :].lower() in MEDIA_TYPES


def is_walked(path: str) -> bool:
    """Whether a scan goes there, by the names of the folders on the way and its own."""
    names = path.split("/")
    return len(names) <= MAX_DEPTH and not any(
        name.startswith(".") or name in _SKIPPED_FOLDERS or _BAD_NAME.search(name) for name in names
    )


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk through the folder, noting what it cannot read."""

    refused: list[Problem]
    unread: list[str]
    #: whether it goes into folders
    is_deep: bool = True

    def below(
        self, folder: str, prefix: str, depth: int = MAX_DEPTH
    ) -> Iterator[tuple[str, FileStat]]:
        """Every regular file below a folder, in order."""
        try:
            with os.scandir(folder) as listing:
                listed = sorted(listing, key=lambda each: each.name)
        except FileNotFoundError:
            return
        except OSError as error:
            self._miss(prefix, f"this folder cannot be read: {error.strerror}")
            return
        for each in listed:
            if each.name.startswith(".") or each.name in _SKIPPED_FOLDERS:
                continue
            yield from self._one(each, prefix + each.name, depth)

    def _one(
        self, each: "os.DirEntry[str]", path: str, depth: int
    ) -> Iterator[tuple[str, FileStat]]:
        problem = _refusal(each)
        if problem:
            if each.name.lower().endswith(ENDINGS):
                self.refused.append(Problem(_printable(path), 1, *problem))
        elif not each.is_dir(follow_symlinks=False):
            try:
                found = each.stat(follow_symlinks=False)
            except FileNotFoundError:
                return  # gone since it was listed
            yield path, FileStat(path, found.st_size, found.st_mtime_ns, found.st_ino)
        elif not self.is_deep:
            return
        elif depth:
            yield from self.below(each.path, path + "/", depth - 1)
        else:
            self._miss(f"{path}/", f"more than {MAX_DEPTH} folders in one another")

    def _miss(self, prefix: str, message: str) -> None:
        self.unread.append(prefix)
        self.refused.append(
            Problem(prefix, 1, message, "let the server's user read it, or move it")
        )


def _refusal(each: "os.DirEntry[str]") -> tuple[str, str] | None:
    """Why an entry of a folder is not read, and what to do."""
    if _BAD_NAME.search(each.name):
        return "the name has a character that cannot stand in an address", "rename the file"
    if each.is_symlink():
        return "this is a link, and links are not followed", "put the file itself here"
    if not each.is_dir(follow_symlinks=False) and not each.is_file(follow_symlinks=False):
        return "this is no regular file", "put a text file here"
    if each.name.lower().endswith(ENDINGS) and not each.name.endswith(ENDINGS):
        return "only names that end in .md are read", "end the name in .md"
    return None


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def read(root: Path, path: str) -> tuple[bytes, FileStat]:
    """The bytes of a file, at most one more than ``MAX_BYTES``, and what it was when read.

    Raises:
        OSError: it is gone, may not be read, or is no regular file.
    """
    opened = os.open(f"{root}/{path}", _FLAGS)
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path} is no regular file")
        # not ``MAX_BYTES`` at once: room for them would be made for every small file
        room, data = min(found.st_size, MAX_BYTES) + 1, b""
        while part := os.read(opened, min(room, MAX_BYTES + 1 - len(data))):
            data += part
    finally:
        os.close(opened)
    return data, FileStat(path, found.st_size, found.st_mtime_ns, found.st_ino)


def open_asset(root: Path, path: str) -> tuple[BinaryIO, os.stat_result]:
    """A file to be served, open at its start, and what it was when opened; to be closed.

    Raises:
        OSError: it is gone, may not be read, is no regular file, or a link leads to it.
    """
    target = root / path
    if target.parent.resolve() != root.resolve() / PurePosixPath(path).parent:
        raise OSError(f"{path} is reached by a link")
    opened = os.open(target, _FLAGS)
    found = os.fstat(opened)
    if not stat.S_ISREG(found.st_mode):
        os.close(opened)
        raise OSError(f"{path} is no regular file")
    return os.fdopen(opened, "rb"), found


def create(root: Path, path: str, text: str) -> Path:
    """Write a new file, whole or not at all; never over another.

    Raises:
        ArticlesError: there is such a file, the path leads outside, or it cannot be written.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or _BAD_NAME.search(path):
        raise ArticlesError(path, "is not a path inside the articles folder")
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.resolve().is_relative_to(root.resolve()):
            raise ArticlesError(path, "leads outside the articles folder")
        with _temporary(target) as name:
            _write(name, text.encode())
            os.link(name, target)
    except FileExistsError:
        raise ArticlesError(str(target), "exists already, and is not overwritten") from None
    except OSError as error:
        raise ArticlesError(str(target), f"cannot be written: {error.strerror}") from error
    return target


def rewrite(root: Path, path: str, was: bytes, data: bytes) -> None:
    """Put ``data`` in the place of a file that still holds ``was``.

    Raises:
        ArticlesError: the file was changed meanwhile, or cannot be written.
    """
    target = root / path
    try:
        if read(root, path)[0] != was:
            raise ArticlesError(str(target), "was changed meanwhile, and is left alone")
        with _temporary(target) as name:
            _write(name, data)
            Path(name).chmod(stat.S_IMODE(target.stat().st_mode))
            Path(name).replace(target)
    except OSError as error:
        raise ArticlesError(str(target), f"cannot be written: {error.strerror}") from error


class _temporary:  # noqa: N801 - reads as a function in a with statement
    """A name beside ``target`` for a file that is gone afterwards; hidden, so never scanned."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> str:
        handle, self._name = tempfile.mkstemp(prefix=".newsarchive-", dir=self._target.parent)
        os.close(handle)
        return self._name

    def __exit__(self, *_: object) -> None:
        Path(self._name).unlink(missing_ok=True)


def _write(name: str, data: bytes) -> None:
    with Path(name).open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(file.fileno(), 0o666 & ~umask)


def checkout_in_progress(root: Path) -> bool:
    """Whether git is at work in the repository that holds the folder; False if that is hidden."""
    try:
        for folder in (root, *root.parents):
            git = folder / ".git"
            if git.is_dir():
                return (git / "index.lock").exists()
            if git.is_file():  # of a worktree or a submodule: see gitrepository-layout(5)
                with git.open(encoding="utf-8", errors="surrogateescape") as file:
                    word, _, place = file.read(MAX_GIT_FILE).partition(":")
                return word == "gitdir" and (folder / place.strip() / "index.lock").exists()
    except (OSError, ValueError):
        pass
    return False
