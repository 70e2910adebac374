#!/usr/bin/env python3
"""Faults, done on purpose to a running site: ``python benchmarks/drills.py [--minutes N]``.

A small archive is served by two workers while three visitors ask for its pages, feeds, searches
and JSON, and look whether what they are answered is what stands in the files. Meanwhile its
processes are killed, its data are damaged, its disk fills up, its files are half written. One line
a drill: how often, requests, wrong answers, answers by status, broken connections, the longest
time in which no page was answered, and how long it took until all was well again; after each,
``newsarchive index --verify`` compares all that is served with the files. Ends with 1 where an
answer was wrong or something differs. Speaks to 127.0.0.1 alone, and ends only what it started.

Disks are filled and made read-only where a tmpfs can be mounted (as root).
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ARTICLES = 60
#: seconds that anything may take to be well again
PATIENCE = 90.0
#: seconds of a visitor between two requests; in the short run, which shares its machine
PAUSE, LONG_PAUSE = 0.02, 0.2
QUERIES = [
    "article", '"mot commun"', "tag:a -mot", "art*", "after:2024 before:2025", "un OR deux",
    "lang:fr", "story:2024/recit", "mot3 mot4", "author:zoe", "é\u0301", "type:update x",
    "n°3", "O.N.U.",
]  # fmt: skip


# -- a site --


class Site:
    """The archive, its server, its files."""

    def __init__(self, folder: Path) -> None:
        self.articles, self.data = folder / "articles", folder / "data"
        self.data.mkdir(parents=True)
        #: how often each article was written; a visitor may see the one before while it is loaded
        self.versions = dict.fromkeys(range(ARTICLES), 0)
        #: those written since all was well
        self.edited: set[int] = set()
        for number in self.versions:
            self.write(number)
        story = self.articles / "2024/recit"
        story.mkdir()
        (story / "index.md").write_text("---\ntitle: Recit\ndate: 2024-02-01\n---\nx\n")
        (story / "2024-02-02.md").write_text("---\ntitle: Suite\n---\nmot commun\n")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        #: what the server is told besides
        self.more: dict[str, str] = {}

    def environ(self, data: Path | None = None) -> dict[str, str]:
        return {
            **os.environ, "NEWSARCHIVE_LANGUAGE": "fr",
            "NEWSARCHIVE_ARTICLES_DIR": str(self.articles),
            "NEWSARCHIVE_DATA_DIR": str(data or self.data), "NEWSARCHIVE_ACCESS_LOG": "none",
            "PYTHONWARNINGS": "ignore",
        }  # fmt: skip

    def write(self, number: int) -> None:
        """An article, in its next version."""
        path = self.articles / f"2024/a{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(number, self.versions[number] + 1), encoding="utf-8")
        self.note(number)

    def note(self, number: int) -> None:
        """That the next version of an article stands in its file."""
        self.versions[number] += 1
        self.edited.add(number)

    @staticmethod
    def text(number: int, version: int) -> str:
        head = f"title: Article {number}\ndate: 2024-01-{number % 28 + 1:02d}\ntags: [a]"
        return f"---\n{head}\n---\nmot commun mot{number} version {version}.\n" + "Du texte. " * 50

    def start(self) -> None:
        self.spawn()
        self.settle()

    def spawn(self) -> None:
        words = [sys.executable, "-m", "newsarchive", "serve", "--workers", "2"]
        self.process = subprocess.Popen(
            [*words, "--port", str(self.port)], env={**self.environ(), **self.more},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> int:
        assert self.process
        self.process.terminate()
        return self.process.wait(timeout=60)

    def children(self, of: int | None = None) -> list[tuple[int, bytes]]:
        """Processes that the server started, and those that they started, with their command
        lines."""
        assert self.process
        found = []
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{of or self.process.pid}/task").iterdir():
                for pid in map(int, (task / "children").read_text().split()):
                    found.append((pid, Path(f"/proc/{pid}/cmdline").read_bytes()))
                    found += self.children(pid)
        return found

    def loaders(self) -> list[int]:
        return [pid for pid, words in self.children() if b"watch" in words]

    def workers(self) -> list[int]:
        return [
            pid for pid, words in self.children()
            if b"serve" in words
        ]  # fmt: skip

    def ask(self, path: str, timeout: float = 10) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def is_well(self) -> bool:
        try:
            status, body = self.ask("/readyz")
            return status == 200 and json.loads(body)["search"]["behind"] == 0 and self.is_current()
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def is_current(self) -> bool:
        return all(map(self._is_served, self.edited)) and self.ask("/search/?q=mot1")[0] == 200

    def _is_served(self, number: int) -> bool:
        status, body = self.ask(f"/articles/2024/a{number}/")
        return status == 200 and f"version {self.versions[number]}.".encode() in body

    def settle(self) -> float:
        """Seconds until all is well."""
        begun = time.monotonic()
        while not self.is_well():
            if time.monotonic() - begun > PATIENCE:
                raise TimeoutError(f"not well after {PATIENCE} s")
            time.sleep(0.1)
        self.edited.clear()
        return time.monotonic() - begun

    def verify(self, data: Path | None = None) -> dict[str, object]:
        words = [sys.executable, "-m", "newsarchive", "index", "--verify", "--json"]
        ran = subprocess.run(
            words, env=self.environ(data), capture_output=True, text=True, check=False
        )
        return dict(json.loads(ran.stdout)) if ran.stdout else {"holds": False, "why": ran.stderr}


# -- its visitors --


@dataclass
class Seen:
    """What visitors met during one drill."""

    requests: int = 0
    wrong: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    gap: float = 0.0


class Visitors:
    """Ask all the time, and look at what they get."""

    def __init__(self, site: Site, pause: float) -> None:
        self.site, self.seen, self._pause = site, Seen(), pause
        self._answered = time.monotonic()
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(3)]

    def __enter__(self) -> "Visitors":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for each in self._threads:
            each.join()

    def begin(self) -> None:
        with self._lock:
            self.seen, self._answered = Seen(), time.monotonic()

    def end(self) -> Seen:
        with self._lock:
            self.seen.gap = max(self.seen.gap, time.monotonic() - self._answered)
            return self.seen

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._stopped.wait(self._pause):
            number = chance.randrange(ARTICLES)
            path, holds = chance.choice(self._questions(number))
            least = self.site.versions[number] - 1
            try:
                status, body = self.site.ask(path)
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.seen.requests += 1
                    self.seen.broken += 1
                continue
            try:
                is_right = status == 200 and holds(body, least)
            except (ValueError, LookupError):  # no JSON, or other JSON
                is_right = False
            with self._lock:
                self._note(path, status, is_right)

    def _note(self, path: str, status: int, is_right: bool) -> None:
        seen = self.seen
        seen.requests += 1
        seen.statuses[status] += 1
        if not (is_right or status == 503):
            seen.wrong.append(f"{status} {path}")
        if is_right and not path.startswith(("/search", "/api/v1/search")):
            now = time.monotonic()
            seen.gap = max(seen.gap, now - self._answered)
            self._answered = now

    def _questions(self, number: int) -> list[tuple[str, Callable[[bytes, int], bool]]]:
        def is_article(body: bytes, _: int) -> bool:
            said = re.search(rb"mot%d version (\d+)\." % number, body)
            # never a version that nobody wrote
            return bool(said) and 0 < int(said[1]) <= self.site.versions[number] + 1

        def is_document(body: bytes, least: int) -> bool:
            return json.loads(body)["title"] == f"Article {number}" and is_article(body, least)

        return [
            (f"/articles/2024/a{number}/", is_article),
            (f"/articles/2024/a{number}.json", is_document),
            ("/", lambda body, _: b"</html>" in body),
            ("/tags/a/", lambda body, _: b"Article " in body and b"</html>" in body),
            ("/feed.rss", lambda body, _: body.rstrip().endswith(b"</rss>") and b"<item>" in body),
            ("/feed.json", lambda body, _: len(json.loads(body)["items"]) >= 30),
            ("/api/v1/entries?limit=100", lambda body, _: json.loads(body)["total"] >= ARTICLES),
            (f"/search/?q=mot{number}", lambda body, _: b"</html>" in body),
        ]


# -- faults --


def edits(site: Site, times: int) -> Iterator[int]:
    """Numbers of articles, one after another, each edited first."""
    for turn in range(times):
        site.write(turn % ARTICLES)
        yield turn


def kill_loaders(site: Site, times: int) -> None:
    for _ in edits(site, times):
        time.sleep(random.random() / 4)
        for pid in site.loaders():
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while not site.loaders() and time.monotonic() < end:
            time.sleep(0.05)


def kill_workers(site: Site, times: int) -> None:
    for _ in range(times):
        pids = site.workers()
        if pids:
            os.kill(random.choice(pids), signal.SIGKILL)
        # a worker that dies again within 5.5 s is taken for a loop by granian
        time.sleep(random.choice([0.5, 3, 6]))


def terminate(site: Site, times: int) -> None:
    for _ in range(times):
        code = site.stop()
        assert code == 0, f"SIGTERM ended with {code}"
        site.start()


def damage(site: Site, times: int) -> None:
    kept = site.data.parent / "kept"
    shutil.copytree(site.data, kept, dirs_exist_ok=True)
    for turn in range(times):
        files = [each for each in site.data.rglob("*") if each.is_file() and _may_be_damaged(each)]
        # the catalogue every other time: most depends on it
        path = site.data / "catalogue.sqlite3" if turn % 2 else random.choice(files)
        with contextlib.suppress(OSError):
            random.choice([_delete, _cut, _spoil, _replace, _swap])(path, kept)
        site.write(turn % ARTICLES)
        site.settle()


def _may_be_damaged(path: Path) -> bool:
    # what SQLite and the lock keep for processes that run, not for the next
    return not path.name.endswith(("-shm", ".lock")) and path.name != "status.json"


def _delete(path: Path, _: Path) -> None:
    path.unlink()


def _cut(path: Path, _: Path) -> None:
    data = path.read_bytes()
    path.with_name(".cut").write_bytes(data[: random.randrange(len(data) + 1)])
    path.with_name(".cut").replace(path)


def _spoil(path: Path, _: Path) -> None:
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(random.randrange(max(1, size)) // 512 * 512)
        file.write(random.randbytes(512))


def _replace(path: Path, _: Path) -> None:
    path.with_name(".other").write_bytes(random.randbytes(8192))
    path.with_name(".other").replace(path)


def _swap(path: Path, kept: Path) -> None:
    older = next(kept.rglob(path.name), None)
    if older:
        shutil.copy(older, path.with_name(".older"))
        path.with_name(".older").replace(path)


def fill_disk(site: Site, times: int) -> None:
    filler = site.data / "filler"
    for turn in edits(site, times):
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
        site.write((turn + 1) % ARTICLES)
        time.sleep(2)
        filler.unlink()
        site.settle()


def make_read_only(site: Site, times: int) -> None:
    for _ in range(times):
        site.stop()
        subprocess.run(["mount", "-o", "remount,ro", str(site.data)], check=True)
        site.spawn()
        time.sleep(4)
        status, body = site.ask("/articles/2024/a0/")
        assert status == 200, f"a read-only disk: {status}"
        assert b"mot0 version" in body
        site.stop()
        subprocess.run(["mount", "-o", "remount,rw", str(site.data)], check=True)
        site.start()


def write_by_halves(site: Site, times: int) -> None:
    for turn in range(times):
        number = turn % ARTICLES
        text = site.text(number, site.versions[number] + 1).encode()
        with (site.articles / f"2024/a{number}.md").open("wb") as file:
            for start in range(0, len(text), 100):
                file.write(text[start : start + 100])
                file.flush()
                time.sleep(0.01)
        site.note(number)
        site.settle()


def check_out(site: Site, times: int, files: int = 3000) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "gc.auto=0"]
        subprocess.run(["git", *who, *words], cwd=site.articles, check=True, capture_output=True)

    big = site.articles / "big"
    big.mkdir(exist_ok=True)
    git("init", "-q")
    for branch in ("one", "two"):
        for number in range(files):
            text = f"---\ntitle: {branch} {number}\ndate: 2023-01-01\n---\n{branch} {number}\n"
            (big / f"b{number}.md").write_text(text)
        git("add", "-A")
        git("commit", "-q", "-m", branch)
        git("branch", "-f", branch)
    site.settle()
    for turn in range(times):
        git("checkout", "-q", ("one", "two")[turn % 2])
        for number in random.sample(range(files), 20):
            status, body = site.ask(f"/articles/big/b{number}/")
            assert status == 200, f"a standing article answered {status} during a checkout"
            assert re.search(rb"(one|two) %d" % number, body)
        site.settle()
    shutil.rmtree(site.articles / ".git")
    shutil.rmtree(big)
    end = time.monotonic() + PATIENCE
    while site.ask("/articles/big/b0/")[0] == 200 and time.monotonic() < end:
        time.sleep(0.1)


#: what the server's processes run first: their clock is as far off as a file says
CLOCK = """
import datetime as d, os
from newsarchive import indexing, loader, websub
from newsarchive.web import http
class Clock:
    def __getattr__(self, name):
        return getattr(d.datetime, name)
    def now(self, zone=None):
        with open(os.environ["DRILL_CLOCK"]) as file:
            return d.datetime.now(zone) + d.timedelta(hours=float(file.read()))
for each in (indexing, loader, websub, http):
    each.datetime = Clock()
"""


def jump_clock(site: Site, times: int) -> None:
    """Its clock alone, and never before the newest article: what is embargoed is another matter."""
    clock = site.data.parent / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(CLOCK)
    offset = clock / "offset"
    offset.write_text("0")
    site.stop()
    path = os.pathsep.join(filter(None, [str(clock), os.environ.get("PYTHONPATH", "")]))
    site.more = {"PYTHONPATH": path, "DRILL_CLOCK": str(offset)}
    site.start()
    for turn in edits(site, times):
        (clock / "next").write_text(str((-16_800, 0, 480_000, -24, 3)[turn % 5]))
        (clock / "next").replace(offset)
        site.settle()
    site.stop()
    site.more = {}
    shutil.rmtree(clock)
    site.start()


def mutate_queries(site: Site, times: int) -> None:
    chance = random.Random(5)
    slowest = 0.0
    for _ in range(times):
        text = list(chance.choice(QUERIES))
        for _ in range(chance.randrange(1, 6)):
            sign = chance.choice('"*:()-[]{}|&\\/\x00\x1b\u202e éŒ漢\ud7ff0a' + "OR")
            text.insert(chance.randrange(len(text) + 1), sign)
        query = urllib.parse.quote("".join(text) * chance.choice([1, 1, 1, 30]))
        path = chance.choice(["/search/?q=", "/api/v1/search?q=", "/search/feed.rss?q=",
                              "/search/suggest?q=", "/?page=", "/api/v1/entries?limit=",
                              ])  # fmt: skip
        begun = time.monotonic()
        status, _ = site.ask(path + query)
        slowest = max(slowest, time.monotonic() - begun)
        assert status in (200, 301, 400, 404, 414), f"{status} {path}{query}"
    assert slowest < 5, f"a query took {slowest:.1f} s"


def hold_half_open(site: Site, times: int) -> None:
    held = []
    for _ in range(times):
        opened = socket.create_connection(("127.0.0.1", site.port))
        opened.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        held.append(opened)
    time.sleep(5)
    for each in held:
        each.close()


def kill_index_commands(site: Site, times: int) -> None:
    """Not those of the server: ``newsarchive index`` on data of its own."""
    data = site.data.parent / "other-data"
    words = [sys.executable, "-m", "newsarchive", "index"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for _ in edits(site, times):
        process = subprocess.Popen(words, env=site.environ(data), **quiet)  # type: ignore[call-overload]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.3 + random.random())
        process.kill()
        process.wait()
    subprocess.run(words, env=site.environ(data), check=True, **quiet)  # type: ignore[call-overload]
    assert site.verify(data)["holds"], "not equal after kills of newsarchive index"


#: what is done, how often in 30 minutes, and in the short run
DRILLS: list[tuple[str, Callable[[Site, int], None], int, int]] = [
    ("newsarchive index killed", kill_index_commands, 200, 1),
    ("loader killed", kill_loaders, 20, 1),
    ("worker killed", kill_workers, 100, 1),
    ("SIGTERM, started again", terminate, 10, 0),
    ("data damaged, deleted, swapped", damage, 300, 4),
    ("disk full", fill_disk, 10, 1),
    ("disk read-only", make_read_only, 10, 0),
    ("file written by halves", write_by_halves, 30, 1),
    ("git checkout of 3,000 files", check_out, 20, 0),
    ("clock jumps", jump_clock, 50, 0),
    ("mutated question", mutate_queries, 10_000, 80),
    ("connection half open", hold_half_open, 200, 20),
]
_OF_DISKS = {"disk full", "disk read-only"}


# -- all of them --


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A data folder on a disk of its own, if that may be."""
    words = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        is_mounted = False
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def run(
    site: Site, visitors: Visitors, drill: tuple[str, Callable[[Site, int], None], int]
) -> bool:
    """One drill and its line; whether all was right."""
    name, fault, times = drill
    visitors.begin()
    failure, settled = "", 0.0
    try:
        fault(site, times)
        settled = site.settle()
    except (AssertionError, TimeoutError, OSError, http.client.HTTPException) as error:
        failure = f"{type(error).__name__}: {error}"
    verdict, seen = site.verify(), visitors.end()
    if site.process and site.process.poll() is not None:
        site.start()  # for the next
    if not verdict["holds"]:
        failure = failure or f"differs: {json.dumps(verdict)[:300]}"
    statuses = " ".join(f"{status}:{n}" for status, n in sorted(seen.statuses.items()))
    equal = f"{verdict.get('equal')}/{verdict.get('entries')}"
    print(f"{name:32}{times:7,}{seen.requests:9,}{len(seen.wrong):6}  {statuses:24}{seen.broken:5}"
          f"{seen.gap:8.1f} s{settled:7.1f} s  {equal}", flush=True)  # fmt: skip
    for line in (*seen.wrong[:3], *filter(None, [failure])):
        print(f"    {line}", flush=True)
    return not seen.wrong and not failure


def main() -> int:
    """Every drill; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--short", action="store_true", help="each a few times: about a minute")
    parser.add_argument("--only", help="those whose name holds this")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"{'what':32}{'times':>7}{'requests':>9}{'wrong':>6}  {'answers':24}{'broken':>5}"
          f"{'gap':>9}{'settled':>9}  equal")  # fmt: skip
    right = True
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        site = Site(Path(folder).resolve())
        is_mounted = stack.enter_context(small_disk(site.data))
        stack.callback(lambda: site.process and site.process.poll() is None and site.stop())
        site.start()
        visitors = stack.enter_context(Visitors(site, LONG_PAUSE if args.short else PAUSE))
        for name, fault, often, seldom in DRILLS:
            times = seldom if args.short else max(1, round(often * args.minutes / 30))
            if not times or (args.only and args.only not in name):
                continue
            if name in _OF_DISKS and not is_mounted:
                print(f"{name:32} not done: it needs a tmpfs, which root may mount")
                continue
            right &= run(site, visitors, (name, fault, times))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
