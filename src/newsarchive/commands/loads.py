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
    from newsarchive.verifying import Verdict
    from newsarchive.websub import Publisher


@click.command(
    epilog="""\b
Exit code 3 when another process is writing the archive; with --verify 1 when something differs.

\b
Examples:
  newsarchive index
  newsarchive index --json | jq .added
  newsarchive index --verify
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--verify", is_flag=True, help="Compare all that is served with a fresh build.")
@click.option("--repair", is_flag=True, help="With --verify: mend what differs.")
@click.pass_context
def index(context: click.Context, as_json: bool, verify: bool, repair: bool) -> int:
    """Read what changed in the articles, once, and make it searchable."""
    if repair and not verify:
        raise click.UsageError("--repair goes with --verify")
    config = terminal.settings(context)
    if verify:
        return _verify(config, as_json=as_json, repair=repair)
    _index(config, as_json=as_json)
    return 0


def _index(config: "Config", *, as_json: bool) -> None:
    from newsarchive import loader
    from newsarchive.catalogue import Catalogue
    from newsarchive.progress import CATALOGUE

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


def _verify(config: "Config", *, as_json: bool, repair: bool) -> int:
    """What is served beside the files; 1 where something differs."""
    from dataclasses import asdict

    from newsarchive import verifying

    with terminal.progress("comparing") as progress:
        verdict = verifying.verify(config, datetime.now(UTC), progress)
    if repair and not verdict.holds:
        _say_verdict(verdict, err=True)
        with terminal.progress("mending") as progress:
            verifying.repair(config, datetime.now(UTC), progress)
        verdict = verifying.verify(config, datetime.now(UTC))
    if as_json:
        click.echo(terminal.as_json({"holds": verdict.holds, **asdict(verdict)}))
    else:
        _say_verdict(verdict)
    return 0 if verdict.holds else 1


def _say_verdict(verdict: "Verdict", *, err: bool = False) -> None:
    lines = [
        f"{terminal.counted(verdict.entries, 'entry', 'entries')},"
        f" {verdict.equal:,} equal to a fresh build",
        f"search finds {verdict.found:,} of {verdict.searchable:,}",
    ]
    if verdict.kept:
        lines.append(f"{verdict.kept:,} in their last good version; newsarchive check says why")
    if verdict.stray:
        lines.append(f"search holds {verdict.stray:,} that are not shown")
    if verdict.tables:
        lines.append(f"lists that differ: {', '.join(verdict.tables)}")
    lines += [f"differs: {id_}" for id_ in verdict.different]
    if verdict.unreadable:
        lines.append(verdict.unreadable)
    click.echo("\n".join(lines), err=err)


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

    config = terminal.settings(context)
    stop = threading.Event()
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=(stop,), daemon=True).start()
    with terminal.stoppable(), _publisher(config) as publisher, Indexer(config) as indexer:

        def told(summary: "Summary") -> None:
            _tell(summary)
            indexer.wake()
            if publisher:
                publisher.wake()

        def wake_to_mend() -> None:
            if indexer.is_distrusted():
                indexer.wake()

        loader.follow(config, stop, told, lock, wake_to_mend)


def _publisher(config: "Config") -> "contextlib.AbstractContextManager[Publisher | None]":
    """What tells the hub, if there is one: it takes the feeds along, which take their time."""
    if not config.hub:
        return contextlib.nullcontext()
    from newsarchive.websub import Publisher

    return Publisher(config)


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
