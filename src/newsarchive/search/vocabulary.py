"""The words of the archive as they stand in its texts: what a beginning may become, and what a
mistyped word was meant to be.

A word is known by its folded form (``permalink.fold``), and shown in the spelling that most
documents have. Each document's spellings are kept as numbers, so that what it contributed can be
taken back exactly. Questions answer nothing when the file cannot be used; changes raise.
"""

import contextlib
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from pathlib import Path

import msgspec

from newsarchive import permalink
from newsarchive.errors import SearchError
from newsarchive.scratch import Row, Scratch
from newsarchive.search import near

#: letters; longer words are left out
MAX_LETTERS = 64
#: documents that are taken in together
BATCH = 2000
_AFTER = "\U0010ffff"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS words (
  number INTEGER PRIMARY KEY,
  word TEXT NOT NULL,          -- folded; unique
  documents INTEGER NOT NULL   -- that have it
);
CREATE INDEX IF NOT EXISTS words_by_word ON words (word, documents);
CREATE TABLE IF NOT EXISTS spellings (
  number INTEGER PRIMARY KEY,
  spelling TEXT NOT NULL UNIQUE,
  word INTEGER NOT NULL,       -- its number
  documents INTEGER NOT NULL   -- that spell it so
);
CREATE INDEX IF NOT EXISTS spellings_by_word ON spellings (word);
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL,        -- of what the words are from
  spellings BLOB NOT NULL      -- their numbers, rising: the differences as uint32, zlib
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS near (
  pair INTEGER PRIMARY KEY     -- what is left of a word, hashed, and the word's number
);
CREATE TABLE IF NOT EXISTS followed (
  one INTEGER PRIMARY KEY,     -- 1
  position TEXT NOT NULL       -- in the change log of the catalogue
);
"""

#: by what is most frequent in an archive, then by alphabet
_COMPLETIONS = """
SELECT word FROM words WHERE word >= ? AND word < ? ORDER BY documents DESC, word LIMIT ?
"""
_SUGGESTIONS = """
SELECT (SELECT spelling FROM spellings WHERE word = w.number
        ORDER BY documents DESC, spelling DESC LIMIT 1)
FROM (SELECT number, word, documents FROM words WHERE word >= ? AND word < ?
      ORDER BY documents DESC, word LIMIT ?) w
ORDER BY w.documents DESC, w.word
"""
# CROSS JOIN keeps SQLite to this order
_NEAR = """
SELECT DISTINCT w.word, w.documents, w.number
FROM json_each(?) h
CROSS JOIN near n ON n.pair >= h.value AND n.pair < h.value + (1 << 22)
CROSS JOIN words w ON w.number = n.pair & ((1 << 22) - 1)
WHERE length(w.word) BETWEEN ? AND ? AND w.documents >= ?
ORDER BY w.documents DESC, w.word LIMIT ?
"""
_SPELLINGS = """
SELECT s.spelling, s.number FROM json_each(?) j CROSS JOIN spellings s ON s.spelling = j.value
"""
_WORDS_OF = "SELECT number, word FROM spellings WHERE number IN (SELECT value FROM json_each(?))"
_COUNT = (
    "UPDATE spellings SET documents = documents + j.value FROM json_each(?) j"
    " WHERE spellings.number = CAST(j.key AS INTEGER)",
    "UPDATE words SET documents = documents + j.value FROM json_each(?) j"
    " WHERE words.number = CAST(j.key AS INTEGER)",
)


class Vocabulary:
    """The file of one archive's words; may be shared by threads. One process changes it at a
    time: a second one waits half a second, then fails.

    Raises:
        SearchError: from ``learn`` and ``forget``: the file cannot be written, and is
            as it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = Scratch(path, _SCHEMA)

    def __len__(self) -> int:
        """How many documents it knows: fewer than the archive has if the file was deleted."""
        rows = self._file.ask("SELECT COUNT(*) FROM documents")
        return int(rows[0][0]) if rows else 0

    def position(self) -> str:
        """The position of what was learnt last; '' if nothing was."""
        rows = self._file.ask("SELECT position FROM followed")
        return str(rows[0][0]) if rows else ""

    def ids(self) -> set[str]:
        """The documents it knows."""
        return {row[0] for row in self._file.ask("SELECT id FROM documents") or ()}

    def count(self, word: str) -> int:
        """How many documents have a word, however they spell it."""
        rows = self._file.ask("SELECT documents FROM words WHERE word = ?", (_folded(word),))
        return int(rows[0][0]) if rows else 0

    def completions(self, prefix: str, limit: int = 48) -> tuple[str, ...]:
        """Folded words that begin so, those in most documents first, ties by alphabet; none for
        an empty prefix."""
        return self._beginning(_COMPLETIONS, prefix, limit)

    def suggest(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """The same words as they are shown."""
        return self._beginning(_SUGGESTIONS, prefix, limit)

    def _beginning(self, question: str, prefix: str, limit: int) -> tuple[str, ...]:
        start = _folded(prefix)
        if not start or limit < 1:
            return ()
        rows = self._file.ask(question, (start, start + _AFTER, min(limit, 1000)))
        return tuple(row[0] for row in rows or ())

    def nearest(self, word: str) -> str | None:
        """The word that was probably meant, as it is shown; None if that is the word itself, or
        nothing is near it.

        Near is one mistake (a letter missing, added or another, two letters swapped), or two in
        words of ``TWO_MISTAKES`` letters; fewer mistakes, the same first letter and more
        documents make it likelier. Words under four letters and with digits are never corrected.
        """
        asked = _folded(word)
        if not near.is_corrected(asked):
            return None
        mistakes = 2 if len(asked) >= near.TWO_MISTAKES else 1
        least = near.OVERWHELMING * self.count(asked) ** 2
        if least > near.MOST_DOCUMENTS:
            return None
        hashes = _json([each << near.NUMBER_BITS for each in near.hashes(asked, mistakes)])
        lengths = (max(near.MIN_CORRECTED, len(asked) - mistakes), len(asked) + mistakes)
        rows = self._file.ask(_NEAR, (hashes, *lengths, least, near.MAX_NEAR))
        number = near.likeliest(asked, rows or (), least, mistakes)
        if not number:
            return None
        rows = self._file.ask(
            "SELECT spelling FROM spellings WHERE word = ?"
            " ORDER BY documents DESC, spelling DESC LIMIT 1",
            (number,),
        )
        return str(rows[0][0]) if rows else None

    def learn(self, changes: Iterable[tuple[str, str, Iterable[str]]], position: str = "") -> None:
        """Take in documents: (id, digest, words as written), each in the place of what the id
        contributed before. Words are not read where the digest is as it was. ``position`` says
        how far this then follows the catalogue.

        All or nothing, and nobody else writes meanwhile: a whole archive is better taken in
        by several calls.
        """
        with self._transaction():
            batch: dict[str, tuple[str, frozenset[str]]] = {}
            for id_, digest, words in changes:
                key, mark = _storable(id_), _storable(digest)
                if key in batch or len(batch) == BATCH:
                    self._replace(batch)
                    batch = {}
                if self._ask("SELECT 1 FROM documents WHERE id = ? AND digest = ?", (key, mark)):
                    continue
                batch[key] = (mark, frozenset(words))
            self._replace(batch)
            self._ask("REPLACE INTO followed VALUES (1, ?)", (position,))

    def forget(self, ids: Iterable[str]) -> None:
        """Take back what documents contributed; unknown ids are passed over."""
        gone = list(dict.fromkeys(map(_storable, ids)))
        with self._transaction():
            for start in range(0, len(gone), BATCH):
                some = gone[start : start + BATCH]
                self._count({}, self._contributed(some))
                self._each(
                    "DELETE FROM documents WHERE id IN (SELECT value FROM json_each(?))", some
                )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._ask("BEGIN IMMEDIATE")
        try:
            yield
            self._ask("COMMIT")
        except BaseException:
            # after a failed command the connection is gone, and its changes with it
            self._file.ask("ROLLBACK")
            raise

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        rows = self._file.ask(sql, values)
        if rows is None:
            raise SearchError(str(self._path), "the words of the archive cannot be written")
        return rows

    def _each(self, sql: str, values: object) -> list[Row]:
        """A command for many values at once."""
        return self._ask(sql, (_json(values),))

    def _replace(self, batch: Mapping[str, tuple[str, frozenset[str]]]) -> None:
        before = self._contributed(batch)
        numbers = self._numbered(frozenset().union(*(words for _, words in batch.values())))
        after = []
        for id_, (digest, words) in batch.items():
            after.append(frozenset(map(numbers.__getitem__, words)) - {0})
            packed = _packed(sorted(after[-1]))
            self._ask("REPLACE INTO documents VALUES (?, ?, ?)", (id_, digest, packed))
        self._count(after, before)

    def _contributed(self, ids: Collection[str]) -> list[list[int]]:
        """The numbers of the spellings in each document that is known."""
        rows = self._each(
            "SELECT spellings FROM documents WHERE id IN (SELECT value FROM json_each(?))",
            list(ids),
        )
        return [_unpacked(row[0]) for row in rows]

    def _numbered(self, written: frozenset[str]) -> dict[str, int]:
        """The numbers of spellings, by words as written; new ones are put in; 0 for no words."""
        spelt = {word: _spelling(word) for word in written}
        ordered = sorted(frozenset(spelt.values()))
        numbers = self._spellings(ordered)
        folded = {each: permalink.fold(each) for each in ordered if each not in numbers}
        fresh = {each: word for each, word in folded.items() if word}
        self._put(sorted(frozenset(fresh.values())))
        self._each(
            "INSERT INTO spellings (spelling, word, documents)"
            " SELECT j.key, w.number, 0 FROM json_each(?) j CROSS JOIN words w ON w.word = j.value",
            fresh,
        )
        numbers |= self._spellings(list(fresh))
        return {word: numbers.get(each, 0) for word, each in spelt.items()}

    def _put(self, words: list[str]) -> None:
        """Put folded words in that are not there, with what finds them when mistyped."""
        last = self._ask("SELECT COALESCE(MAX(number), 0) FROM words")[0][0]
        self._each(
            "INSERT INTO words (word, documents) SELECT j.value, 0 FROM json_each(?) j"
            " WHERE NOT EXISTS (SELECT 1 FROM words WHERE word = j.value)",
            words,
        )
        rows = self._ask("SELECT number, word FROM words WHERE number > ?", (last,))
        pairs = sorted(pair for number, word in rows for pair in near.pairs(number, word))
        self._each("INSERT OR IGNORE INTO near SELECT value FROM json_each(?)", pairs)

    def _spellings(self, spellings: list[str]) -> dict[str, int]:
        return dict(self._each(_SPELLINGS, spellings))

    def _count(self, after: Collection[Iterable[int]], before: Collection[Iterable[int]]) -> None:
        """Count the spellings and words of documents as they are now, no longer as they were."""
        changes = Counter(chain.from_iterable(after))
        changes.subtract(Counter(chain.from_iterable(before)))
        words: dict[int, int] = dict(self._each(_WORDS_OF, sorted(changes)))
        of_words = _word_counts(after, words)
        of_words.subtract(_word_counts(before, words))
        for command, counted in zip(_COUNT, (changes, of_words), strict=True):
            self._each(command, {number: by for number, by in sorted(counted.items()) if by})
        if before:
            self._sweep(sorted(changes), sorted(of_words))

    def _sweep(self, spellings: list[int], words: list[int]) -> None:
        """Take out what no document has any more."""
        self._each(
            "DELETE FROM spellings"
            " WHERE documents = 0 AND number IN (SELECT value FROM json_each(?))",
            spellings,
        )
        gone = self._each(
            "SELECT number, word FROM words"
            " WHERE documents = 0 AND number IN (SELECT value FROM json_each(?))",
            words,
        )
        pairs = [pair for number, word in gone for pair in near.pairs(number, word)]
        self._each("DELETE FROM near WHERE pair IN (SELECT value FROM json_each(?))", pairs)
        self._each(
            "DELETE FROM words WHERE number IN (SELECT value FROM json_each(?))",
            [number for number, _ in gone],
        )


def _word_counts(documents: Iterable[Iterable[int]], words: Mapping[int, int]) -> Counter[int]:
    """In how many documents words are, from the numbers of the documents' spellings."""
    return Counter(chain.from_iterable({*map(words.__getitem__, each)} for each in documents))


def _spelling(word: str) -> str:
    """A word as it is kept; '' if it is none: blank, several, or too long."""
    if len(word) > 2 * MAX_LETTERS:
        return ""
    plain = unicodedata.normalize("NFC", word).strip()
    if not plain.isprintable():
        # soft hyphens and joiners are not seen; surrogates and noncharacters cannot be stored
        plain = "" if len(plain.split()) > 1 else "".join(filter(str.isprintable, plain))
    return plain if len(plain) <= MAX_LETTERS and " " not in plain else ""


def _folded(word: str) -> str:
    return permalink.fold(_spelling(word))


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()


def _storable(text: str) -> str:
    """An id or a digest; SQLite takes no lone surrogates, and its JSON no NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _packed(numbers: Iterable[int]) -> bytes:
    return zlib.compress(array("I", [b - a for a, b in pairwise((0, *numbers))]).tobytes(), 1)


def _unpacked(packed: bytes) -> list[int]:
    return list(accumulate(array("I", zlib.decompress(packed))))
