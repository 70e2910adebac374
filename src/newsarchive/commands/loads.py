"""``index``, ``watch``: what brings the articles into the catalogue."""

import contextlib
import os
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from newsarchive.commands import terminal

if TYPE_CHECKING:
    from newsarchive.archive import Archive
    from newsarchive.config import Config
    from newsarchive.loading import Summary


@click.command(
    epilog="""\b
Exit code 3 when another process is writing the archive.

\b
Examples:
  newsarchive index
  newsarchive index --json | jq .added
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_context
def index(context: click.Context, as_json: bool) -> None:
    """Read what changed in the articles, once, and make it searchable."""
    from newsarchive import loader
    from newsarchive.archive import CATALOGUE
    from newsarchive.catalogue import Catalogue

    config = terminal.settings(context)
    began = time.monotonic()
    with loader.loading(config) as load, terminal.progress("reading") as progress:
        summary = load(progress)
        make_searchable(config)
    seconds = time.monotonic() - began
    catalogue = Catalogue(config.data_dir / CATALOGUE, config.zone)
    problems = sum(each.severity != "note" for each in catalogue.problems())
    catalogue.close()
    if config.hub:
        from newsarchive.websub import Publisher

        Publisher(config).publish(datetime.now(UTC))
    if as_json:
        counts = {name: getattr(summary, name) for name in ("added", "changed", "removed", "files")}
        click.echo(terminal.as_json({**counts, "problems": problems, "seconds": round(seconds, 3)}))
    else:
        click.echo(f"{_said(summary)}, {terminal.counted(problems, 'problem')}, {seconds:.1f} s")
        if problems:
            click.echo("newsarchive check says what is wrong", err=True)


def load_if_new(archive: "Archive") -> None:
    """Read the articles if nobody has yet.

    Raises:
        WriterBusyError: somebody is just about it.
    """
    from newsarchive import loader

    if archive.catalogue.path.exists() and archive.catalogue.generation():
        return
    with loader.writing(archive.config) as writer, terminal.progress("reading") as progress:
        loader.load_once(archive.config, writer, progress)


def make_searchable(config: "Config") -> None:
    """Let the index follow what was loaded; for who holds the writer's lock."""
    from newsarchive.indexing import Indexing

    with (
        contextlib.closing(Indexing(config)) as indexing,
        terminal.progress("indexing") as progress,
    ):
        indexing.catch_up(datetime.now(UTC), progress)


def _said(summary: "Summary") -> str:
    return f"{summary.added:,} added, {summary.changed:,} changed, {summary.removed:,} removed"


@click.command(
    epilog="""\b
Example:
  newsarchive watch        (beside a WSGI server of your own; serve does this by itself)
"""
)
@click.option("--until-eof", is_flag=True, hidden=True)
@click.option("--lock", type=int, hidden=True)
@click.pass_context
def watch(context: click.Context, until_eof: bool, lock: int | None) -> None:
    """Follow the articles until Ctrl-C."""
    from newsarchive import loader
    from newsarchive.indexing import Indexer
    from newsarchive.websub import Publisher

    config = terminal.settings(context)
    stop = threading.Event()
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=(stop,), daemon=True).start()
    with terminal.stoppable(), Publisher(config) as publisher, Indexer(config) as indexer:

        def told(summary: "Summary") -> None:
            _tell(summary)
            indexer.wake()
            publisher.wake()

        loader.follow(config, stop, told, lock)


def _tell(summary: "Summary") -> None:
    """A line for a load that read something."""
    if summary.files or summary.removed:
        problems = terminal.counted(summary.problems, "problem")
        click.echo(f"{time.strftime('%H:%M:%S')}  {_said(summary)}, {problems}")
        sys.stdout.flush()


def _stop_at_eof(stop: threading.Event) -> None:
    # not sys.stdin: its lock would still be held when the interpreter ends
    while os.read(0, 4096):
        pass
    stop.set()
