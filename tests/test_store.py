"""The catalogue's file: who reads it while another writes, replaces or spoils it."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conftest import NOW, ROOT
from newsarchive.catalogue import Catalogue, CatalogueWriter, Changes
from newsarchive.catalogue.store import Readers, put_in_place
from newsarchive.errors import CatalogueError

ZONE = ZoneInfo("Europe/Paris")


def path_in(folder: Path) -> Path:
    return folder / "catalogue.sqlite3"


def write(path: Path, settings: str) -> None:
    """Make a catalogue, or write another into it, and close it."""
    writer = CatalogueWriter(path, ZONE)
    writer.apply(Changes(settings=settings), NOW)
    writer.close()


def replace(path: Path, settings: str) -> None:
    """Let another catalogue take the place of one."""
    other = path.with_name("other.sqlite3")
    write(other, settings)
    put_in_place(other, path)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user may read; pytest's own are this user's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


READING = """
import os, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from newsarchive.catalogue import Catalogue
os.setegid(65534)
os.seteuid(65534)
reader = Catalogue(Path(sys.argv[1]), ZoneInfo("Europe/Paris"))
for line in sys.stdin:
    print(reader.meta("settings"), flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_reader_of_another_user_sees_what_is_written_later(open_to_all: Path) -> None:
    path = path_in(open_to_all)
    writer = CatalogueWriter(path, ZONE)
    with subprocess.Popen(
        [sys.executable, "-c", READING, str(path)], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ) as reader:  # fmt: skip
        assert reader.stdin
        assert reader.stdout
        for settings in ["un", "deux", "trois"]:
            writer.apply(Changes(settings=settings), NOW)
            reader.stdin.write("?\n")
            reader.stdin.flush()
            assert reader.stdout.readline() == f"{settings}\n"
        reader.stdin.close()
        assert reader.wait(timeout=20) == 0
    writer.close()


MOUNTED = "mount -t tmpfs none {0} && cp {1} {0}/ && mount -o remount,ro {0} && exec {2} {0}/{3}"


@pytest.mark.requirement(15)
@pytest.mark.skipif(
    subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0,
    reason="needs a mount namespace of its own",
)
def test_a_catalogue_on_a_read_only_file_system_is_read(tmp_path: Path) -> None:
    path = path_in(tmp_path)
    write(path, "un")
    (tmp_path / "mount").mkdir()
    script = tmp_path / "read.py"
    script.write_text(READING.replace("os.sete", "# "))
    command = MOUNTED.format(tmp_path / "mount", path, f"{sys.executable} {script}", path.name)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", command], input="?\n", text=True, check=False, timeout=60,
        capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("un\n", "")


def test_a_snapshot_stays_of_the_catalogue_it_began_with(tmp_path: Path) -> None:
    path = path_in(tmp_path)
    write(path, "un")
    reader = Catalogue(path, ZONE)
    with reader.snapshot():
        assert reader.meta("settings") == "un"
        replace(path, "deux")
        assert reader.meta("settings") == "un"
    assert reader.meta("settings") == "deux"
    reader.close()


def test_what_is_open_outlives_the_catalogue_until_there_is_another(tmp_path: Path) -> None:
    path = path_in(tmp_path)
    write(path, "un")
    reader = Catalogue(path, ZONE)
    with reader.snapshot():
        reader.generation()
        path.unlink()
        assert reader.meta("settings") == "un"
    assert reader.meta("settings") == "un"
    with pytest.raises(CatalogueError):
        Catalogue(path, ZONE).generation()
    write(path, "deux")
    assert reader.meta("settings") == "deux"
    reader.close()


def test_a_connection_that_cannot_be_renewed_is_used_on(tmp_path: Path) -> None:
    path = path_in(tmp_path)
    write(path, "un")
    readers = Readers(path)
    readers.connection()
    path.with_name("bad").write_bytes(b"this is no database, " * 100)
    path.with_name("bad").replace(path)
    asked = "SELECT value FROM meta WHERE name = 'settings'"
    for _ in range(2):
        assert readers.connection().execute(asked).fetchone()[0] == "un"
    with pytest.raises(CatalogueError, match="not a database"):
        Readers(path).connection()
    replace(path, "deux")
    assert readers.connection().execute(asked).fetchone()[0] == "deux"
    readers.close()


def test_a_catalogue_whose_log_was_not_written_back_takes_no_place(tmp_path: Path) -> None:
    path, fresh = path_in(tmp_path), tmp_path / "other.sqlite3"
    write(path, "un")
    writer = CatalogueWriter(fresh, ZONE)
    with pytest.raises(CatalogueError, match="could not be written to its end"):
        put_in_place(fresh, path)
    writer.close()
    assert path.exists()


@pytest.mark.parametrize(
    ("version", "said"), [(0, "holds nothing yet"), (1, "is of another version")]
)
def test_a_file_that_cannot_be_read_yet_is_told_from_an_old_one(
    tmp_path: Path, version: int, said: str
) -> None:
    path = path_in(tmp_path)
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {version}")
        file.execute("CREATE TABLE thing (name TEXT)")
    with pytest.raises(CatalogueError, match=f"{said}; run: newsarchive index"):
        Readers(path).connection()
