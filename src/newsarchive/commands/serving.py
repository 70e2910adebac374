"""``serve``: the site and its loader, with one process that answers or with several."""

import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from newsarchive.commands import terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from flask import Flask
    from granian.server.common import AbstractServer

    from newsarchive.config import Config

#: how long requests that wait are still served after the word to stop
FAREWELL_SECONDS = 5.0
#: of each of several processes: they share one interpreter, and wait for disks alone
THREADS = 4
#: before workers that died one after another are started again: what cannot start burns no core
PAUSE_SECONDS = 0.5

log = logging.getLogger(__name__)


class Server(Protocol):
    """What is used of waitress's server, which has no types of its own."""

    task_dispatcher: Any

    def run(self) -> None:
        """Serve until interrupted."""


@click.command(
    epilog="""\b
Examples:
  newsarchive serve --open
  newsarchive serve --host 0.0.0.0 --port 80
  newsarchive serve --port 0        (any free port; it is printed)
  newsarchive serve --workers 2     (with granian: pip install 'newsarchive[server]')
"""
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="Port to listen on.")
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="Processes that answer; else one."
)
@click.option("--open", "in_browser", is_flag=True, help="Show the site in a browser.")
@click.pass_context
def serve(
    context: click.Context,
    host: str | None,
    port: int | None,
    workers: int | None,
    in_browser: bool,
) -> None:
    """Serve the site and follow the articles until Ctrl-C."""
    from dataclasses import replace

    config = terminal.settings(context)
    _needs_something_to_serve(config)
    config = replace(config, host=host or config.host, port=config.port if port is None else port)
    with contextlib.closing(_listen(config.host, config.port)) as listener, terminal.stoppable():
        config = _reachable(config, listener.getsockname()[1])
        if workers:
            run = _granian(config, listener, workers)
            _serve(config, lambda: run, in_browser)
        else:
            _serve(config, partial(_waitress, config, listener), in_browser)


def _needs_something_to_serve(config: "Config") -> None:
    """Before the first load there must be articles, and a place for what is read; afterwards
    what was read is served, whatever becomes of them.

    Raises:
        ArticlesError, CatalogueError: there is neither.
    """
    from newsarchive.errors import ArticlesError, CatalogueError
    from newsarchive.progress import CATALOGUE

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


def _waitress(config: "Config", listener: socket.socket) -> "Callable[[], None]":
    """A server of one process."""
    from waitress.server import create_server  # type: ignore[import-untyped]  # it has no types

    from newsarchive.web import create_app

    # that visitors wait for one another is no news
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server: Server = create_server(create_app(config), sockets=[listener])
    _say_farewell_when_told(server, listener)
    return server.run


def _granian(config: "Config", listener: socket.socket, workers: int) -> "Callable[[], None]":
    """A server of several processes; it listens itself.

    Raises:
        click.ClickException: it is not installed.
    """
    try:
        from granian import Granian
        from granian.constants import Interfaces
        from granian.log import LogLevels
    except ImportError:
        raise click.ClickException(
            "--workers needs granian; run: pip install 'newsarchive[server]'"
        ) from None

    from newsarchive.supervising import environ_of

    listener.close()
    os.environ.update(environ_of(config))
    server = Granian(
        f"{__name__}:application",
        factory=True,
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        # one that is told to end before it can hear it never would
        workers_kill_timeout=int(FAREWELL_SECONDS),
        websockets=False,
        log_level=LogLevels.warning,
    )
    return lambda: _serve_until_told(server)


def _serve_until_told(server: "AbstractServer[Any]") -> None:
    """Serve until Ctrl-C or SIGTERM. Granian gives up, with exit code 1, where a worker that it
    has just started again dies too; but what killed both may be over, as when memory was short."""
    while not server.interrupt_signal:
        try:
            server.serve()
        except SystemExit:
            log.warning("The workers died one after another; they are started again")
            server.interrupt_children.clear()
            server.respawned_wrks.clear()
            server.main_loop_interrupt.clear()
            # its handler of signals stands meanwhile
            time.sleep(PAUSE_SECONDS)


def application() -> "Flask":
    """The site, in a process that was given the settings in its environment."""
    from newsarchive.config import load_config
    from newsarchive.web import create_app

    return create_app(load_config(Path(os.devnull)))


def _serve(config: "Config", prepare: "Callable[[], Callable[[], None]]", in_browser: bool) -> None:
    """Serve, and follow the articles. Where nothing was read yet, the loader begins first, as it
    is waited for; else the website, which answers from what was read."""
    from newsarchive.progress import CATALOGUE
    from newsarchive.supervising import Supervisor

    supervisor = Supervisor(config)

    def begin() -> None:
        # before the loader tells what it read
        click.echo(f"{config.site_url}/ is being served; the archive is loading. Ctrl-C ends it.")
        sys.stdout.flush()
        supervisor.start()

    is_first = not (config.data_dir / CATALOGUE).exists()
    try:
        if is_first:
            begin()
        run = prepare()
        if not is_first:
            begin()
        if in_browser:
            import webbrowser

            threading.Thread(
                target=webbrowser.open, args=(f"{config.site_url}/",), daemon=True
            ).start()
        run()
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
