"""What is particular to Whoosh: its files, its locks, what is left when it is interrupted."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsarchive.errors import SearchError
from newsarchive.search.engine import Clause, Document, Question, Ranking
from newsarchive.search.whoosh import WhooshEngine
from newsarchive.search.whoosh_columns import Facet, numbered, spread
from newsarchive.search.whoosh_postings import Postings, decode, encode, gathered
from newsarchive.search.whoosh_storage import CURRENT, Folders, MappedFile
from newsarchive.search.whoosh_writing import MERGED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "search"


@pytest.fixture
def engine(folder: Path) -> Iterator[WhooshEngine]:
    made = WhooshEngine(folder)
    yield made
    made.close()


def document(name: str, text: str = "chat", at: int = 0, **more: object) -> Document:
    return Document(id=name, at=at, body=tuple(text.split()), **more)  # type: ignore[arg-type]


def clause(*texts: str) -> Clause:
    return Clause(tuple(tuple(text.split()) for text in texts))


def found(engine: WhooshEngine, *clauses: Clause, **more: object) -> list[str]:
    return [hit.id for hit in engine.search(Question(clauses=clauses, **more)).hits]  # type: ignore[arg-type]


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def index_of(folder: Path) -> Path:
    """The folder of the index that answers."""
    return folder / (folder / CURRENT).read_text()


def many(count: int, first: int = 0) -> list[Document]:
    return [
        document(
            f"{n:05}",
            f"chat mot{n % 10} chien w{n}" if n % 3 else f"mot{n % 10} chat noir",
            n % 7,
            title=("titre", f"mot{n % 4}"),
            terms=(f"tag:{n % 5}", f"story:{n // 2}", f"year:{2000 + n % 3}"),
        )
        for n in range(first, first + count)
    ]


# --- sets, columns, matches


@pytest.mark.parametrize("size", [1, 7, 8, 9, 1000])
def test_a_set_is_numbers_and_bytes_and_back(size: int) -> None:
    for numbers in ([], [0], [size - 1], list(range(size)), list(range(0, size, 3))):
        documents = gathered(numbers)
        assert numbered(documents, size) == numbers
        assert [n for n, has in enumerate(spread(documents, size)) if has] == numbers


def test_a_facet_counts_rare_and_common_terms_of_few_and_many_documents() -> None:
    lists = [("common", list(range(0, 1000, 2))), ("rare", [1, 2, 500]), ("once", [999])]
    facet = Facet([(name, listed(numbers)) for name, numbers in lists], 1000)
    for numbers in ([], [2], [1, 2, 3], range(1000), range(400, 1000)):
        right = {name: len(set(had) & set(numbers)) for name, had in lists}
        assert facet.count(gathered(numbers)) == {k: v for k, v in right.items() if v}


def listed(numbers: list[int]) -> Postings:
    """A list without times and places, as it comes from the disk."""
    data = b"before" + encode(array("I", numbers), (), (), 1000)
    return decode(MappedFile(data + b"after", "x"), 6)


@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize("places", [[0], [3, 5, 255], [1, 65535], [0, 65536, 2**32 - 1]])
def test_a_list_comes_back_as_it_was(places: list[int], size: int) -> None:
    numbers, times = array("I", [0, 2]), [len(places), 1]
    data = encode(numbers, times, [*places, 7], size)
    found = decode(MappedFile(data + b"after", "x"), 0)
    starts, all_places = found.places()
    assert (found.numbers, found.having, list(found.times)) == (numbers, 0b101, times)
    assert [list(all_places[starts[n] : starts[n + 1]]) for n in (0, 1)] == [places, [7]]


def test_pages_and_bounds_agree_however_the_documents_were_put_in(
    engine: WhooshEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.search.whoosh_writing.HELD", 1500)
    other = WhooshEngine(tmp_path / "other")
    documents = many(700)
    with engine.rebuilt() as fresh:
        fresh.update(documents[:300], (), "1")
        fresh.update(documents[200:], ["never"], "2")
    for start in range(0, 700, 50):
        other.update(documents[start : start + 50], (), str(start))
    for ranking in Ranking:
        for bounds in ({}, {"start": 2, "end": 5}, {"terms": ("tag:1",)}, {"without": ("tag:1",)}):
            for clauses in (
                (),
                (clause("mot1 chien", "mot2 chien"),),
                (clause("mot1", "mot2 chat"),),
            ):
                question = Question(
                    clauses=clauses, ranking=ranking, limit=90, offset=20, facets=("tag", "story"),
                    **bounds,
                )  # fmt: skip
                one, two = engine.search(question), other.search(question)
                assert one.total == two.total > 0
                assert one.facets == two.facets
                if ranking is not Ranking.RELEVANCE or not clauses:
                    assert one.hits == two.hits


def test_a_rare_variant_is_worth_no_more_than_the_word(engine: WhooshEngine) -> None:
    engine.update([document(f"n{n}", "chat ours") for n in range(9)], (), "1")
    engine.update([document("twice", "chat chat"), document("rare", "chaton ours")], (), "2")
    assert found(engine, clause("chat", "chaton"))[0] == "twice"


def test_a_rare_word_counts_more_than_a_common_one(engine: WhooshEngine) -> None:
    engine.update([document(f"n{n}", "chat ours") for n in range(9)], (), "1")
    engine.update([document("both", "chat lynx")], (), "2")
    hits = engine.search(Question(clauses=(clause("lynx"),))).hits
    assert hits[0].score > engine.search(Question(clauses=(clause("chat"),))).hits[0].score


# --- files


def test_only_the_owner_may_enter_and_nobody_else_may_write(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.update([document("a")], (), "1")
    assert folder.stat().st_mode & 0o777 == index_of(folder).stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(SearchError, match="others may write"):
        found(WhooshEngine(folder))
    engine.update([document("b")], (), "2")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_no_file_is_left_open_and_few_are_written(engine: WhooshEngine, folder: Path) -> None:
    for number in range(40):
        engine.update([document(str(number % 9))], (), str(number))
        found(engine, clause("chat"))
    before = open_files()
    for number in range(40, 100):
        engine.update([document(str(number % 9))], (), str(number))
        assert len(found(engine, clause("chat"))) == 9
    assert open_files() < before + 60
    assert len(list(index_of(folder).iterdir())) < 130


def test_small_segments_are_merged_and_large_ones_stay(engine: WhooshEngine, folder: Path) -> None:
    engine.update(many(MERGED + 50), (), "0")
    (large,) = index_of(folder).glob("*.trm")
    for number in range(80):
        engine.update(many(1, 1000 + number % 40), (), str(number))
    assert large.exists()
    assert len(list(index_of(folder).glob("*.trm"))) < 24
    assert engine.search(Question()).total == MERGED + 50 + 40


def test_an_edit_of_all_leaves_no_empty_segment(engine: WhooshEngine, folder: Path) -> None:
    engine.update(many(300), (), "1")
    engine.update(many(300), (), "2")
    engine.update((), ["00000"], "3")
    assert len(list(index_of(folder).glob("*.trm"))) == 1
    assert engine.search(Question()).total == 299


def test_every_file_cut_short_or_changed_is_an_error_or_no_matter(
    engine: WhooshEngine, folder: Path, tmp_path: Path
) -> None:
    engine.update(many(40), (), "1")
    engine.update(many(3, 50), ["00001"], "2")
    engine.close()
    question = Question(clauses=(clause("chat", "chien w4"), clause("titre")), facets=("tag",))
    cut = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        variants = [content[: len(content) // 2], b"", content[:-1]]
        variants += [
            content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
            for at in range(0, len(content), max(1, len(content) // 4))
            for flip in (255,)
        ]
        for number, bad in enumerate(variants):
            copy = tmp_path / "copy"
            shutil.copytree(folder, copy)
            (copy / path.relative_to(folder)).write_bytes(bad)
            other = WhooshEngine(copy)
            for act in (
                lambda other=other: other.search(question),
                lambda other=other: other.search(Question(start=1, facets=("story",))),
                other.position,
                lambda other=other: other.update([document("x")], ["00002"], "3"),
            ):
                try:
                    act()
                except SearchError:
                    cut += number < 3
            if not number:
                with other.rebuilt() as fresh:
                    fresh.update([document("x")], (), "4")
                assert found(other) == ["x"]
            shutil.rmtree(copy)
    assert cut > 40


def test_an_index_of_another_program_is_an_error(folder: Path, engine: WhooshEngine) -> None:
    engine.update([document("a")], (), "1")
    toc = next(index_of(folder).glob("*.toc"))
    toc.write_bytes(toc.read_bytes()[:-4])  # as Whoosh writes it
    with pytest.raises(SearchError, match="not ours"):
        WhooshEngine(folder).position()


def test_a_pointer_to_nowhere_is_an_error(folder: Path, engine: WhooshEngine) -> None:
    engine.update([document("a")], (), "1")
    (folder / CURRENT).write_text("../../etc")
    with pytest.raises(SearchError):
        engine.search(Question())
    (folder / CURRENT).write_text("0" * 16)
    with pytest.raises(SearchError):
        engine.position()


# --- failures


def test_a_rebuilding_that_was_killed_is_swept_away_by_the_next(
    engine: WhooshEngine, folder: Path
) -> None:
    code = (
        "import os,sys; from pathlib import Path; from newsarchive.search.whoosh import WhooshEngine\n"
        "from newsarchive.search.engine import Document\n"
        "with WhooshEngine(Path(sys.argv[1])).rebuilt() as fresh:\n"
        "    fresh.update([Document(id='x', at=1)], (), '9')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    engine.update([document("a")], (), "1")
    run = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert (found(engine), engine.position()) == (["a"], "1")
    with engine.rebuilt() as fresh:
        fresh.update([document("b")], (), "2")
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


def test_what_another_fills_is_not_swept_away(engine: WhooshEngine) -> None:
    with engine.rebuilt() as slow:
        slow.update([document("slow")], (), "1")
        with engine.rebuilt() as quick:
            quick.update([document("quick")], (), "2")
        assert found(engine) == ["quick"]
        engine.update([document("edit", at=1)], (), "3")
        assert found(engine) == ["edit", "quick"]
    assert (found(engine), engine.position()) == (["slow"], "1")


def test_a_rebuilding_that_cannot_take_a_document_fails_as_a_whole(engine: WhooshEngine) -> None:
    engine.update([document("a")], (), "1")
    rebuilding = engine.rebuilt()
    fresh = rebuilding.__enter__()
    fresh.update([document("b")], (), "2")
    with pytest.raises(SearchError):
        fresh.update([document("c", at=2**70)], (), "3")
    with pytest.raises(SearchError, match="begin anew"):
        rebuilding.__exit__(None, None, None)
    assert (found(engine), engine.position()) == (["a"], "1")


DISK_FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_whoosh import document, found, many, WhooshEngine, SearchError, index_of
folder = Path(sys.argv[1])
engine = WhooshEngine(folder)
files = sorted(path.name for path in index_of(folder).iterdir())
no_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
for limit in (0, 1, 10, 100, 500, 1000, 3000, 10000, 30000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, no_limit[1]))
    try:
        engine.update(many(600), ["a"], "2")
    except SearchError as error:
        failed = str(error)
    else:
        raise SystemExit(f"written within {limit}")
    resource.setrlimit(resource.RLIMIT_FSIZE, no_limit)
    assert (found(engine), engine.position()) == (["a"], "1"), limit
    assert sorted(path.name for path in index_of(folder).iterdir()) == files, limit
    assert found(WhooshEngine(folder)) == ["a"]
engine.update([document("b")], ["a"], "3")
assert found(engine) == ["b"]
print("done", failed)
"""


@pytest.mark.requirement(15)
def test_a_full_disk_leaves_the_index_as_it_was_and_lets_the_next_one_in(
    engine: WhooshEngine, folder: Path
) -> None:
    engine.update([document("a")], (), "1")
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", DISK_FULL, str(folder), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.stdout.startswith("done"), run.stdout + run.stderr
    assert "Exception ignored" not in run.stderr
    assert found(engine) == ["b"]


def test_a_writer_that_waits_too_long_says_who_is_in_the_way(
    engine: WhooshEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.search.whoosh_storage.LOCK_SECONDS", 0.05)
    with Folders(folder).locked(), pytest.raises(SearchError, match="another process"):
        engine.update([document("a")], (), "1")
    engine.update([document("a")], (), "1")
    assert found(engine) == ["a"]


# --- processes and threads


def _write(folder: Path, count: int) -> None:
    writer = WhooshEngine(folder)
    for number in range(count):
        writer.update([document(f"{n}", f"mot{number} chat") for n in range(30)], (), f"{number}")


@pytest.mark.requirement(12)
def test_another_process_killed_at_any_moment_leaves_one_whole_update(
    engine: WhooshEngine, folder: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    for attempt in range(3):
        writer = context.Process(target=_write, args=(folder, 10**6))
        before = time.monotonic()
        writer.start()
        while engine.position() in ("", "0") and time.monotonic() < before + 30:
            time.sleep(0.005)
        time.sleep(0.4 + 0.017 * attempt)
        assert writer.pid
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        writer.close()
        position = engine.position()
        assert int(position) > 0
        assert len(found(engine, clause(f"mot{position}"))) == engine.search(Question()).total == 30
        engine.update([document("0", f"mot{position} chat")], (), "0")
        assert not list(index_of(folder).glob("*.toc.*"))


def test_threads_get_right_answers_from_one_engine(engine: WhooshEngine) -> None:
    engine.update(many(400), (), "1")
    engine.update(many(100, 350), (), "2")
    questions = [
        Question(clauses=(clause(f"mot{n % 10}", "chat noir"),), facets=("tag", "story"), offset=n)
        for n in range(12)
    ]
    right = [engine.search(question) for question in questions]
    engine.close()
    wrong: list[object] = []

    def ask(first: int) -> None:
        for step in range(60):
            place = (first + step) % len(questions)
            try:
                if engine.search(questions[place]) != right[place]:
                    wrong.append(place)
            except Exception as error:  # noqa: BLE001 - shown by the test
                wrong.append(error)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_whoosh_is_imported_without_warnings() -> None:
    code = "import newsarchive.search.whoosh"
    options = ["-W", "error", "-X", "pycache_prefix=/nonexistent", "-B"]
    run = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
