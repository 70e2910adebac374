"""Three real feed readers behind one small shape: subscribe, poll, see what each shows."""

import calendar
import http.client
import os
import pickle
import shutil
import sqlite3
import subprocess
import time
import urllib.request
import warnings
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import feedparser
import reader

#: seconds until an answer that does not come is an error
PATIENCE = 10
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as a reader shows it."""

    #: the guid of RSS, the id of Atom and JSON Feed; the link where the feed has none
    id: str
    title: str
    url: str
    #: what the reader stored of the content, else of the summary: HTML or plain text
    text: str
    #: newsboat takes the update's time, then the time of the poll, where the feed has none
    published: datetime | None
    #: True where the reader does not know
    unread: bool = True


class Client(Protocol):
    """A feed reader with a store of its own, opened again with what it held."""

    #: its command or package
    name: str
    #: those of "rss", "atom" and "json" that it reads
    formats: tuple[str, ...]

    def __init__(self, folder: Path) -> None:
        """Open the store in a folder that exists."""

    def subscribe(self, url: str) -> None:
        """Add a feed, to be fetched at the next poll."""

    def poll(self) -> list[str]:
        """Fetch every subscription once; what went wrong, nothing when all is well."""

    def shown(self, url: str) -> list[Shown]:
        """All that is stored of a subscription, newest first, also what has left the feed."""

    def close(self) -> None:
        """Let go of the store."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def installed(client: type[Client]) -> bool:
    """Whether this machine has it; the packages come with the tests."""
    return client is not Newsboat or shutil.which("newsboat") is not None


def newest_first(entries: Iterable[Shown]) -> list[Shown]:
    """Sort by date, those without one last."""
    return sorted(entries, key=lambda entry: entry.published or LONG_AGO, reverse=True)


@dataclass(slots=True)
class Subscription:
    """What a program around feedparser remembers of a feed."""

    etag: str | None = None
    modified: str | None = None
    #: by id
    entries: dict[str, Shown] = field(default_factory=dict)


class Patience(urllib.request.BaseHandler):
    """Gives up on an answer that does not come; feedparser itself waits for ever."""

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        request.timeout = PATIENCE
        return request


class Feedparser(Client):
    """The plainest reader: what feedparser finds, by id; the last text of an id counts."""

    name = "feedparser"
    formats = ("rss", "atom")  # 6.0.14 knows no JSON Feed

    def __init__(self, folder: Path) -> None:
        self._file = folder / "feedparser.pickle"
        self._feeds: dict[str, Subscription] = {}
        if self._file.exists():
            self._feeds = pickle.loads(self._file.read_bytes())

    def subscribe(self, url: str) -> None:
        self._feeds.setdefault(url, Subscription())
        self._save()

    def poll(self) -> list[str]:
        errors = []
        for url, held in self._feeds.items():
            try:
                problem = self._fetch(url, held)
            except (OSError, http.client.HTTPException) as error:  # feedparser maps only URLError
                problem = repr(error)
            if problem:
                errors.append(f"{url}: {problem}")
        self._save()
        return errors

    def shown(self, url: str) -> list[Shown]:
        return newest_first(self._feeds[url].entries.values()) if url in self._feeds else []

    def _save(self) -> None:
        self._file.write_bytes(pickle.dumps(self._feeds))

    def _fetch(self, url: str, held: Subscription) -> str:
        """Take over what a feed has now; what is wrong with it, else nothing."""
        found = feedparser.parse(url, held.etag, held.modified, handlers=[Patience()])
        status = found.get("status", 200)
        if status == 304:
            return ""
        if status >= 400:
            return f"HTTP {status}"
        if found.bozo:
            return repr(found.bozo_exception)
        if not found.get("version"):
            return "not a feed"
        held.etag, held.modified = found.get("etag"), found.get("modified")
        for entry in found.entries:
            shown = shown_by_feedparser(entry)
            held.entries[shown.id] = shown
        return ""


def shown_by_feedparser(entry: Any) -> Shown:
    """An entry of feedparser's result."""
    published: time.struct_time | None = entry.get("published_parsed")
    content = entry.get("content")
    return Shown(
        id=entry.get("id") or entry.get("link", ""),
        title=entry.get("title", ""),
        url=entry.get("link", ""),
        text=content[0].value if content else entry.get("summary", ""),
        published=published and datetime.fromtimestamp(calendar.timegm(published), UTC),
    )


class Reader(Client):
    """lemon24's reader, as a library."""

    name = "reader"
    formats = ("rss", "atom", "json")

    def __init__(self, folder: Path) -> None:
        self._reader = reader.make_reader(
            str(folder / "reader.sqlite"), session_timeout=PATIENCE, search_enabled=False
        )

    def subscribe(self, url: str) -> None:
        self._reader.add_feed(url, exist_ok=True)

    def poll(self) -> list[str]:
        # an entry that reader skips, say for want of an id, is a ReaderWarning: an error here,
        # not pytest's exception amid the feed; other warnings stay what they are
        with warnings.catch_warnings(record=True) as skipped:
            warnings.simplefilter("always", reader.ReaderWarning)
            # scheduled: without this, a feed is fetched once an hour
            results = list(self._reader.update_feeds_iter(scheduled=False))
        errors = [str(result.value) for result in results if isinstance(result.value, Exception)]
        return errors + [str(warning.message) for warning in skipped]

    def shown(self, url: str) -> list[Shown]:
        return newest_first(map(shown_by_reader, self._reader.get_entries(feed=url)))

    def close(self) -> None:
        self._reader.close()


def shown_by_reader(entry: reader.Entry) -> Shown:
    """An entry of reader's store."""
    content = entry.get_content()
    return Shown(
        id=entry.id,
        title=entry.title or "",
        url=entry.link or "",
        text=content.value if content else "",
        published=entry.published,
        unread=not entry.read,
    )


class Newsboat(Client):
    """The newsboat command, unattended, at home in the folder."""

    name = "newsboat"
    formats = ("rss", "atom")

    def __init__(self, folder: Path) -> None:
        self._folder = folder = folder.resolve()
        self._urls = folder / "urls"
        self._cache = folder / "cache.db"
        self._log = folder / "error.log"
        (folder / "config").write_text(
            f'download-timeout {PATIENCE}\nerror-log "{self._log}"\n', "utf-8"
        )

    def subscribe(self, url: str) -> None:
        lines = self._urls.read_text("utf-8").splitlines() if self._urls.exists() else []
        if f'"{url}"' not in lines:
            self._urls.write_text("".join(f"{line}\n" for line in [*lines, f'"{url}"']), "utf-8")

    def poll(self) -> list[str]:
        if not self._urls.exists():  # newsboat takes no subscription for a mistake
            return []
        self._log.write_text("")
        command: list[str | Path] = ["newsboat", "-u", self._urls, "-c", self._cache]
        command += ["-C", self._folder / "config", "-x", "reload"]
        done = subprocess.run(
            command, env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=60, check=False,
        )  # fmt: skip
        # the exit code is 0 when feeds fail; the log has a line for each, "[time] message"
        errors = [line.partition("] ")[2] for line in self._log.read_text("utf-8").splitlines()]
        if done.returncode:
            errors.append(f"newsboat ended with {done.returncode}: {done.stderr or done.stdout}")
        return errors

    def shown(self, url: str) -> list[Shown]:
        if not self._cache.exists():
            return []
        with closing(sqlite3.connect(f"{self._cache.as_uri()}?mode=ro", uri=True)) as cache:
            cache.row_factory = sqlite3.Row
            rows = cache.execute(
                "SELECT guid, title, url, content, pubDate, unread FROM rss_item"
                " WHERE feedurl = :url AND deleted = 0 ORDER BY id DESC",
                {"url": url},
            ).fetchall()
        return newest_first(map(shown_by_newsboat, rows))

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's own newsboat, and UTF-8 wherever the tests run."""
        home = str(self._folder)
        xdg = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), home)
        return {"HOME": home, **xdg, "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}


def shown_by_newsboat(row: sqlite3.Row) -> Shown:
    """A row of newsboat's cache."""
    return Shown(
        id=row["guid"],
        title=row["title"],
        url=row["url"],
        text=row["content"],
        published=datetime.fromtimestamp(row["pubDate"], UTC),
        unread=bool(row["unread"]),
    )


CLIENTS: tuple[type[Client], ...] = (Feedparser, Reader, Newsboat)
