"""What a visitor may have begun to write: titles, tags and authors to go to, words to look for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice, zip_longest

from newsarchive import permalink
from newsarchive.archive import Archive
from newsarchive.entry import Entry
from newsarchive.search.text import surface
from newsarchive.search.vocabulary import Vocabulary

#: characters of what was typed that are looked at, and words of them
MAX_TYPED, MAX_WORDS = 128, 12
#: titles among which the best are chosen
CANDIDATES = 32


class SuggestionKind(StrEnum):
    """What is suggested, in the order in which they are shown."""

    TITLE = "title"
    TAG = "tag"
    AUTHOR = "author"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that may be meant by what was typed."""

    kind: SuggestionKind
    #: as it is shown: a title or a name as written, a word in its commonest spelling
    text: str
    #: of a title: the path of its entry, of a tag or an author: the slug; '' of a word
    path: str = ""
    #: of a title: its language (BCP 47); else ''
    lang: str = ""
    #: of a word: what was typed, with this word in the place of its last; else ''
    completed: str = ""

    @property
    def address(self) -> str:
        """Where it leads, on this site; '' of a word."""
        match self.kind:
            case SuggestionKind.TITLE:
                return permalink.entry(self.path)
            case SuggestionKind.TAG:
                return permalink.tag(self.path)
            case SuggestionKind.AUTHOR:
                return permalink.author(self.path)
            case SuggestionKind.WORD:
                return ""


def suggest(
    archive: Archive, vocabulary: Vocabulary, typed: str, now: datetime, limit: int
) -> tuple[Suggestion, ...]:
    """At most ``limit`` suggestions, in the order of the kinds; each kind has its share, what one
    leaves the others take."""
    typed = " ".join(typed[:MAX_TYPED].split())
    if not typed or len(typed.split()) > MAX_WORDS:
        return ()
    kinds = (
        _titles(archive, typed, now),
        _named(archive.catalogue.named("tag", typed, now, limit), SuggestionKind.TAG),
        _named(archive.catalogue.named("author", typed, now, limit), SuggestionKind.AUTHOR),
        _words(archive, vocabulary, typed, limit),
    )
    in_turn = (each for turn in zip_longest(*kinds) for each in turn if each is not None)
    order = list(SuggestionKind)
    return tuple(sorted(islice(in_turn, limit), key=lambda each: order.index(each.kind)))


def _titles(archive: Archive, typed: str, now: datetime) -> list[Suggestion]:
    """Those that begin so first, then articles before updates, then the newest; each once."""
    asked = permalink.words(typed)
    found = archive.catalogue.titled(typed, now, CANDIDATES)

    def place(entry: Entry) -> tuple[bool, bool]:
        return not _begins(permalink.words(entry.title), asked), bool(entry.story)

    once: dict[str, Entry] = {}
    for entry in sorted(found, key=place):
        once.setdefault(permalink.fold(entry.title), entry)
    return [
        Suggestion(SuggestionKind.TITLE, each.title, each.path, lang=each.lang)
        for each in once.values()
    ]


def _begins(words: Iterable[str], asked: Iterable[str]) -> bool:
    return all(word.startswith(each) for word, each in zip(words, asked, strict=False))


def _named(names: Mapping[str, str], kind: SuggestionKind) -> list[Suggestion]:
    return [Suggestion(kind, name, slug) for slug, name in names.items()]


def _words(archive: Archive, vocabulary: Vocabulary, typed: str, limit: int) -> list[Suggestion]:
    """Words for the last one, if that is still being typed."""
    found = list(surface(typed, archive.config.language))
    word, start, end = found[-1] if found else ("", 0, 0)
    if not word or end < len(typed):
        return []
    return [
        Suggestion(SuggestionKind.WORD, each, completed=typed[:start] + each)
        for each in vocabulary.suggest(word, limit + 1)
        if permalink.fold(each) != permalink.fold(word)
    ]
