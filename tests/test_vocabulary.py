"""The words of an archive: counted exactly, completed, corrected."""

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive import permalink
from newsarchive.errors import SearchError
from newsarchive.search.vocabulary import Vocabulary


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    return Vocabulary(tmp_path / "words.sqlite3")


def learn(vocabulary: Vocabulary, *texts: str) -> None:
    """Documents of these words."""
    vocabulary.learn((f"{n}-{text}", "1", text.split()) for n, text in enumerate(texts))


def test_words_are_counted_by_document_however_they_are_spelt(vocabulary: Vocabulary) -> None:
    learn(vocabulary, "État état ETAT", "l’ État", "état œuvre")
    assert (vocabulary.count("etat"), vocabulary.count("ÉTAT"), vocabulary.count("oeuvre")) == (
        3,
        3,
        1,
    )
    assert vocabulary.count("inconnu") == 0
    assert len(vocabulary) == 3


def test_completions_are_folded_and_the_most_frequent_come_first(vocabulary: Vocabulary) -> None:
    learn(vocabulary, "État étape été", "état étape", "état", "eta", "zèbre")
    assert vocabulary.completions("ÉTA") == ("etat", "etape", "eta")
    assert vocabulary.completions("et", 2) == ("etat", "etape")
    assert vocabulary.completions("x") == vocabulary.completions("") == ()
    assert vocabulary.completions("e", 0) == vocabulary.completions("e", -1) == ()


def test_suggestions_are_spelt_as_most_documents_spell_them(vocabulary: Vocabulary) -> None:
    learn(vocabulary, "Licenciement État", "licenciement État", "licenciement état", "LICENCIEMENT")
    assert vocabulary.suggest("lic") == ("licenciement",)
    assert vocabulary.suggest("e") == ("État",)


def test_among_equal_spellings_small_letters_and_accents_win(vocabulary: Vocabulary) -> None:
    learn(vocabulary, "Ete", "ÉTÉ", "été", "Été")
    assert vocabulary.suggest("e") == ("été",)


def test_an_edit_takes_back_what_the_document_had(vocabulary: Vocabulary) -> None:
    vocabulary.learn([("a", "1", ["grève", "usine"]), ("b", "1", ["usine"])])
    vocabulary.learn([("a", "2", ["usine", "usine", "maire"])])
    assert [vocabulary.count(word) for word in ("grève", "usine", "maire")] == [0, 2, 1]
    assert vocabulary.suggest("gr") == ()
    vocabulary.forget(["b", "inconnu"])
    assert vocabulary.count("usine") == 1
    vocabulary.forget(["a"])
    assert (len(vocabulary), vocabulary.suggest("u"), vocabulary.nearest("usime")) == (0, (), None)


def test_the_words_of_an_unchanged_document_are_not_read(vocabulary: Vocabulary) -> None:
    def unread() -> object:
        raise AssertionError
        yield

    vocabulary.learn([("a", "1", ["usine"])])
    vocabulary.learn([("a", "1", unread())])  # type: ignore[list-item]
    assert vocabulary.count("usine") == 1


def test_the_last_of_a_document_given_twice_counts(vocabulary: Vocabulary) -> None:
    vocabulary.learn([("a", "1", ["usine"]), ("a", "2", ["maire"])])
    assert (vocabulary.count("usine"), vocabulary.count("maire"), len(vocabulary)) == (0, 1, 1)


def test_when_the_words_cannot_be_read_to_the_end_nothing_is_learnt(vocabulary: Vocabulary) -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield "a", "1", ["usine"]
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - its own
        vocabulary.learn(broken())
    assert vocabulary.count("usine") == 0
    learn(vocabulary, "usine")
    assert vocabulary.count("usine") == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("licenciemant", "licenciement"),
        ("licensiment", "licenciement"),
        ("elction", "élection"),
        ("ELECTOIN", "élection"),
        ("garve", "grave"),
        ("xrave", "grave"),
        ("graaves", "grave"),
        ("graevo", None),  # two mistakes in six letters
        ("etta", "État"),
        ("eta", None),
        ("ab", None),
        ("20232", None),
        ("covid20", None),
        ("election", None),
        ("zzzzzzzz", None),
        ("", None),
    ],
)
def test_a_mistyped_word_becomes_the_one_meant(
    vocabulary: Vocabulary, written: str, meant: str | None
) -> None:
    learn(vocabulary, "licenciement élection grave État 20233 covid19 les mairie conseil")
    assert vocabulary.nearest(written) == meant


def test_the_same_first_letter_and_more_documents_are_preferred(vocabulary: Vocabulary) -> None:
    learn(vocabulary, *["maison raison"] * 3, *["raison"] * 5, *["marron"] * 4)
    assert vocabulary.nearest("haison") == "raison"
    assert vocabulary.nearest("mraison") == "maison"


def test_a_word_that_exists_stands_unless_another_is_overwhelmingly_more_frequent(
    vocabulary: Vocabulary,
) -> None:
    vocabulary.learn((str(n), "1", ["licenciement"]) for n in range(120))
    vocabulary.learn([("x", "1", ["licenciment"]), ("y", "1", ["licenciments"])])
    vocabulary.learn([("z", "1", ["licenciments"])])
    assert vocabulary.nearest("licenciment") == "licenciement"
    assert vocabulary.nearest("licenciments") is None
    assert vocabulary.nearest("licenciement") is None


HOSTILE = ["", " ", "\0", "a\0b", "\ud800", "\u0301", "a b", "´", "é" * 10_000, "\U0010ffff", "%_*", "'\";--",
           "\u202e", "ﷺ" * 60, "𝔘𝔫𝔦", "👍🏽", "licen\u00adciement", "\ufdfa", "İstanbul", "x\n"]  # fmt: skip


@pytest.mark.parametrize("word", HOSTILE)
def test_any_text_may_be_asked_and_learnt(vocabulary: Vocabulary, word: str) -> None:
    vocabulary.learn([(word, word, [word, "licenciement"]), (word + "2", word, HOSTILE)])
    for ask in (vocabulary.count, vocabulary.completions, vocabulary.suggest, vocabulary.nearest):
        ask(word)
        ask("")
    vocabulary.forget([word])
    vocabulary.forget([word + "2"])
    assert vocabulary.count(word) == 0


def test_soft_hyphens_are_not_seen(vocabulary: Vocabulary) -> None:
    learn(vocabulary, "licen\u00adciement")
    assert vocabulary.suggest("licenci") == ("licenciement",)


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=60)
def test_no_text_raises(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = Vocabulary(Path(folder) / "w")
        vocabulary.learn([(text, text, [text, *text.split()])])
        assert all(
            word.startswith(permalink.fold(text[:1])) for word in vocabulary.completions(text[:1])
        )
        vocabulary.suggest(text)
        vocabulary.nearest(text)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.lists(st.sampled_from(["État", "état", "ETAT", "grève", "Grève", "licenciement", "2023"])) | st.none(),
    ),
    max_size=12,
)  # fmt: skip


@given(STEPS)
@settings(deadline=None, max_examples=60)
def test_counts_are_those_of_the_documents_there_are(
    steps: list[tuple[str, list[str] | None]],
) -> None:
    held: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = Vocabulary(Path(folder) / "w")
        for step, (id_, words) in enumerate(steps):
            if words is None:
                vocabulary.forget([id_])
                held.pop(id_, None)
            else:
                vocabulary.learn([(id_, str(step), words)])
                held[id_] = words
        spelt: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for words in held.values():
            for word in set(words):
                spelt[permalink.fold(word)][word] += 1
        for word in ("etat", "greve", "licenciement", "2023"):
            count = sum(word in map(permalink.fold, words) for words in held.values())
            assert vocabulary.count(word) == count
            best = max(spelt[word], key=lambda each: (spelt[word][each], each), default=None)
            assert vocabulary.suggest(word) == ((best,) if best else ())
        assert len(vocabulary) == len(held)
        near = vocabulary.nearest("licenciemant")
        assert near == ("licenciement" if vocabulary.count("licenciement") else None)


def test_a_file_that_cannot_be_used_answers_nothing_and_is_not_written(tmp_path: Path) -> None:
    vocabulary = Vocabulary(tmp_path / "no" / "words.sqlite3")
    assert (
        vocabulary.suggest("a"),
        vocabulary.nearest("maison"),
        vocabulary.count("a"),
        len(vocabulary),
    ) == ((), None, 0, 0)
    for change in (
        lambda: learn(vocabulary, "a"),
        lambda: vocabulary.forget(["a"]),
    ):
        with pytest.raises(SearchError, match="cannot be written"):
            change()


def test_it_says_how_far_it_follows_with_what_it_learnt(vocabulary: Vocabulary) -> None:
    assert vocabulary.position() == ""
    vocabulary.learn([("a", "1", ["usine"]), ("b", "1", ["usine"])], "12")
    with pytest.raises(ZeroDivisionError):
        vocabulary.learn(((str(n), "1", [str(1 // n)]) for n in (1, 0)), "13")
    assert (vocabulary.position(), vocabulary.ids()) == ("12", {"a", "b"})


def test_a_damaged_file_is_begun_anew_and_others_see_that(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite3"
    writer, reader = Vocabulary(path), Vocabulary(path)
    learn(writer, "usine")
    assert reader.count("usine") == 1
    for file in (path, tmp_path / "words.sqlite3-wal"):
        file.write_bytes(b"damaged" * 1000)
    fresh = Vocabulary(path)
    with pytest.raises(SearchError):
        learn(fresh, "maire")
    assert fresh.position() == ""
    learn(fresh, "maire")
    assert (reader.count("usine"), reader.count("maire")) == (0, 1)


def test_another_process_sees_what_was_learnt(vocabulary: Vocabulary, tmp_path: Path) -> None:
    other = Vocabulary(tmp_path / "words.sqlite3")
    assert other.count("usine") == 0
    learn(vocabulary, "usine")
    assert other.suggest("us") == ("usine",)
