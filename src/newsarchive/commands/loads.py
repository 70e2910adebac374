"""``index``, ``watch``, ``serve``: what brings the articles into the catalogue, and to readers."""

import contextlib
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import click

from newsarchive.commands import terminal

if TYPE_CHECKING:
    from types import FrameType

    from newsarchive.archive import Archive
    from newsarchive.config import Config
    from newsarchive.loading import Summary


class Server(Protocol):
    """What is used of waitress's server, which has no types of its own."""

    task_dispatcher: Any

    def run(self) -> None:
        """Serve until interrupted."""


#: how long requests that wait are still served after the word to stop
FAREWELL_SECONDS = 5.0


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
    with _stoppable(), Publisher(config) as publisher, Indexer(config) as indexer:

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


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM end what is inside, and are no failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        yield


@click.command(
    epilog="""\b
Examples:
  newsarchive serve --open
  newsarchive serve --host 0.0.0.0 --port 80
  newsarchive serve --port 0        (any free port; it is printed)
"""
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="Port to listen on.")
@click.option("--open", "in_browser", is_flag=True, help="Show the site in a browser.")
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None, in_browser: bool) -> None:
    """Serve the site and follow the articles until Ctrl-C."""
    from dataclasses import replace

    config = terminal.settings(context)
    _needs_something_to_serve(config)
    config = replace(config, host=host or config.host, port=config.port if port is None else port)
    with contextlib.closing(_listen(config.host, config.port)) as listener, _stoppable():
        config = _reachable(config, listener.getsockname()[1])
        _serve(config, listener, in_browser)


def _needs_something_to_serve(config: "Config") -> None:
    """Before the first load there must be articles, and a place for what is read; afterwards
    what was read is served, whatever becomes of them.

    Raises:
        ArticlesError, CatalogueError: there is neither.
    """
    from newsarchive.archive import CATALOGUE
    from newsarchive.errors import ArticlesError, CatalogueError

    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = "is no folder" if config.data_dir.exists() else f"cannot be made: {error.strerror}"
        raise CatalogueError(str(config.data_dir), f"{why}; choose another data_dir") from error

    if not config.articles_dir.is_dir() and not (config.data_dir / CATALOGUE).exists():
        raise ArticlesError(
            str(config.articles_dir), "no such folder of articles; newsarchive init makes one"
        )


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address.

    Raises:
        click.ClickException: it is taken, or not ours to take.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError):
        raise click.ClickException(f"{host}: not an address of this machine") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # a port is only surely ours once it listens
        listener.listen()
    except OSError as error:
        listener.close()
        raise click.ClickException(f"{host}, port {port}: {_why_not(error)}") from None
    return listener


def _why_not(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; choose another with --port"
    if error.errno == errno.EACCES:
        return "ports below 1024 are the administrator's; choose another with --port"
    return f"cannot listen there: {error.strerror}"


def _reachable(config: "Config", port: int) -> "Config":
    """The settings with the port in fact; a site that has no address of its own is there."""
    from dataclasses import replace

    from newsarchive.config import Config as Defaults

    config = replace(config, port=port)
    if config.site_url != Defaults().site_url:
        return config
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - as it was asked for
    host = everywhere.get(config.host, config.host)
    return replace(config, site_url=f"http://{f'[{host}]' if ':' in host else host}:{port}")


def _serve(config: "Config", listener: socket.socket, in_browser: bool) -> None:
    import logging

    from waitress.server import create_server  # type: ignore[import-untyped]  # it has no types

    from newsarchive.loader import Supervisor
    from newsarchive.web import create_app

    # that visitors wait for one another is no news
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(create_app(config), sockets=[listener])
    supervisor = Supervisor(config)
    supervisor.start()
    try:
        _say_farewell_when_told(server, listener)
        click.echo(f"{config.site_url}/ is being served; the archive is loading. Ctrl-C ends it.")
        sys.stdout.flush()
        if in_browser:
            import webbrowser

            threading.Thread(
                target=webbrowser.open, args=(f"{config.site_url}/",), daemon=True
            ).start()
        server.run()
    finally:
        supervisor.stop()


def _say_farewell_when_told(server: "Server", listener: socket.socket) -> None:
    """At Ctrl-C or SIGTERM: accept nothing more, let what waits be served, then end the loop."""

    def farewell(_: int, __: "FrameType | None") -> None:
        listener.close()
        end = time.monotonic() + FAREWELL_SECONDS
        while server.task_dispatcher.queue and time.monotonic() < end:
            time.sleep(0.02)
        raise KeyboardInterrupt  # waitress lets the requests at work finish

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, farewell)
