"""Following the folder: a save is online at once, git's work arrives whole, one process writes."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import NOW, ROOT, Desk
from newsarchive.errors import CatalogueError, WriterBusyError
from newsarchive.loader import follow, status, writing
from newsarchive.query import Query


def wait_for(holds: Callable[[], object], seconds: float = 20) -> float:
    """Wait until something holds; how long it took."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if holds():
            return time.monotonic() - start
        time.sleep(0.01)
    raise AssertionError(f"did not hold within {seconds} s")


@contextmanager
def followed(desk: Desk) -> Iterator[None]:
    """A loader follows the folder, in a thread of this process."""
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(desk.config, stop))
    thread.start()
    try:
        wait_for(lambda: status(desk.config)["state"] == "loaded")
        yield
    finally:
        stop.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


def titles(desk: Desk) -> set[str]:
    return {entry.title for entry in desk.find(Query(limit=100)).entries}


def test_a_saved_file_is_online_within_a_second_with_ten_thousand_others(desk: Desk) -> None:
    for number in range(10_000):
        desk.article(f"{number % 100}/{number}.md", title=f"Titre {number}")
    with followed(desk):
        desk.article("neuf.md", "2026-11-23", title="Neuf")
        assert wait_for(lambda: desk.archive.entry("neuf", NOW)) < 1
        desk.article("5/5.md", title="Changé")
        assert wait_for(lambda: desk.archive.entry("5/5", NOW).title == "Changé") < 1  # type: ignore[union-attr]


def test_saves_renames_and_deletions_arrive(desk: Desk) -> None:
    desk.article("a.md", title="A", id="k1")
    with followed(desk):
        (desk.config.articles_dir / "a.md").rename(desk.config.articles_dir / "b.md")
        wait_for(lambda: desk.archive.entry("b", NOW))
        assert desk.paths() == ["b"]
        shutil.rmtree(desk.config.articles_dir)
        desk.config.articles_dir.mkdir()
        wait_for(lambda: desk.paths() == [])


def test_a_file_written_bit_by_bit_never_replaces_its_good_version_by_half(desk: Desk) -> None:
    desk.article("a.md", title="Avant")
    seen: set[str] = set()
    with followed(desk):
        path = desk.config.articles_dir / "a.md"
        with path.open("w", encoding="utf-8") as file:
            for part in ["---\ntitle: Ap", "rès\ndate: 2023", "-11-17\n---\nTexte."]:
                file.write(part)
                file.flush()
                end = time.monotonic() + 0.2
                while time.monotonic() < end:
                    seen |= titles(desk)
        wait_for(lambda: titles(desk) == {"Après"})
    assert seen <= {"Avant", "Après"}


def git(folder: Path, *words: str) -> None:
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    author = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "gc.auto=0"]
    subprocess.run(
        ["git", *author, *words], cwd=folder, env=environ, check=True, capture_output=True
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_checkout_of_another_branch_arrives_whole(desk: Desk) -> None:
    """No standing entry is missing at any moment, and there is no mixture in the end."""
    root = desk.config.articles_dir
    for number in range(600):
        desk.article(f"{number % 20}/{number}.md", title=f"Un {number}")
    git(root, "init", "-b", "un")
    git(root, "add", ".")
    git(root, "commit", "-m", "un")
    git(root, "checkout", "-b", "deux")
    for number in range(600):
        desk.article(f"{number % 20}/{number}.md", title=f"Deux {number}")
    for number in range(600, 700):
        desk.article(f"neuf/{number}.md", title=f"Deux {number}")
    git(root, "add", ".")
    git(root, "commit", "-m", "deux")
    with followed(desk):
        assert desk.find().total == 700
        missing = 0
        for branch, word, total in [("un", "Un", 600), ("deux", "Deux", 700)] * 2:
            git(root, "checkout", branch)
            end = time.monotonic() + 20
            while time.monotonic() < end:
                missing += desk.archive.entry("5/105", NOW) is None
                page = desk.find(Query(limit=100))
                if page.total == total and all(e.title.startswith(word) for e in page.entries):
                    break
            assert desk.find().total == total
        assert missing == 0


def test_while_git_holds_its_lock_nothing_is_loaded(desk: Desk) -> None:
    (desk.config.articles_dir / ".git").mkdir()
    lock = desk.config.articles_dir / ".git" / "index.lock"
    with followed(desk):
        lock.touch()
        desk.article("a.md", title="A")
        time.sleep(0.7)
        assert desk.paths() == []
        lock.unlink()
        wait_for(lambda: desk.paths() == ["a"])


def test_the_second_writer_is_told_who_holds_the_lock(desk: Desk) -> None:
    with writing(desk.config):
        with pytest.raises(WriterBusyError) as caught, writing(desk.config):
            pass
        assert f"process {os.getpid()}" in str(caught.value)
    with writing(desk.config):
        pass


def test_a_data_folder_that_cannot_be_made_is_one_clear_error(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    other = desk.with_settings(data_dir=tmp_path / "file" / "data")
    with (
        pytest.raises(CatalogueError, match="writer.lock: cannot be written"),
        writing(other.config),
    ):
        pass


def ask(port: int, address: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{address}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def loaders(data: Path) -> list[int]:
    """The processes that follow for this data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"watch" in words and f"NEWSARCHIVE_DATA_DIR={data}".encode() in environ.split(b"\0"):
            found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_under_any_server_one_of_the_workers_keeps_a_loader_alive(desk: Desk) -> None:
    """Three workers of ``wsgi.py``: one loader; it is killed and another comes; so with workers."""
    desk.article("a.md", title="Premier")
    environ = {
        **os.environ,
        "NEWSARCHIVE_ARTICLES_DIR": str(desk.config.articles_dir),
        "NEWSARCHIVE_DATA_DIR": str(desk.config.data_dir),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    }
    serve = "import waitress, wsgi; s = waitress.create_server(wsgi.app, host='127.0.0.1', port=0); print(s.effective_port, flush=True); s.run()"
    workers = [
        subprocess.Popen([sys.executable, "-c", serve], env=environ, cwd=desk.config.data_dir.parent,
                         stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    try:
        ports = [int(worker.stdout.readline()) for worker in workers if worker.stdout]
        for port in ports:
            wait_for(lambda port=port: "Premier" in ask(port, "/"))  # type: ignore[misc]
        first = loaders(desk.config.data_dir)
        assert len(first) == 1
        os.kill(first[0], signal.SIGKILL)
        desk.article("b.md", title="Deuxième")
        for port in ports:
            wait_for(lambda port=port: "Deuxième" in ask(port, "/"))  # type: ignore[misc]
        (second,) = loaders(desk.config.data_dir)
        parent = int(Path(f"/proc/{second}/stat").read_text().split()[3])
        gone = next(worker for worker in workers if worker.pid == parent)
        gone.kill()
        gone.wait(timeout=10)
        desk.article("c.md", title="Troisième")
        for port, worker in zip(ports, workers, strict=True):
            if worker is not gone:
                wait_for(lambda port=port: "Troisième" in ask(port, "/"))  # type: ignore[misc]
    finally:
        for worker in workers:
            worker.terminate()
            worker.communicate(timeout=20)
    wait_for(lambda: loaders(desk.config.data_dir) == [])
