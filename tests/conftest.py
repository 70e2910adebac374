"""What many tests start from: a small archive in a temporary folder, and what is lent to all."""

import os
import tarfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from newsarchive.archive import Archive
from newsarchive.catalogue import Page
from newsarchive.config import Config
from newsarchive.indexing import Indexing
from newsarchive.loader import writing
from newsarchive.loading import Summary, load
from newsarchive.query import Query
from newsarchive.web import create_app

SHARED = Path(__file__).parents[2] / "shared"
ROOT = Path(__file__).parents[1]
#: the time of tests that do not say another
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def needed(found: bool, what: str) -> None:
    """Skip where something is missing that a user's machine may lack; fail where CI has it."""
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs {what}")
        pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real archives and hostile samples."""
    needed(SHARED.is_dir(), "../shared beside the checkout (real archives and hostile samples)")
    return SHARED


def unpack(archive: Path, folder: Path) -> None:
    """Put a shared archive into a folder."""
    # before 3.11.4 there are no filters; these archives need none
    safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(archive) as packed:
        packed.extractall(folder, **safely)


class Compiled(BytecodeCache):
    """Templates as they were compiled for an application of another test, of which there are
    thousands: to compile them took half of their time."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._held:
            bucket.bytecode_from_string(self._held[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._held[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": Compiled()}


class Client(FlaskClient):
    """Reads every answer to its end, so that files are closed."""

    def open(self, *args: Any, **more: Any) -> Any:
        return super().open(*args, **{"buffered": True, **more})


class Desk:
    """An archive being written: files go in, entries come out."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.config = Config(
            **{
                "articles_dir": folder / "articles",
                "data_dir": folder / "data",
                "site_url": "https://example.org",
                "title": "Essai",
                "language": "fr",
                "timezone": "Europe/Paris",
                "tag_authority": "example.org,2026",
                **settings,
            }  # type: ignore[arg-type]
        )
        self.config.articles_dir.mkdir(parents=True, exist_ok=True)
        self.archive = Archive(self.config)

    def write(self, path: str, text: str | bytes) -> Path:
        """Put a file into the articles folder."""
        file = self.config.articles_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def article(
        self, path: str, date: str = "2023-11-17", title: str = "Un titre", **more: str
    ) -> None:
        """Put an article into the folder; ``more`` are further keys."""
        keys = {"title": f'"{title}"', "date": date, **more}
        body = keys.pop("body", "Un texte.")
        head = "".join(f"{key}: {value}\n" for key, value in keys.items())
        self.write(path, f"---\n{head}---\n{body}\n")

    def load(self, now: datetime = NOW) -> Summary:
        """Load what changed."""
        with writing(self.config) as writer:
            return load(self.config, writer, now)

    def index(self, now: datetime = NOW) -> None:
        """Make searchable what was loaded."""
        with closing(Indexing(self.config)) as indexing:
            indexing.catch_up(now)

    def find(self, query: Query | None = None, now: datetime = NOW) -> Page:
        """One page of a list."""
        return self.archive.find(query or Query(), now)

    def paths(self, query: Query | None = None, now: datetime = NOW) -> list[str]:
        """The paths on one page of a list."""
        return [entry.path for entry in self.find(query, now).entries]

    def problems(self) -> list[str]:
        """Problems as lines."""
        return [f"{p.path}:{p.line}: {p.message}" for p in self.archive.catalogue.problems()]

    def client(self) -> FlaskClient:
        """The website, asked in process."""
        app = create_app(self.config)
        app.test_client_class = Client
        return app.test_client()

    def with_settings(self, **settings: object) -> "Desk":
        """The same folders under other settings."""
        other = Desk.__new__(Desk)
        other.config = replace(self.config, **settings)  # type: ignore[arg-type]
        other.archive = Archive(other.config)
        return other


NOBODY = 65534


class nobody:  # noqa: N801 - reads as a function in a with statement
    """For a while this process is a user who may not read everything."""

    def __init__(self, desk: Desk) -> None:
        self._folder = desk.config.articles_dir.parent

    def __enter__(self) -> None:
        self._was_root = os.geteuid() == 0
        if self._was_root:
            for folder in (self._folder, *self._folder.rglob("*")):
                os.chown(folder, NOBODY, NOBODY)
            for above in self._folder.parents[:3]:
                above.chmod(above.stat().st_mode | 0o011)
            os.seteuid(NOBODY)

    def __exit__(self, *_: object) -> None:
        if self._was_root:
            os.seteuid(0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty archive in French."""
    return Desk(tmp_path)
