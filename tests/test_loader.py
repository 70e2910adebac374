"""Following the folder: a save is online at once, git's work arrives whole, one process writes."""

import contextlib
import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from watchfiles import Change

from conftest import NOW, ROOT, Desk
from newsarchive.articles import checkout_in_progress
from newsarchive.errors import CatalogueError, WriterBusyError
from newsarchive.loader import follow, loading, writing
from newsarchive.progress import CATALOGUE, CATALOGUE_FLAG, LOCK, is_distrusted, told
from newsarchive.query import Query
from newsarchive.supervising import MOST_SECONDS, SUPERVISION_SECONDS, wait_after
from newsarchive.watching import folders_of


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
        wait_for(lambda: told(desk.config).state == "loaded" and told(desk.config).alive)
        yield
    finally:
        stop.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


def titles(desk: Desk) -> set[str]:
    return {entry.title for entry in desk.find(Query(limit=100)).entries}


def test_a_saved_file_is_online_among_a_thousand_others(desk: Desk) -> None:
    """How soon: ``benchmarks/start.py``."""
    for number in range(1_000):
        desk.article(f"{number % 100}/{number}.md", title=f"Titre {number}")
    with followed(desk):
        desk.article("neuf.md", "2026-11-23", title="Neuf")
        wait_for(lambda: desk.archive.entry("neuf", NOW))
        desk.article("5/5.md", title="Changé")
        wait_for(lambda: desk.archive.entry("5/5", NOW).title == "Changé")  # type: ignore[union-attr]


def test_saves_renames_and_deletions_arrive(desk: Desk) -> None:
    desk.article("a.md", title="A", id="k1")
    with followed(desk):
        (desk.config.articles_dir / "a.md").rename(desk.config.articles_dir / "b.md")
        wait_for(lambda: desk.archive.entry("b", NOW))
        assert desk.paths() == ["b"]
        shutil.rmtree(desk.config.articles_dir)
        desk.config.articles_dir.mkdir()
        wait_for(lambda: desk.paths() == [])


@pytest.mark.requirement(16)
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


@pytest.mark.requirement(16)
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_checkout_of_another_branch_arrives_whole(desk: Desk) -> None:
    """No standing entry is missing at any moment, and there is no mixture in the end."""
    root = desk.config.articles_dir
    for number in range(200):
        desk.article(f"{number % 20}/{number}.md", title=f"Un {number}")
    git(root, "init", "-b", "un")
    git(root, "add", ".")
    git(root, "commit", "-m", "un")
    git(root, "checkout", "-b", "deux")
    for number in range(200):
        desk.article(f"{number % 20}/{number}.md", title=f"Deux {number}")
    for number in range(200, 250):
        desk.article(f"neuf/{number}.md", title=f"Deux {number}")
    git(root, "add", ".")
    git(root, "commit", "-m", "deux")
    with followed(desk):
        assert desk.find().total == 250
        missing = 0
        for branch, word, total in [("un", "Un", 200), ("deux", "Deux", 250)] * 2:
            git(root, "checkout", branch)
            end = time.monotonic() + 20
            while time.monotonic() < end:
                missing += desk.archive.entry("5/105", NOW) is None
                page = desk.find(Query(limit=100))
                if page.total == total and all(e.title.startswith(word) for e in page.entries):
                    break
            assert desk.find().total == total
        assert missing == 0


def test_where_files_changed_is_told_from_what_a_system_tells(tmp_path: Path) -> None:
    for place in ("un/a.md", "un/notes.txt~", "un/deux/photo.png", ".git/index", "dossier.md/x.md"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    added, deleted, modified = Change.added, Change.deleted, Change.modified

    def where(*found: tuple[Change, str]) -> object:
        return folders_of(tmp_path, {(change, str(tmp_path / place)) for change, place in found})

    assert where((modified, "un/a.md"), (added, "un/deux/photo.png")) == {"un", "un/deux"}
    assert where((deleted, "gone.md"), (modified, "un/B.MD")) == {"", "un"}
    # what editors and git leave
    assert where((modified, "un/a.md"), (added, "un/notes.txt~"), (modified, ".git/index")) == {
        "un"
    }
    assert where((added, "un/4913"), (deleted, "un/4913")) == set()
    # a folder came, or went with what it held
    assert where((added, "un/deux")) is None
    assert where((deleted, "un/trois")) is None
    assert where((modified, "dossier.md")) is None
    assert where((modified, "un/a.md"), (modified, "")) is None
    assert where(*((modified, f"{n}/a.md") for n in range(51))) is None
    assert folders_of(tmp_path, {(modified, "/elsewhere/a.md")}) is None


@pytest.mark.requirement(16)
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


@pytest.mark.requirement(17)
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


def numbers_told(told: IO[str]) -> list[int]:
    """The first line that is numbers: the loader may have told of a load on the same output."""
    for line in told:
        if all(part.isdecimal() for part in line.split()):
            return [int(part) for part in line.split()]
    raise AssertionError("it told no numbers")


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
        ports = [numbers_told(worker.stdout)[0] for worker in workers if worker.stdout]
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


FORKING = """
import os, sys, time
from newsarchive.config import load_config
from newsarchive.supervising import Supervisor
config = load_config()
Supervisor(config).start()
while "late" in sys.argv and not (config.data_dir / "status.json").exists():
    time.sleep(0.01)
workers = []
for _ in range(10):
    workers.append(os.fork())
    if not workers[-1]:
        time.sleep(120)
        os._exit(0)
    time.sleep(0.001)
print(*workers, flush=True)
time.sleep(120)
"""


@contextmanager
def forking(desk: Desk, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A server that forks its workers after it loaded the application; none outlives the block."""
    environ = {
        **os.environ,
        "NEWSARCHIVE_ARTICLES_DIR": str(desk.config.articles_dir),
        "NEWSARCHIVE_DATA_DIR": str(desk.config.data_dir),
        "PYTHONPATH": str(ROOT / "src"),
    }
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORKING, *words], env=environ, text=True,
        cwd=desk.config.data_dir.parent, stdout=subprocess.PIPE,
    )  # fmt: skip
    workers: list[int] = []
    try:
        assert server.stdout
        workers += numbers_told(server.stdout)
        yield server
    finally:
        server.kill()
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        server.communicate(timeout=20)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_workers_forked_while_a_loader_is_started_do_not_keep_its_lock(desk: Desk) -> None:
    desk.article("a.md", title="A")
    with forking(desk):
        for _ in range(2):
            wait_for(lambda: told(desk.config).alive and told(desk.config).state == "loaded")
            (first,) = loaders(desk.config.data_dir)
            os.kill(first, signal.SIGKILL)
            wait_for(lambda first=first: another(desk, first), 15)  # type: ignore[misc]
    wait_for(lambda: loaders(desk.config.data_dir) == [])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_workers_forked_after_a_loader_was_started_do_not_keep_it_alive(desk: Desk) -> None:
    desk.article("a.md", title="A")
    with forking(desk, "late") as server:
        (first,) = loaders(desk.config.data_dir)
        assert parent_of(first) == server.pid
        server.kill()
        wait_for(lambda: another(desk, first), 15)
        desk.article("b.md", title="B")
        wait_for(lambda: desk.archive.entry("b", NOW))


def another(desk: Desk, than: int) -> bool:
    """Whether one other loader is at work."""
    found = loaders(desk.config.data_dir)
    return len(found) == 1 and found != [than]


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_loader_that_fails_is_tried_less_often_until_one_lives() -> None:
    waits = [SUPERVISION_SECONDS]
    for _ in range(8):
        waits.append(wait_after(0.5, waits[-1]))
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == MOST_SECONDS
    assert wait_after(600, MOST_SECONDS) == SUPERVISION_SECONDS
    # another worker's loader lives: when that ends, this one is quick again
    assert wait_after(None, MOST_SECONDS) == SUPERVISION_SECONDS


def damage(desk: Desk, table: str = "file") -> bytes:
    """Spoil what the catalogue knows, of files unless told otherwise, which no page needs; what
    its file holds now."""
    path = desk.config.data_dir / CATALOGUE
    desk.archive.catalogue.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    data[(page[0] - 1) * size : page[0] * size] = b"\xff" * size
    path.write_bytes(data)
    return bytes(data)


def test_a_catalogue_damaged_within_is_put_aside_and_made_anew(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(50):
        desk.article(f"{number}.md", title=f"Titre {number}")
    desk.load()
    spoilt = damage(desk)
    with loading(desk.config) as load:
        assert load(None).added == 50
        desk.article("neuf.md", title="Neuf")
        assert load(None).added == 1  # into the catalogue that is read
    assert desk.find().total == 51
    assert (desk.config.data_dir / CATALOGUE).with_suffix(".damaged").read_bytes() == spoilt
    assert [record.getMessage().count("malformed") for record in caplog.records] == [1]
    assert not list(desk.config.data_dir.glob("rebuilt*"))


@pytest.mark.requirement(14)
def test_pages_answer_from_a_damaged_catalogue_until_the_new_one_is_whole(desk: Desk) -> None:
    for number in range(50):
        desk.article(f"{number}.md", title=f"Titre {number}")
    desk.load()
    damage(desk)
    seen: list[int] = []
    with loading(desk.config) as load:
        load(lambda *_: seen.append(desk.find().total))
    assert set(seen) == {50}


@pytest.mark.requirement(14)
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_catalogue_that_is_taken_away_is_made_anew_at_once_and_pages_answer(
    desk: Desk, how: str
) -> None:
    desk.article("a.md", title="Un")
    desk.load()
    path = desk.config.data_dir / CATALOGUE
    with followed(desk):
        assert titles(desk) == {"Un"}
        was = path.stat().st_ino
        if how == "removed":
            path.unlink()
        else:
            path.with_name("other").write_bytes(b"no catalogue " * 999)
            was = path.with_name("other").stat().st_ino
            path.with_name("other").replace(path)

        def is_another() -> bool:
            assert titles(desk) == {"Un"}
            return path.exists() and path.stat().st_ino != was

        wait_for(is_another)
        desk.article("b.md", title="Deux")
        wait_for(lambda: titles(desk) == {"Un", "Deux"})


def test_what_readers_find_damaged_is_mended_without_an_edit(desk: Desk) -> None:
    for number in range(50):
        desk.article(f"{number}.md", title=f"Titre {number}", body="Du texte. " * 300)
    desk.load()
    client = desk.client()
    with followed(desk):
        damage(desk, "entry")
        wait_for(lambda: client.get("/articles/7/").status_code == 200)
        wait_for(lambda: not is_distrusted(desk.config, CATALOGUE_FLAG))
        wait_for(lambda: len(titles(desk)) == 50)


def test_other_errors_of_the_catalogue_do_not_make_it_anew(desk: Desk) -> None:
    desk.article("a.md")
    desk.load()
    holder = sqlite3.connect(desk.config.data_dir / CATALOGUE, isolation_level=None)
    desk.article("b.md")
    with loading(desk.config) as load:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogueError, match="locked"):
            load(None)
        holder.execute("ROLLBACK")
        assert load(None).added == 1
    holder.close()
    assert not list(desk.config.data_dir.glob("*.damaged"))


@pytest.mark.parametrize("gitdir", ["real/git", "{root}/real/git"])
def test_a_checkout_is_noticed_where_git_is_a_file(tmp_path: Path, gitdir: str) -> None:
    (tmp_path / "real" / "git").mkdir(parents=True)
    (tmp_path / "articles").mkdir()
    (tmp_path / ".git").write_text(f"gitdir: {gitdir.format(root=tmp_path)}\n")
    assert not checkout_in_progress(tmp_path / "articles")
    (tmp_path / "real" / "git" / "index.lock").touch()
    assert checkout_in_progress(tmp_path / "articles")


def test_a_file_named_git_that_says_nothing_is_no_checkout(tmp_path: Path) -> None:
    for data in [b"", b"gitdir", b"gitdir: a\0b", b"\xff" * 100_000]:
        (tmp_path / ".git").write_bytes(data)
        assert not checkout_in_progress(tmp_path)


def printed(words: str, *values: object) -> str:
    """What a script prints."""
    script = f"import os, sys\n{words}"
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, values)], check=True, text=True, timeout=60,
        capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_repository_that_may_not_be_read_is_no_checkout() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / ".git").mkdir(mode=0o700)
        words = (
            "from pathlib import Path; from newsarchive.articles import checkout_in_progress\n"
            "os.setgid(65534); os.setuid(65534)\n"
            "print(checkout_in_progress(Path(sys.argv[1])))"
        )
        assert printed(words, folder) == "False"


def test_a_folder_made_anew_is_followed(desk: Desk) -> None:
    desk.article("a.md")
    with followed(desk):
        for name in ["b", "c"]:  # the file system may give it the same number each time
            shutil.rmtree(desk.config.articles_dir)
            desk.config.articles_dir.mkdir()
            wait_for(lambda: desk.paths() == [])
            desk.article(f"{name}.md")
            wait_for(lambda name=name: desk.paths() == [name], 10)  # type: ignore[misc]


def test_a_link_to_a_release_is_followed_where_it_leads(desk: Desk, tmp_path: Path) -> None:
    folder = desk.config.articles_dir
    releases = [tmp_path / "un", tmp_path / "deux"]
    for number, release in enumerate(releases):
        release.mkdir()
        (release / f"r{number}.md").write_text("---\ntitle: R\ndate: 2023-11-17\n---\nTexte.\n")
    folder.rmdir()
    folder.symlink_to(releases[0])
    with followed(desk):
        assert desk.paths() == ["r0"]
        (tmp_path / "next").symlink_to(releases[1])
        (tmp_path / "next").replace(folder)
        wait_for(lambda: desk.paths() == ["r1"], 10)
        desk.article("neuf.md", "2023-11-18")
        wait_for(lambda: desk.paths() == ["neuf", "r1"], 10)


def test_while_the_folder_is_gone_what_is_online_stays(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.article("a.md")
    folder = desk.config.articles_dir
    with followed(desk):
        folder.rename(folder.with_name("away"))
        wait_for(lambda: caplog.records)
        time.sleep(1)
        assert desk.paths() == ["a"]
        assert len(caplog.records) == 1
        folder.with_name("away").rename(folder)
        desk.article("b.md")
        wait_for(lambda: desk.paths() == ["a", "b"] or desk.paths() == ["b", "a"], 10)


def test_ready_means_that_a_loader_lives_and_has_loaded(desk: Desk) -> None:
    desk.article("a.md")
    client = desk.client()
    assert client.get("/readyz").status_code == 503
    with followed(desk):
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.get_json()["loading"] == {
            "state": "loaded", "done": 1, "total": 1, "alive": True,
        }  # fmt: skip
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.get_json()["loading"]["alive"] is False
    assert client.get("/").status_code == 200


def test_what_a_loader_told_that_is_gone_is_not_taken_for_what_another_tells(desk: Desk) -> None:
    desk.article("a.md")
    with followed(desk):
        pass
    with writing(desk.config):  # holds the lock, and has told nothing yet
        assert told(desk.config).state == "loaded"
        assert not told(desk.config).alive


def test_asking_after_the_loader_never_keeps_one_from_starting(desk: Desk) -> None:
    desk.load()
    with (desk.config.data_dir / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # as who asks does, for a moment
        threading.Timer(0.03, fcntl.flock, [lock, fcntl.LOCK_UN]).start()
        with writing(desk.config):
            pass


def test_a_status_file_of_another_make_is_as_none(desk: Desk) -> None:
    desk.load()
    for text in ["", "[]", "{}", '{"state": "loaded", "done": 1, "total": 1}', "{" * 100_000]:
        (desk.config.data_dir / "status.json").write_text(text)
        assert told(desk.config).state == "unknown"
    assert (desk.config.data_dir / LOCK).exists()
