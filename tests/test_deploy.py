"""The files of docs/deploy do what they say, as far as a test can run them."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from conftest import NOW, Desk, needed
from newsarchive.cli import newsarchive
from newsarchive.web import create_app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def served(desk: Desk) -> Iterator[int]:
    """The site on a port of this machine."""
    server = make_server("127.0.0.1", 0, create_app(desk.config), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[str]:
    """The documented nginx in front of a server, on a port and with a cache of its own."""
    port = free_port()
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
    text = text.replace("/var/cache/nginx/newsarchive", str(folder / "cache"))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    (folder / "site.conf").write_text(text, encoding="utf-8")
    places = "".join(
        f"{kind}_temp_path {folder};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {places} include {folder}/site.conf; }}\n",
        encoding="utf-8",
    )  # fmt: skip
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(whole), "-e", "error.log"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def ask(address: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, where it came from, body."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers.get("X-Cache", ""), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("X-Cache", ""), error.read()


def test_nginx_in_front_keeps_answers_and_sends_what_is_new(desk: Desk, tmp_path: Path) -> None:
    needed(shutil.which("nginx") is not None, "nginx (apt-get install nginx-light)")
    desk.article("a.md", title="Premier")
    desk.load(NOW)
    folder = tmp_path / "nginx"
    folder.mkdir()
    with served(desk) as upstream, nginx(folder, upstream) as address:
        assert ask(f"{address}/feed.rss")[:2] == (200, "MISS")
        status, where, body = ask(f"{address}/feed.rss")
        assert (status, where, b"Premier" in body) == (200, "HIT", True)
        # pages are asked for again after a second, with their ETag
        ask(f"{address}/")
        time.sleep(2.1)
        assert ask(f"{address}/")[:2] == (200, "REVALIDATED")
        desk.article("b.md", title="Second")
        desk.load(NOW)
        time.sleep(2.1)
        status, where, body = ask(f"{address}/")
        assert (status, where, b"Second" in body) == (200, "EXPIRED", True)
        assert ask(f"{address}/nulle-part/")[0] == 404
    # without the server, what is kept is still sent
    time.sleep(2.1)
    with nginx(folder, free_port()) as address:
        status, where, body = ask(f"{address}/")
        assert (status, where) == (200, "STALE")
        assert b"Second" in body


def test_systemd_can_read_its_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "newsarchive.service").read_text(encoding="utf-8")
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(text)
    program, *words = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "newsarchive"
    assert_is_command(words)
    if shutil.which("systemd-analyze"):
        there = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text)
        there = re.sub(r"(?m)^User=.*$", "", there)
        (tmp_path / "newsarchive.service").write_text(there, encoding="utf-8")
        command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "newsarchive.service")]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "newsarchive.service" not in run.stderr, run.stderr


def test_the_container_holds_what_is_there_and_starts_what_there_is() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    for sources in re.findall(r"^COPY (.+) \S+$", text, re.M):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    (command,) = re.findall(r"^CMD (\[.*\])$", text, re.M)
    program, *words = json.loads(command)
    assert program == "newsarchive"
    assert_is_command(words)
    extras = re.findall(r"/source\[(\w+)\]", text)
    assert extras
    assert all(f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text() for extra in extras)


def assert_is_command(words: list[str]) -> None:
    """That the command line knows these words."""
    run = CliRunner().invoke(newsarchive, [*words, "--help"])
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize("name", ["nginx.conf", "newsarchive.service", "Containerfile"])
def test_the_readme_leads_there(name: str) -> None:
    assert f"docs/deploy/{name}" in (ROOT / "README.md").read_text(encoding="utf-8")
