"""Text as search engines see it: tokens, the same for every engine, at indexing and in questions.

How what people write in several ways is indexed, and found:

- A hyphen, a dot, a comma, an ``@`` separates: ``covid-19``, ``a.b@example.org`` and ``3,5`` are
  their parts, one after another; so are letters and digits: ``A320``, ``20h15``, ``COP21`` are
  ``a 320``, ``20 h 15``, ``cop 21``. Ordinals are their number: ``19e``, ``21st``.
- A question is read in several ways instead (``phrases``): with hyphens and the separators of
  thousands taken out (``e-mail`` finds ``email``, ``1,500`` finds ``1500``), and put in where they
  are usual (``email`` finds ``e-mail``, ``1500`` finds ``1 500``); without an ``https://www.``.
- An elision is left out (``l'avenir``); any other apostrophe joins: ``aujourd'hui`` is
  ``aujourdhui``, ``O'Brien`` in English is ``obrien``. An English possessive is left out.
- Initials with dots are one word: ``O.N.U.`` is ``onu``. ``C++`` and ``C#`` keep their signs.
- Writing without spaces (Chinese, Japanese, Thai, and Korean too) is indexed by pairs of letters;
  a single letter in a question finds it where it stands alone.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, pairwise
from typing import NamedTuple

import Stemmer

from newsarchive.search.engine import Phrase
from newsarchive.search.languages import (
    ELISIONS,
    ENDINGS,
    IRREGULAR,
    NUMBER,
    ORDINALS,
    PREFIXES,
    STEMMERS,
    STOP_WORDS,
)
from newsarchive.search.stems import STEMS, Snowball

#: whose stems these are: those of another version may differ
STEMMER = f"snowball-{Stemmer.version()}"
#: characters of a word that count; what is longer is no word anybody types
MAX_WORD = 64
#: words whose tokens are remembered, for each language
_KEPT_WORDS = 1 << 15

#: U+02BC is a letter to Unicode
_APOSTROPHES = "'’ʼ`‘′＇"
_SPACES = " \u00a0\u2009\u202f"
_HYPHENS = "\u2010\u2011-"  # the last in a class of a pattern
#: scripts that are written without spaces, and Korean
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u3099\u309a"
    "\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
#: signs within words that are no letters to ``\w``: accents, vowel signs, soft hyphens, joiners
_MARKS = "\u00ad\u200c\u200d" + "".join(
    sign for sign in map(chr, range(0x300, 0xE00)) if unicodedata.category(sign) in {"Mn", "Mc"}
)
_SIGN = rf"[^\W_ʼ{_UNSPACED}]"
#: a letter of a script that has spaces
LETTER = rf"[^\W\d_ʼ{_UNSPACED}]"
# the classes have no sign in common, so that there is one way only to match
_WORD = rf"{_SIGN}+(?:[{_MARKS}]+{_SIGN}*)*"
_PIECE = (
    # "Airbus A 320", "I-95": else the letter is a stop word
    rf"[ADIJLN][{_SPACES}{_HYPHENS}][0-9]{{1,3}}(?!\w)"
    r"|[nN][°º]s?|№"
    rf"|{LETTER}(?:\+\+|\#(?!\w))"
    # R&D, AT&T: else d and at are stop words
    rf"|{LETTER}{{1,3}}&{LETTER}{{1,3}}(?!\w)"
    # bounded: otherwise "a.a.a.a.ab" takes the square of its length
    rf"|{LETTER}(?:\.{LETTER}){{1,12}}\.?(?![\w@]|\.\w)"
    rf"|{_WORD}(?:[{_APOSTROPHES}]{_WORD})*"
    rf"|[{_UNSPACED}]+"
)
#: the words that have a space in them, for which a hyphen does as well
_SPACED = re.compile(rf"([ADIJLN])[{_SPACES}](?=[0-9]{{1,3}}(?!\w))")
_RUN = re.compile(r"\S+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
#: a letter of such a script, however many code points it is made of
_UNIT = re.compile(
    "[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?|.[\u3099\u309a\uff9e\uff9f]?", re.DOTALL
)
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_INITIALS = re.compile(rf"{LETTER}(?:\.{LETTER})+\.?")
#: what an address begins with, and some leave out
_ADDRESS = re.compile(r"\A(?:https?://)?(?:www\.)?(?=\w)", re.IGNORECASE)
_PART = re.compile(rf"\d+|[^\W\d_]+(?:[{_MARKS}]+[^\W\d_]*)*")

#: letters with a stroke and the like, which Unicode does not take apart; signs that are not seen
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i"}
    | dict.fromkeys("\u00ad\u200c\u200d", "")
)
#: tells *maïs* from *mais*; other accents are left out too often to tell words apart
_DIAERESIS = "\u0308"
#: accents that make another letter: й, ў, ї
_OTHER_LETTERS = {"и\u0306", "у\u0306", "і\u0308"}

_SUBTAG = re.compile("[a-z]{2,8}")
_JOINED = re.compile(
    rf"(?<=\w)[{_HYPHENS}](?=\w)|(?<=[0-9])[{_SPACES}.,{_APOSTROPHES}](?=[0-9]{{3}}(?![0-9]))"
)
_PREFIX = re.compile(rf"\b(?:{PREFIXES})", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+(?![0-9]))")


def primary(lang: str) -> str:
    """The primary subtag of a BCP 47 tag, lower case: ``fr`` of ``fr-CA``; else ``und``."""
    subtag = lang.strip().lower().replace("_", "-").partition("-")[0]
    return subtag if _SUBTAG.fullmatch(subtag) and subtag.isascii() else "und"


def languages(langs: Iterable[str]) -> tuple[str, ...]:
    """The primary subtags of BCP 47 tags, each once, sorted."""
    return tuple(sorted({primary(lang) for lang in langs}))


def fold(word: str) -> str:
    """A word without case, accents and ligatures; what ``permalink.fold`` gives for French and
    English.

    It also takes strokes off (Wałęsa), and leaves the marks that make another letter: й, が, हि.
    """
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKC", word).casefold().translate(_LETTERS)
    kept: list[str] = []
    for sign in unicodedata.normalize("NFKD", plain):
        # classes 7 to 9 are signs of the scripts of India and Japan, not accents
        accent = unicodedata.combining(sign) > 9
        if not accent or (kept and kept[-1] + sign in _OTHER_LETTERS):
            kept.append(sign)
    return unicodedata.normalize("NFC", "".join("".join(kept).split()))


def tokens(text: str, lang: str) -> tuple[str, ...]:
    """The tokens of a plain text in its language, in order, without its stop words.

    They are those of the words of ``surface``, one after another.
    """
    analyser = _analyser(primary(lang))
    runs = joined(text).split()
    if max(map(len, runs), default=0) <= MAX_WORD:
        return tuple(chain.from_iterable(map(analyser.known_tokens, runs)))
    # what is longer than a word is not worth remembering
    known, read = analyser.known_tokens, analyser.tokens_in
    found = [known(run) if len(run) <= MAX_WORD else read(run) for run in runs]
    return tuple(chain.from_iterable(found))


def surface(text: str, lang: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text as they stand in it, stop words too, with their start and end.

    Words are folded, their apostrophes straight, their dots taken out, and cut after 64
    characters; one that only a diaeresis tells from a stop word keeps it; an elision is none.
    Pairs of letters (Chinese…) overlap by one letter; no other words do.
    """
    analyser = _analyser(primary(lang))
    for run in _RUN.finditer(joined(text)):
        for word in analyser.words_in(run[0]):
            yield word.word, run.start() + word.start, run.start() + word.end


def written(text: str, lang: str) -> set[str]:
    """The words of ``surface`` in the spelling of the text."""
    analyser = _analyser(primary(lang))
    runs = set(joined(text).split())
    longer = {run for run in runs if len(run) > MAX_WORD}
    known, read = analyser.known_spellings, analyser.spellings_in
    return set().union(*map(known, runs - longer), *map(read, longer))


def token_of(word: str, lang: str) -> tuple[str, ...]:
    """The tokens of one word of ``surface``: none for a stop word, two for ``a320``."""
    return _analyser(primary(lang)).tokens_of(word)


def phrases(word: str, langs: Iterable[str]) -> tuple[Phrase, ...]:
    """How a word, or a quoted phrase, is looked for in an archive of these languages.

    A text has it if it has one of the phrases. None, if it is only stop words in one of the
    languages: nothing is to be looked for then, as the texts in that language have it all.
    """
    plain = _ADDRESS.sub("", _APOSTROPHE.sub("'", unicodedata.normalize("NFC", word)))
    accented = fold(plain) != "".join(plain.casefold().split())
    initials = _INITIALS.fullmatch(plain)
    found: list[Phrase] = []
    for lang in languages(langs):
        read = tokens(plain, lang)
        if read:
            found += [read, *(tokens(reading, lang) for reading in _readings(plain))]
        # "thé" is not the English "the", nor U.N. the French "un"; but "sûr" and "sur" are one
        elif not (initials or (lang == "en" and accented)) and _has_words(plain, lang):
            return ()
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def words_in(text: str, lang: str) -> tuple["Word", ...]:
    """The words of ``surface`` with their tokens; best of a text without spaces."""
    return _analyser(primary(lang)).words_in(text)


def joined(text: str) -> str:
    """A text of the same length in which no word has a space, so that it may be cut at any."""
    return _SPACED.sub(r"\1-", text)


def _has_words(text: str, lang: str) -> bool:
    return next(surface(text, lang), None) is not None


def _readings(text: str) -> tuple[str, str]:
    """A question without hyphens and separators of thousands, and with those that are usual."""
    apart = _THOUSANDS.sub(" ", _PREFIX.sub(lambda found: found[0] + "-", text))
    return _JOINED.sub("", text), apart


class Word(NamedTuple):
    """A word where it stands."""

    #: folded
    word: str
    start: int
    end: int
    tokens: tuple[str, ...]


class _Piece(NamedTuple):
    """A piece of a text, read."""

    #: folded; '' for an elision
    word: str
    #: characters of the piece that are the word's
    length: int
    tokens: tuple[str, ...]


class _Analyser:
    """Reads the words of one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.stop_words = STOP_WORDS.get(lang, frozenset())
        self.irregular = IRREGULAR.get(lang, {})
        self.ordinals = ORDINALS.get(lang, frozenset())
        self.stem = STEMS.get(lang, _unchanged)
        self.pattern = _pattern(lang)
        endings = ENDINGS.get(lang, "(?!)")
        self.ending = re.compile(rf"(?:[{_APOSTROPHES}](?:{endings}))+\Z", re.IGNORECASE)
        #: what a piece of a text of at most 64 characters is
        self.read = lru_cache(maxsize=_KEPT_WORDS)(self._read)
        #: the tokens of a text without spaces; texts repeat their words, with the same commas
        self.known_tokens = lru_cache(maxsize=_KEPT_WORDS)(self.tokens_in)
        self.known_spellings = lru_cache(maxsize=_KEPT_WORDS)(self.spellings_in)
        self._known_words = lru_cache(maxsize=_KEPT_WORDS)(self._words_in)

    def words_in(self, run: str) -> tuple[Word, ...]:
        """The words of any text, best of one without spaces."""
        return (self._known_words if len(run) <= MAX_WORD else self._words_in)(run)

    def tokens_in(self, run: str) -> tuple[str, ...]:
        """The tokens of any text."""
        return tuple(chain.from_iterable(word.tokens for word in self._words_in(run)))

    def spellings_in(self, run: str) -> tuple[str, ...]:
        """The words of any text as they are written."""
        return tuple(run[word.start : word.end] for word in self._words_in(run))

    def _words_in(self, run: str) -> tuple[Word, ...]:
        return tuple(
            word
            for found in self.pattern.finditer(run)
            for word in self._words(found[0], found.start())
        )

    def _words(self, piece: str, start: int) -> Iterator[Word]:
        """The words of a piece, and their places in the text in which it starts there."""
        if _IS_UNSPACED.match(piece):
            for word, first, last in _pairs(piece, start):
                yield Word(word, first, last, self.tokens_of(word))
            return
        read = self.read(piece[:MAX_WORD])
        if read.word:
            end = len(piece) if len(piece) > MAX_WORD else read.length
            yield Word(read.word, start, start + end, read.tokens)

    def _read(self, piece: str) -> _Piece:
        if piece[-1] in _APOSTROPHES or piece.startswith("-"):
            return _Piece("", len(piece), ())
        ending = self.ending.search(piece)
        kept = piece[: ending.start()] if ending else piece
        if kept[0] in "nN№" and kept.lower() in {"n°", "nº", "n°s", "nºs", "№"}:
            word = "n°"
        elif kept[1:2] == "." or kept[1:2] in {*_SPACES, *_HYPHENS}:
            word = fold("".join(sign for sign in kept if sign.isalnum()))
        else:
            word = fold(_APOSTROPHE.sub("'", kept))
            if word in self.stop_words and _DIAERESIS in unicodedata.normalize("NFD", kept):
                word = unicodedata.normalize("NFC", kept.casefold())
        return _Piece(word, len(kept), self.tokens_of(word))

    def tokens_of(self, word: str) -> tuple[str, ...]:
        """The tokens of a folded word."""
        if word in self.stop_words:
            return ()
        if word == "n°":
            return (f"{self.lang}:{self._stem(NUMBER.get(self.lang, 'no'))}",)
        if _IS_UNSPACED.match(word) or word[-2:] == "++" or word[-1:] == "#":
            return (f"{self.lang}:{word}",)
        parts: list[str] = _PART.findall(fold(word).replace("'", ""))
        if len(parts) == 2 and parts[1] in self.ordinals and parts[0].isdigit():
            del parts[1]
        return tuple(f"{self.lang}:{self._stem(part)}" for part in parts)

    def _stem(self, word: str) -> str:
        if word.isdigit():
            return word
        word = self.irregular.get(word, word)
        # some stemmers leave nothing of a word that is all ending
        return self.stem(word, partial(_snowball, self.lang)) or word


def _unchanged(word: str, snowball: Snowball) -> str:
    return snowball(word)


def _pairs(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The pairs of neighbours among the letters of a run; a single letter is itself."""
    units = list(_UNIT.finditer(run))
    for first, last in pairwise(units) if len(units) > 1 else [(units[0], units[0])]:
        pair = unicodedata.normalize("NFKC", run[first.start() : last.end()]).casefold()
        if word := "".join(pair.split()):
            yield word, start + first.start(), start + last.end()


class _Stemmers(threading.local):
    """Snowball's stemmers of a thread: two threads must not share one."""

    def __init__(self) -> None:
        self.by_lang: dict[str, Stemmer.Stemmer] = {}


_stemmers = _Stemmers()
_algorithms = frozenset(Stemmer.algorithms())


def _snowball(lang: str, word: str) -> str:
    if STEMMERS.get(lang) not in _algorithms:
        return word
    if lang not in _stemmers.by_lang:
        # no memory of its own: what is read is remembered here already
        _stemmers.by_lang[lang] = Stemmer.Stemmer(STEMMERS[lang], 0)
    return str(_stemmers.by_lang[lang].stemWord(word))


def _pattern(lang: str) -> re.Pattern[str]:
    """Pieces of a text: a word each, or what is none (an elision, the t of "a-t-il")."""
    skipped, pieces = [], []
    if lang in ELISIONS:
        skipped.append(rf"(?<!\w)(?i:{ELISIONS[lang]})[{_APOSTROPHES}](?=[^\W\d_])")
    if lang == "fr":
        skipped.append(rf"[{_HYPHENS}]t(?=[{_HYPHENS}](?:ils?|elles?|on)\b)")
        # not "rendre", as it would be without its stop word
        pieces.append(rf"(?i:rendez)[{_HYPHENS}]vous(?!\w)")
    return re.compile("|".join([*skipped, *pieces, _PIECE]))


@lru_cache(maxsize=64)
def _analyser(lang: str) -> _Analyser:
    return _Analyser(lang)
