"""What every command does with a terminal: settings, paths, tables, text that cannot harm it."""

import os
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from newsarchive.config import Config
    from newsarchive.entry import Moment

#: embeddings, overrides and isolates: they would show a line in another order than it has
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def settings(context: click.Context) -> "Config":
    """The settings in force, read when a command first needs them.

    Raises:
        ConfigError: an unknown key, a bad value, no such file.
    """
    from newsarchive.config import load_config

    return load_config(context.find_root().params["config"])


def shown(path: Path) -> str:
    """A path as one types it: relative to the working directory when it is below it."""
    whole = Path(os.path.normpath(Path.cwd() / path))
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole)


def date(moment: "Moment", zone: tzinfo) -> str:
    """As precise as it is known, at most to the minute: 16 columns."""
    from newsarchive import dates
    from newsarchive.entry import Precision

    if moment.precision is Precision.MINUTE:
        return f"{dates.local(moment.at, zone):%Y-%m-%d %H:%M}"
    return dates.unparse(moment)


def plain(text: str) -> str:
    """Text on one line, with what could command a terminal made visible."""
    return "".join(" " if letter in "\t\n\r" else _visible(letter) for letter in text)


def _visible(letter: str) -> str:
    bad = unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or (
        unicodedata.bidirectional(letter) in _TURNS
    )
    return "\N{REPLACEMENT CHARACTER}" if bad else letter


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(map(_columns, text))


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """A text that fits; what was left out shows as an ellipsis."""
    if width(text) <= columns:
        return text
    room, kept = columns - 1, ""
    for letter in text:
        room -= _columns(letter)
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + "…"


def table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines in which the columns stand under one another; the last is as long as it is."""
    if not rows:
        return
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]]).rstrip()


def as_json(value: object) -> str:
    """A value for programs, which people can read too."""
    import json

    import msgspec

    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2)


def counted(number: int, one: str, many: str = "") -> str:
    """``1 note``, ``2 notes``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error when that is a terminal, and nothing at all when it is not.

    What it gives is called with how much is done, of how much.
    """
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM end what is inside, and are no failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield
