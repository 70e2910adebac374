"""What every search engine does, whichever keeps the index."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import engines
from conftest import needed
from engines import KEPT, MemoryEngine, opened, put
from newsarchive.errors import SearchError
from newsarchive.search.engine import (
    Clause,
    Document,
    Engine,
    Hit,
    Question,
    Ranking,
)

#: slow ones keep to fewer examples
EXAMPLES = {"whoosh": 15, "tantivy": 15}

Open = Callable[[], Engine]


def opener(kind: str, folder: Path) -> Open:
    """What opens an engine on a folder, again and again."""
    needed(find_spec(kind) is not None, f"the package {kind}")
    return partial(opened, kind, folder)


@pytest.fixture(params=["memory", *KEPT])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine without documents."""
    made = MemoryEngine() if request.param == "memory" else opener(request.param, tmp_path / "i")()
    yield made
    made.close()


@pytest.fixture(params=list(KEPT))
def kind(request: pytest.FixtureRequest) -> str:
    """The name of an engine that keeps an index."""
    name: str = request.param
    needed(find_spec(name) is not None, f"the package {name}")
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an index is kept; does not exist yet."""
    return tmp_path / "a" / "index"


@pytest.fixture
def reopen(kind: str, folder: Path) -> Open:
    """Opens an engine on the same folder each time."""
    return opener(kind, folder)


def words(text: str) -> tuple[str, ...]:
    """Tokens as the analyser makes them."""
    return tuple(f"fr:{word}" for word in text.split())


def document(name: str, text: str = "", at: int = 0, *terms: str, **fields: str) -> Document:
    """An entry; ``text`` is its body."""
    tokens = {field: words(value) for field, value in {"body": text, **fields}.items()}
    return Document(id=name, at=at, terms=terms, **tokens)


def has(*texts: str) -> Clause:
    """A clause: one of the phrases."""
    return Clause(tuple(words(text) for text in texts))


def lacks(*texts: str) -> Clause:
    """A clause: none of the phrases."""
    return Clause(tuple(words(text) for text in texts), negated=True)


def found(engine: Engine, *clauses: Clause, **more: object) -> list[str]:
    """The ids an engine answers with."""
    question = Question(clauses=clauses, **more)  # type: ignore[arg-type]
    return [hit.id for hit in engine.search(question).hits]


def abandon(engine: Engine) -> None:
    """Start to rebuild an index, and fail."""
    with pytest.raises(ZeroDivisionError), engine.rebuilt() as fresh:  # noqa: PT012 - the block
        fresh.update([document("new")], (), "2")
        raise ZeroDivisionError


def filled(engine: Engine, *documents: Document) -> Engine:
    """The engine, with documents."""
    engine.update(documents, (), "1")
    return engine


# --- matching


@pytest.mark.parametrize("field", ["title", "summary", "updates", "body"])
def test_a_word_is_found_in_every_field(engine: Engine, field: str) -> None:
    filled(engine, document("a", **{field: "un chat noir"}), document("b", "un chien"))
    assert found(engine, has("chat")) == ["a"]
    assert found(engine, has("un chat")) == ["a"]


def test_a_phrase_is_words_one_after_another_in_one_field(engine: Engine) -> None:
    filled(
        engine,
        document("next", "le chat noir dort", at=5),
        document("reversed", "noir le chat", at=4),
        document("apart", "le chat est noir", at=3),
        document("across", "noir", title="chat", at=2),
        document("twice", "chat chat noir", at=1),
    )
    newest = {"ranking": Ranking.NEWEST}
    assert found(engine, has("chat noir"), **newest) == ["next", "twice"]
    assert found(engine, has("chat"), has("noir"), **newest) == [
        "next",
        "reversed",
        "apart",
        "across",
        "twice",
    ]
    assert found(engine, has("chat chat noir")) == ["twice"]
    assert found(engine, has("chat chat chat")) == []


def test_a_clause_is_one_phrase_or_another(engine: Engine) -> None:
    filled(engine, document("a", "chat"), document("b", "chien noir"), document("c", "noir chien"))
    assert sorted(found(engine, has("chat", "chien noir"))) == ["a", "b"]
    assert found(engine, has()) == []
    assert found(engine, Clause(((),))) == []


def test_a_negated_clause_takes_out_each_of_its_phrases(engine: Engine) -> None:
    filled(
        engine,
        document("a", "chat"),
        document("b", "chat chien noir"),
        document("c", "chat", title="souris"),
    )
    assert found(engine, has("chat"), lacks("chien noir", "souris")) == ["a"]
    assert found(engine, lacks("chien noir"), lacks("souris")) == ["a"]
    assert sorted(found(engine, lacks("noir chien"))) == ["a", "b", "c"]
    assert sorted(found(engine, lacks())) == ["a", "b", "c"]


def test_a_question_without_clauses_finds_all(engine: Engine) -> None:
    filled(engine, document("a", "chat", 1), document("b", at=2))
    assert found(engine) == ["b", "a"]
    assert found(engine, lacks("souris")) == ["b", "a"]


def test_terms_are_exact_and_all_of_them_hold(engine: Engine) -> None:
    filled(
        engine,
        document("a", "", 3, "tag:IA générative", "kind:article"),
        document("b", "", 2, "tag:IA", "kind:article"),
        document("c", "", 1, "tag:ia", "kind:update"),
    )
    assert found(engine, terms=("tag:IA générative",)) == ["a"]
    assert found(engine, terms=("tag:IA",)) == ["b"]
    assert found(engine, terms=("kind:article", "tag:ia")) == []
    assert found(engine, terms=("kind:article",)) == ["a", "b"]
    assert found(engine, without=("kind:article",)) == ["c"]
    assert found(engine, without=("tag:ia", "tag:IA", "tag:none")) == ["a"]
    assert found(engine, terms=("kind:article",), without=("tag:IA",)) == ["a"]


def test_terms_are_no_words_and_words_are_no_terms(engine: Engine) -> None:
    filled(engine, document("a", "chat", 0, "fr:chien"))
    assert found(engine, has("chien")) == []
    assert found(engine, terms=("fr:chat",)) == []


@pytest.mark.parametrize(
    ("start", "end", "ids"),
    [
        (-(2**62), 0, ["before"]),
        (0, 2**62, ["after", "epoch"]),
        (-5, 1, ["epoch", "before"]),
        (-4, 1, ["epoch"]),
        (0, 7, ["epoch"]),
        (1, 1, []),
        (5, 2, []),
    ],
)
def test_bounds_take_in_the_first_instant_and_leave_out_the_last(
    engine: Engine, start: int, end: int, ids: list[str]
) -> None:
    filled(engine, document("before", at=-5), document("epoch"), document("after", at=7))
    assert found(engine, start=start, end=end) == ids


def test_instants_are_told_apart_by_microseconds_in_any_century(engine: Engine) -> None:
    moon, far = -14_182_940_000_000, 253_402_300_799_999_998
    filled(engine, *(document(str(at), at=at) for at in (moon, moon + 1, far, far + 1)))
    assert found(engine, start=moon + 1, end=far + 1) == [str(far), str(moon + 1)]
    assert found(engine) == [str(at) for at in (far + 1, far, moon + 1, moon)]


# --- order, pages and counts


def test_a_title_counts_more_than_a_text(engine: Engine) -> None:
    filled(
        engine,
        document("text", "chat", 9, title="chien", summary="ours"),
        document("title", "chien", 1, title="chat", summary="ours"),
        document("standfirst", "ours", 5, title="chien", summary="chat"),
    )
    assert found(engine, has("chat")) == ["title", "standfirst", "text"]


def test_better_matches_score_higher_and_time_gives_no_score(engine: Engine) -> None:
    filled(engine, document("a", "chat chien", 2), document("b", "chat ours", 1))
    hits = engine.search(Question(clauses=(has("chat"), has("ours", "chat")))).hits
    assert [hit.id for hit in hits] == ["b", "a"]
    assert hits[0].score > hits[1].score > 0
    question = Question(clauses=(has("chat"),), ranking=Ranking.NEWEST)
    assert engine.search(question).hits == (Hit("a"), Hit("b"))
    assert engine.search(Question(clauses=(lacks("ours"),))).hits == (Hit("a"),)


def test_ties_are_broken_by_time_then_by_id(engine: Engine) -> None:
    for at, name in [(1, "d"), (2, "c"), (1, "B"), (2, "a"), (1, "é"), (0, "z")]:
        engine.update([document(name, "chat", at)], (), name)
    newest = ["a", "c", "B", "d", "é", "z"]
    assert found(engine, has("chat")) == newest
    assert found(engine) == newest
    assert found(engine, ranking=Ranking.NEWEST) == newest
    assert found(engine, ranking=Ranking.OLDEST) == ["z", "B", "d", "é", "a", "c"]


@pytest.mark.parametrize("ranking", Ranking)
def test_pages_follow_one_another(engine: Engine, ranking: Ranking) -> None:
    everything = [document(f"{n:03}", "chat", n // 40) for n in range(100)]
    filled(engine, *everything[::-1])
    clause = has("chat")
    whole = found(engine, clause, ranking=ranking, limit=1000)
    assert len(whole) == 100
    for offset in range(0, 120, 7):
        page = engine.search(
            Question(clauses=(clause,), ranking=ranking, offset=offset, limit=7, facets=("tag",))
        )
        assert [hit.id for hit in page.hits] == whole[offset : offset + 7]
        assert page.total == 100


def test_the_total_stands_though_nothing_is_on_the_page(engine: Engine) -> None:
    filled(engine, document("a", "chat"), document("b"))
    for page in ({"limit": 0}, {"offset": 5}, {"offset": 10**12, "limit": 10**12}):
        answer = engine.search(Question(**page))
        assert (answer.hits, answer.total) == ((), 2)
    assert len(found(engine, limit=10**12)) == 2


def test_facets_count_all_that_is_found_and_not_the_page(engine: Engine) -> None:
    filled(
        engine,
        document("a", "chat", 3, "tag:ia", "tag:ia", "tag:x: y", "year:2023", "tagged:no"),
        document("b", "chat", 2, "tag:ia", "year:2024"),
        document("c", "chien", 1, "tag:ia", "tag:Émoi", "year:2024"),
    )
    answer = engine.search(Question(clauses=(has("chat"),), limit=1, facets=("tag", "year")))
    assert answer.facets.counts == {"tag:ia": 2, "tag:x: y": 1, "year:2023": 1, "year:2024": 1}
    assert answer.facets.of("tag") == {"ia": 2, "x: y": 1}
    assert engine.search(Question(facets=("tag",))).facets.of("tag") == {
        "ia": 3,
        "x: y": 1,
        "Émoi": 1,
    }
    assert engine.search(Question()).facets.counts == {}
    assert engine.search(Question(facets=("nothing", "ta", ".*"))).facets.counts == {}
    narrowed = Question(terms=("year:2024",), without=("tag:Émoi",), facets=("tag", "tag"))
    assert engine.search(narrowed).facets.counts == {"tag:ia": 1}


# --- updates


def test_nothing_is_found_where_nothing_was_put_in(engine: Engine) -> None:
    answer = engine.search(Question(clauses=(has("chat"),), facets=("tag",)))
    assert (answer.hits, answer.total, answer.facets.counts) == ((), 0, {})
    assert found(engine) == []
    assert engine.position() == ""


def test_an_update_replaces_the_document_with_its_id(engine: Engine) -> None:
    filled(engine, document("a", "chat", 1, "tag:x"), document("b", "chat"))
    engine.update([document("a", "chien", 2, "tag:y")], (), "2")
    assert found(engine, has("chat")) == ["b"]
    assert found(engine, has("chien")) == ["a"]
    assert engine.search(Question(facets=("tag",))).facets.counts == {"tag:y": 1}


def test_what_is_removed_is_gone_and_unknown_ids_are_no_matter(engine: Engine) -> None:
    engine.update((), ["never"], "0")
    assert engine.position() == "0"
    filled(engine, document("a", "chat", 0, "tag:x"), document("b", "chat"))
    engine.update([document("c", "chat")], ["a", "never", "a"], "2")
    assert found(engine, has("chat")) == ["b", "c"]
    assert engine.search(Question(facets=("tag",))).facets.counts == {}
    engine.update((), ["b", "c"], "3")
    assert found(engine) == []
    assert engine.position() == "3"


def test_the_last_of_two_documents_with_one_id_counts(engine: Engine) -> None:
    filled(engine, document("a", "chat", 1, "tag:x"), document("a", "chien", 2, "tag:x"))
    assert found(engine, has("chat")) == []
    answer = engine.search(Question(facets=("tag",)))
    assert (answer.hits, answer.total, answer.facets.counts) == ((Hit("a"),), 1, {"tag:x": 1})


ODD = [
    "tag:e.org,2026:a b",
    "É*?",
    'a"b\\',
    "x\ny",
    " ",
    "AND",
    "-",
    "日本",
    "é",
    "e\u0301",
    "a" * 2000,
]


def test_ids_may_hold_any_characters(engine: Engine) -> None:
    filled(engine, *(document(name, "chat") for name in ODD))
    assert found(engine, has("chat")) == sorted(ODD)
    for name in ODD:
        engine.update([document(name, "chien")], (), name)
        assert found(engine, has("chien")) == [name]
        assert engine.position() == name
        engine.update((), [name], "")
    assert found(engine) == []


def test_words_may_hold_whatever_has_no_space(engine: Engine) -> None:
    odd = ["fr:l'or", "en:c++", "x:*", "a:(b", "日本", "fr:not", "or", "x" * 200]
    filled(engine, *(Document(id=word, at=0, body=("y", word, "z")) for word in odd))
    for word in odd:
        assert found(engine, Clause(((word,),))) == [word]
        assert found(engine, Clause((("y", word, "z"),))) == [word]


def test_terms_may_hold_any_characters(engine: Engine) -> None:
    odd = [f"tag:{name}" for name in ODD[:-1]]
    filled(engine, document("a", "", 0, *odd))
    for term in odd:
        assert found(engine, terms=(term,)) == ["a"]
        assert found(engine, without=(term,)) == []
    assert engine.search(Question(facets=("tag",))).facets.counts == dict.fromkeys(odd, 1)


def test_rebuilt_takes_the_place_of_what_was_there(engine: Engine) -> None:
    filled(engine, document("old", "chat"))
    with engine.rebuilt() as fresh:
        assert fresh.position() == ""
        assert found(fresh) == []
        fresh.update([document("new", "chat")], (), "2")
        fresh.update([document("newer", "chat", 1)], (), "3")
        assert found(fresh, has("chat")) == ["newer", "new"]
        assert found(engine, has("chat")) == ["old"]
        assert engine.position() == "1"
    assert found(engine, has("chat")) == ["newer", "new"]
    assert engine.position() == "3"
    engine.update([document("last", "chat", 2)], (), "4")
    assert found(engine) == ["last", "newer", "new"]


def test_rebuilt_with_nothing_leaves_nothing(engine: Engine) -> None:
    filled(engine, document("old"))
    with engine.rebuilt():
        pass
    assert (found(engine), engine.position()) == ([], "")


def test_rebuilt_that_fails_changes_nothing(engine: Engine) -> None:
    filled(engine, document("old"))
    abandon(engine)
    assert (found(engine), engine.position()) == (["old"], "1")
    filled(engine, document("more", at=1))
    assert found(engine) == ["more", "old"]


# --- indexes that are kept


def test_an_index_is_there_when_it_is_opened_again(reopen: Open) -> None:
    first = filled(reopen(), document("a", "chat"))
    first.close()
    second = reopen()
    assert (found(second, has("chat")), second.position()) == (["a"], "1")
    second.update([document("b", "chat", 1)], (), "2")
    assert found(reopen()) == ["b", "a"]


def test_an_engine_that_was_closed_can_be_asked_again_or_closed_twice(reopen: Open) -> None:
    engine = filled(reopen(), document("a"))
    engine.close()
    engine.close()
    assert found(engine) == ["a"]
    engine.close()


def test_one_engine_sees_what_another_wrote_rebuilt_or_removed(reopen: Open) -> None:
    reader, writer = reopen(), reopen()
    assert found(reader) == []
    for number in range(12):
        writer.update([document(f"{number:02}", at=-number)], (), str(number))
        assert len(found(reader)) == number + 1
        assert reader.position() == str(number)
    writer.update((), ["00"], "x")
    assert found(reader)[0] == "01"
    with writer.rebuilt() as fresh:
        fresh.update([document("new")], (), "y")
        assert len(found(reader)) == 11
    assert (found(reader), reader.position()) == (["new"], "y")
    reader.update([document("newer", at=1)], (), "z")
    assert (found(writer), writer.position()) == (["newer", "new"], "z")


def test_nothing_is_left_of_a_rebuilding_but_the_index(reopen: Open, folder: Path) -> None:
    engine = filled(reopen(), document("a"))
    before = sum(1 for path in folder.rglob("*") if path.is_dir())
    for _ in range(3):
        with engine.rebuilt() as fresh:
            filled(fresh, document("a"))
        abandon(engine)
    assert sum(1 for path in folder.rglob("*") if path.is_dir()) == before


def test_the_index_is_for_its_owner_alone(reopen: Open, folder: Path) -> None:
    engine = filled(reopen(), document("a"))
    with engine.rebuilt() as fresh:
        filled(fresh, document("a"))
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*") if path.is_dir())
    assert folder.stat().st_mode & 0o077 == 0


def test_an_update_that_fails_changes_nothing_and_lets_the_next_one_in(reopen: Open) -> None:
    engine = filled(reopen(), document("a", "chat"))
    bad = Document(id="b", at=2**80)
    with pytest.raises(SearchError) as caught:
        engine.update([document("c", "chat"), bad], ["a"], "2")
    assert "\n" not in str(caught.value)
    assert (found(reopen()), engine.position()) == (["a"], "1")
    engine.update([document("c", "chat", 1)], (), "2")
    assert (found(engine, has("chat")), engine.position()) == (["c", "a"], "2")


def spoil(folder: Path) -> None:
    """Make every file of an index unreadable as what it is."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00spoilt")


def empty(folder: Path) -> None:
    """Leave the folders of an index only."""
    for path in folder.rglob("*"):
        if path.is_file() and path.parent != folder:
            path.unlink()


@pytest.mark.parametrize("damage", [spoil, empty])
def test_a_damaged_index_says_so_and_can_be_rebuilt(
    reopen: Open, folder: Path, damage: Callable[[Path], None]
) -> None:
    filled(reopen(), document("a")).close()
    damage(folder)
    engine = reopen()
    acts = [lambda: engine.search(Question()), engine.position, lambda: filled(engine)]
    for act in acts:
        with pytest.raises(SearchError) as caught:
            act()
        assert str(caught.value).startswith(str(folder))
        assert "\n" not in str(caught.value)
    with engine.rebuilt() as fresh:
        filled(fresh, document("b"))
    assert found(engine) == found(reopen()) == ["b"]


def test_a_folder_that_cannot_be_made_is_an_error_of_the_search(reopen: Open, folder: Path) -> None:
    folder.parent.parent.mkdir(exist_ok=True)
    folder.parent.write_text("no folder")
    with pytest.raises(SearchError):
        filled(reopen(), document("a"))
    with pytest.raises(SearchError), reopen().rebuilt():
        pass


@pytest.mark.parametrize("name", ["tantivy"])  # the other one is no extra
def test_an_engine_whose_package_is_missing_says_so_when_it_is_made(
    name: str, tmp_path: Path
) -> None:
    code = (
        f"import sys; sys.modules[{name!r}] = None; from pathlib import Path\n"
        f"from newsarchive.search.{name} import {KEPT[name]} as Engine\n"
        "from newsarchive.errors import SearchError\n"
        "try: Engine(Path(sys.argv[1]))\n"
        "except SearchError as error: print(error)\n"
    )
    said = run("-c", code, tmp_path / "i").communicate(timeout=30)[0]
    assert f"the package {name} is not installed" in said
    assert "pip install" in said


# --- several processes and threads


def run(*arguments: object) -> subprocess.Popen[str]:
    """Another Python, whose answer can be read."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def writing(kind: str, folder: Path, size: int, last: int) -> subprocess.Popen[str]:
    """Another process, which updates the index up to a position and prints each."""
    return run(Path(engines.__file__), kind, folder, size, last)


def whole(engine: Engine, size: int) -> int:
    """The number of the update that an engine shows, when all of it is from one."""
    answer = engine.search(Question(clauses=(has("chat"),), facets=("n",), limit=size + 1))
    ((number, count),) = answer.facets.of("n").items()
    assert count == answer.total == len(answer.hits) == size + 1
    assert f"only{number}" in {hit.id for hit in answer.hits}
    return int(number)


def test_what_another_process_writes_is_found_at_the_next_search(
    reopen: Open, kind: str, folder: Path
) -> None:
    engine = reopen()
    assert engine.position() == ""
    with writing(kind, folder, 3, 8) as writer:
        assert writer.stdout
        for line in writer.stdout:
            # it may be ahead of what it said
            assert int(engine.position()) >= int(line)
            assert whole(engine, 3) >= int(line)
        assert writer.wait(30) == 0
    assert engine.position() == "8"
    assert found(engine, has("mot8")) == ["0", "1", "2", "only8"]
    assert found(engine, has("mot7")) == []


def test_a_writer_that_is_killed_leaves_the_last_whole_update(
    reopen: Open, kind: str, folder: Path
) -> None:
    size = 40
    for attempt in range(8):
        with writing(kind, folder, size, 10**9) as writer:
            assert writer.stdout
            for _ in range(attempt % 2 + 1):
                said = int(writer.stdout.readline())
            time.sleep(0.007 * attempt)
            os.kill(writer.pid, signal.SIGKILL)
            said = max([said, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        engine = reopen()
        number = whole(engine, size)
        assert str(number) == engine.position()
        assert number in (said, said + 1)
        assert found(engine, has(f"mot{number - 1}")) == []
        engine.close()
    engine.update([document("after")], (), "done")
    assert found(engine, ranking=Ranking.OLDEST)[0] == "after"


def test_tantivy_writes_over_what_a_writer_left_that_was_killed_before_its_commit(
    tmp_path: Path,
) -> None:
    reopen = opener("tantivy", tmp_path / "i")
    engine = filled(reopen(), document("a"), document("b", at=1))
    (meta,) = tmp_path.rglob("meta.json")
    before = meta.read_bytes()
    engine.update([document("a", at=2)], (), "2")
    engine.close()
    # a commit is the replacement of this file: all else is already there
    meta.write_bytes(before)
    engine = reopen()
    assert (found(engine), engine.position()) == (["b", "a"], "1")
    engine.update([document("a", at=3)], (), "3")
    assert (found(engine), engine.position()) == (["a", "b"], "3")


@contextmanager
def searching(engine: Engine, size: int, threads: int = 4) -> Iterator[list[int]]:
    """Threads that search all the while; each answer is of one update, and none goes back."""
    stop, errors, seen = threading.Event(), [], []

    def look() -> None:
        last = 0
        try:
            while not stop.is_set():
                number = whole(engine, size)
                assert number >= last
                last = number
                seen.append(number)
        except BaseException as error:  # noqa: BLE001 - raised again by the test's thread
            errors.append(error)

    running = [threading.Thread(target=look) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in running:
            thread.join(30)
    if errors:
        raise errors[0]


def test_threads_search_while_another_updates_and_rebuilds(engine: Engine) -> None:
    put(engine, 1, 20)
    with searching(engine, 20) as seen:
        for number in range(2, 16):
            if number % 5:
                put(engine, number, 20)
            else:
                with engine.rebuilt() as fresh:
                    put(fresh, number, 20)
    assert engine.position() == "15"
    assert seen


def test_threads_search_while_another_process_updates(
    reopen: Open, kind: str, folder: Path
) -> None:
    engine = reopen()
    put(engine, 1, 10)
    with searching(engine, 10), writing(kind, folder, 10, 12) as writer:
        assert writer.communicate(timeout=60)[0].split()[-1] == "12"
    assert whole(engine, 10) == 12


# --- the same answers as the plain engine

TOKENS = st.lists(st.sampled_from("abcd"), max_size=6).map(tuple)
TERMS = st.lists(
    st.sampled_from(["tag:x", "tag:y", "tag:X y", "year:1", "year:2"]), max_size=3
).map(tuple)
IDS = st.sampled_from([f"tag:e.org,2026:{n}" for n in range(8)])
TIMES = st.sampled_from([-(10**15), -1, 0, 1, 2, 10**15])
DOCUMENTS = st.builds(
    Document,
    id=IDS,
    at=TIMES,
    terms=TERMS,
    title=TOKENS,
    summary=TOKENS,
    updates=TOKENS,
    body=TOKENS,
)
PHRASES = st.lists(st.sampled_from("abcde"), min_size=1, max_size=3).map(tuple)
CLAUSES = st.builds(
    Clause, st.lists(PHRASES, min_size=1, max_size=3).map(tuple), negated=st.booleans()
)
BOUNDS = st.sampled_from([-(10**15), -1, 0, 1, 2, 3])
QUESTIONS = st.builds(
    Question,
    clauses=st.lists(CLAUSES, max_size=3).map(tuple),
    terms=TERMS,
    without=TERMS,
    start=st.one_of(st.just(-(2**62)), BOUNDS),
    end=st.one_of(st.just(2**62), BOUNDS),
    ranking=st.sampled_from(Ranking),
    offset=st.sampled_from([0, 0, 0, 1, 3]),
    limit=st.sampled_from([30, 30, 0, 1, 3]),
    facets=st.sampled_from([(), ("tag",), ("year", "tag")]),
)


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Document], list[str]]:
    """An update; nothing is put in and taken out by the same one."""
    documents = draw(st.lists(DOCUMENTS, max_size=6))
    held = {each.id for each in documents}
    return documents, [name for name in draw(st.lists(IDS, max_size=3)) if name not in held]


UPDATES = st.lists(batches(), min_size=1, max_size=4)


def compare(engine: Engine, plain: Engine, question: Question) -> None:
    """The same total, facets and documents; where time ranks, in the same order."""
    answer, right = engine.search(question), plain.search(question)
    assert answer.total == right.total
    assert answer.facets.counts == right.facets.counts
    assert len(answer.hits) == len(right.hits)
    if question.ranking is not Ranking.RELEVANCE:
        assert answer.hits == right.hits
        return
    every = replace(question, offset=0, limit=100)
    ids = [hit.id for hit in engine.search(every).hits]
    assert sorted(ids) == sorted(hit.id for hit in plain.search(every).hits)
    page = slice(question.offset, question.offset + question.limit)
    assert [hit.id for hit in answer.hits] == ids[page]
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)


def agrees(
    kind: str,
    updates: Sequence[tuple[Sequence[Document], Sequence[str]]],
    questions: Sequence[Question],
) -> None:
    """An engine answers as the plain one does, after each update and when opened again."""
    # a library's own threads may still be tidying up when the test is over
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        opened, plain = opener(kind, Path(folder) / "i"), MemoryEngine()
        engine = opened()
        for number, (documents, removed) in enumerate(updates):
            for each in (engine, plain):
                each.update(documents, removed, str(number))
            for question in questions[: 2 if number + 1 < len(updates) else None]:
                compare(engine, plain, question)
        engine.close()
        again = opened()
        assert again.position() == plain.position()
        compare(again, plain, questions[0])
        again.close()


def test_random_archives_are_answered_as_by_the_plain_engine(kind: str) -> None:
    @settings(
        max_examples=EXAMPLES[kind],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(updates=UPDATES, questions=st.lists(QUESTIONS, min_size=5, max_size=10))
    @example(
        updates=[([Document(id="a", at=0, body=("a", "a", "b", "a"))], [])],
        questions=[Question(clauses=(Clause((("a", "b", "a"),)),))],
    )
    def check(updates: list[tuple[list[Document], list[str]]], questions: list[Question]) -> None:
        agrees(kind, updates, questions)

    check()
