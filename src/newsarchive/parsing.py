"""Files read and parsed: one by one, or many by several processes.

Those are ``main``, run by the interpreter: what to read comes to their standard input, what was
read leaves by their standard output, and they end when whoever started them does, however that is.
"""

import gc
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import IO, BinaryIO, TypeAlias, cast

from msgspec import MsgspecError, Struct, json

from newsarchive import articles, entryfile
from newsarchive.articles import FileStat
from newsarchive.entry import Problem
from newsarchive.entryfile import Parsed, Role, Site

#: files from which on it is worth to start processes; and those that one is given at once
MANY, CHUNK = 1_000, 100
#: processes at most: what is written afterwards is written by one
MOST_PROCESSES = 8

#: what the interpreter is told to run; not as ``-m``, which would make another module of this one
_WORDS = f"import sys; from {__name__} import main; main(sys.stdin.buffer, sys.stdout.buffer)"

_LOG = logging.getLogger(__name__)
#: a file's path, and the role it is read in
Wanted = tuple[str, Role]
#: what each of some files says, in their order
ReadAll: TypeAlias = "Callable[[Sequence[Wanted]], Iterator[Said | Problem | None]]"


class Said(Struct, frozen=True, gc=False):
    """What a file said in a role, and what it was when read."""

    role: Role
    parsed: Parsed
    stat: FileStat
    digest: bytes


#: what was read, as it leaves another process: JSON on one line, which is written and read in a
#: fifth of the time of pickles
_Told: TypeAlias = tuple[Said | None, Problem | None]
_ENCODER, _DECODER = json.Encoder(), json.Decoder(list[_Told])


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the files of one folder."""

    root: Path
    site: Site

    def bytes(self, path: str) -> "tuple[bytes, FileStat, bytes] | Problem | None":
        """Bytes, what the file was, digest; why it cannot be read; None if it is gone: the next
        look will say so."""
        try:
            data, stat = articles.read(self.root, path)
        except FileNotFoundError:
            return None
        except OSError as error:
            why = error.strerror or str(error)
            return Problem(path, 1, f"cannot be read: {why}", "let the server's user read it")
        return data, stat, blake2b(data, digest_size=16).digest()

    def read(self, path: str, role: Role) -> Said | Problem | None:
        """What a file says; likewise."""
        found = self.bytes(path)
        if not isinstance(found, tuple):
            return found
        data, stat, digest = found
        try:
            parsed = entryfile.parse(path, data, self.site, role)
        except Exception:  # noqa: BLE001 - it never raises: a mistake of ours hides no other file
            _LOG.exception("%s cannot be read", path)
            said = "cannot be read, by a mistake of newsarchive"
            parsed = Parsed(problems=(Problem(path, 1, said, "report it, with the file"),))
        return Said(role, parsed, stat, digest)

    @contextmanager
    def for_files(self, number: int) -> Generator[ReadAll]:
        """Reads files in their order; about so many, which says whether it is worth to start
        processes."""
        count = min(os.cpu_count() or 1, MOST_PROCESSES)
        if number < MANY or count == 1:
            yield lambda wanted: (self.read(*each) for each in wanted)
            return
        with ExitStack() as stack:
            helpers = [stack.enter_context(_Helper(self)) for _ in range(count)]
            # each is asked for a second part before it has told the first, and never waits
            free: SimpleQueue[_Helper] = SimpleQueue()
            for helper in helpers * 2:
                free.put(helper)
            pool = ThreadPoolExecutor(2 * count)
            stack.callback(pool.shutdown, cancel_futures=True)

            def read_all(wanted: Sequence[Wanted]) -> Iterator[Said | Problem | None]:
                chunks = (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))
                return chain.from_iterable(pool.map(partial(_by_one_of, free), chunks))

            yield read_all


def _by_one_of(
    free: "SimpleQueue[_Helper]", wanted: Sequence[Wanted]
) -> list[Said | Problem | None]:
    helper = free.get()
    try:
        return helper.read(wanted)
    finally:
        free.put(helper)


class _Helper:
    """A process that reads files for this one. What is asked for is told in that order."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asking, self._listening = Lock(), Lock()

    def __enter__(self) -> "_Helper":
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):  # no more processes: this one reads instead
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
                [sys.executable, "-c", _WORDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            with suppress(BrokenPipeError):
                self._process.communicate()  # which closes its input, and waits

    def read(self, wanted: Sequence[Wanted]) -> list[Said | Problem | None]:
        """What files say; by this process, if the other has died."""
        try:
            found = _DECODER.decode(self._answer(wanted))
        except (OSError, MsgspecError):
            return [self._reader.read(*each) for each in wanted]
        return [said or problem for said, problem in found]

    def _answer(self, wanted: Sequence[Wanted]) -> bytes:
        """A line; empty if the other has died."""
        if not self._process:
            return b""
        asked, told = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        with ExitStack() as turn:
            with self._asking:
                pickle.dump((self._reader, wanted), asked)
                asked.flush()
                turn.enter_context(self._listening)  # before anybody else asks
            return told.readline()


def main(asked: BinaryIO, told: BinaryIO) -> None:
    """Read what is asked for until there is nothing more."""
    gc.freeze()  # modules are no garbage
    gc.set_threshold(100_000)  # and little of what is read is: to look for it takes a twentieth
    with suppress(BrokenPipeError, KeyboardInterrupt):  # who asked has gone
        while True:
            try:
                reader, wanted = pickle.load(asked)  # noqa: S301 - our own
            except EOFError:
                return
            found = [reader.read(*each) for each in wanted]
            told.write(_ENCODER.encode([_as_told(each) for each in found]) + b"\n")
            told.flush()


def _as_told(found: Said | Problem | None) -> _Told:
    return (None, found) if isinstance(found, Problem) else (found, None)
