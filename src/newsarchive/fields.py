"""The keys of one file's metadata: found by any spelling, read as texts, lists, dates, booleans.

What is wrong is collected on the way, so that all of a file is said at once.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo

from newsarchive import dates
from newsarchive.entry import Json, Kind, Moment, Problem, Severity
from newsarchive.errors import DateError
from newsarchive.metadata import Mapping, Node, Scalar, Sequence, as_json, folded, quoted

#: key -> the spellings it is read by; of several that have a value the first counts
KEYS = {
    "title": ("title",),
    # Hugo's publishDate holds an entry back: the later of it and the date counts
    "date": ("date", "published", "pubdate", "publishdate"),
    "publishdate": ("publishdate",),
    # Hugo takes the entry away then; here it is only named
    "expiry": ("expirydate", "unpublishdate"),
    "updated": ("updated", "lastmod", "modified", "last_modified_at"),
    "authors": ("authors", "author"),
    "tags": ("tags", "categories", "category", "keywords"),
    "summary": ("summary", "description", "excerpt"),
    "lang": ("lang", "language", "locale"),
    "id": ("id", "guid"),
    "status": ("status",),
    "draft": ("draft",),
    "coverage": ("coverage",),
    "key": ("key",),
    "image": ("image", "cover", "featured_image"),
    "image_alt": ("image_alt", "image_caption"),
    "sources": ("sources",),
    "corrections": ("corrections",),
    "aliases": ("aliases", "redirect_from", "permalink", "url"),
    "slug": ("slug",),
    "type": ("type",),
}
#: keys that mean something to one kind of entry only; to the other they are unknown
_ONLY = {"coverage": Kind.ARTICLE, "key": Kind.UPDATE}
_KNOWN = {
    kind: frozenset(
        spelling
        for key, spellings in KEYS.items()
        if _ONLY.get(key, kind) is kind
        for spelling in spellings
    )
    for kind in Kind
}

#: dates that Eleventy asks the file or git for
_ASKED = frozenset({"last modified", "git last modified", "created", "git created"})

TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})


class Fields:
    """The metadata of one file, and the problems met while reading it."""

    def __init__(self, file: str, metadata: Mapping, kind: Kind) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._found: dict[str, tuple[Scalar, Node]] = {}
        #: those with a value: what is asked for some twenty times a file
        self._filled: dict[str, tuple[Scalar, Node]] = {}
        self._unknown: list[tuple[Scalar, Node]] = []
        for key, value in metadata.items:
            self._add(key, value, _KNOWN[kind])

    def _add(self, key: Scalar, value: Node, known: frozenset[str]) -> None:
        name = key.text.lower().replace("-", "_")
        if name == "taxonomies" and isinstance(value, Mapping):  # Zola's
            for inner, names in value.items:
                self._add(inner, names, known)
        elif name not in known:
            self._unknown.append((key, value))
        elif name in self._found:
            said = f"stands twice, as {self._found[name][0].text} and {key.text}"
            self.warn(key.line, key.text, f"{said}; the first counts", "delete one of them")
        else:
            self._found[name] = key, value
            if not is_empty(value):
                self._filled[name] = key, value

    def error(self, line: int, key: str, message: str, remedy: str) -> None:
        """Say what keeps the entry out."""
        self.problems.append(Problem(self.file, line, f"{key}: {message}", remedy))

    def warn(self, line: int, key: str, message: str, remedy: str) -> None:
        """Say what is likely a mistake."""
        problem = Problem(self.file, line, f"{key}: {message}", remedy, Severity.WARNING)
        self.problems.append(problem)

    def all(self, name: str) -> Iterator[tuple[Scalar, Node]]:
        """Every spelling of a key that has a value, in the order of ``KEYS``."""
        for spelling in KEYS[name]:
            if found := self._filled.get(spelling):
                yield found

    def first(self, name: str) -> tuple[Scalar, Node] | None:
        """The spelling of a key that counts."""
        for spelling in KEYS[name]:  # ``all`` would take twice the time
            if found := self._filled.get(spelling):
                return found
        return None

    def date(self) -> tuple[Scalar, Node] | None:
        """The key that holds the date; Jekyll's ``published: false`` is none."""
        return next((found for found in self.all("date") if not is_boolean(found[1])), None)

    def line(self, name: str) -> int:
        """Where a key stands; 1 when it does not."""
        found = self.first(name)
        return found[0].line if found else 1

    def text(self, name: str) -> str:
        """A text, its blanks folded; empty when there is none. A list or map is an error."""
        found = self.first(name)
        if not found:
            return ""
        key, value = found
        if isinstance(value, Scalar):
            return folded(value.text)
        said = f"a text is wanted, not a {'list' if isinstance(value, Sequence) else 'map'}"
        self.error(key.line, key.text, said, f"{key.text}: {quoted(_flow(value)[:100])}")
        return ""

    def texts(self, key: Scalar, value: Node) -> Iterator[Scalar]:
        """The texts of a list, or the one that stands alone; others are named and left out."""
        for each in value.values if isinstance(value, Sequence) else (value,):
            if isinstance(each, Scalar) and not is_empty(each):
                yield each
            elif isinstance(each, Scalar):
                self.warn(each.line, key.text, "an empty value, left out", "delete it")
            else:
                self.warn(
                    each.line,
                    key.text,
                    f"a text is wanted, {_flow(each)[:60]} is left out",
                    f"write {quoted(_flow(each)[:60])}, in quotes",
                )

    def boolean(self, name: str) -> bool:
        """Whether a key says so; absent is no."""
        found = self.first(name)
        if not found:
            return False
        key, value = found
        said = value.text.strip().lower() if isinstance(value, Scalar) else ""
        if said not in TRUE and said not in FALSE:
            self.error(key.line, key.text, "true or false is wanted", f"{key.text}: true")
        return said in TRUE

    def moment(self, key: Scalar, value: Node, zone: tzinfo) -> Moment | None:
        """A date; None, and an error, when it is none."""
        if not isinstance(value, Scalar):
            self.error(key.line, key.text, "one date is wanted", dates.REMEDY)
            return None
        try:
            moment = dates.parse(value.text, zone)
        except DateError as error:
            asked = value.text.strip().lower() in _ASKED
            remedy = f"only Eleventy looks it up; {dates.REMEDY}" if asked else error.remedy
            self.error(key.line, key.text, f"{error.message}: {error.text[:60]}", remedy)
            return None
        try:
            moment.at.astimezone(UTC)
        except OverflowError:
            said = "so near the end of the calendar that it has no time in UTC"
            self.warn(key.line, key.text, said, "write it without the time zone")
        return moment

    def extra(self) -> dict[str, Json]:
        """The keys without a meaning here, and a ``type`` that is not ours, as written."""
        found = {key.text: as_json(value) for key, value in self._unknown}
        kind = self._found.get("type")
        if kind and not self.is_story():
            found[kind[0].text] = as_json(kind[1])
        return found

    def unknown(self) -> tuple[tuple[str, int], ...]:
        """The keys without a meaning here, with their lines."""
        return tuple((key.text, key.line) for key, _ in self._unknown)

    def is_story(self) -> bool:
        """Whether the file says ``type: story``."""
        found = self._found.get("type")
        return (
            found is not None
            and isinstance(found[1], Scalar)
            and found[1].text.strip().lower() == "story"
        )


def is_empty(node: Node) -> bool:
    """Whether nothing was written: null, an empty text, an empty list or map."""
    match node:
        case Scalar():
            return node.is_null or not node.text.strip()
        case Sequence():
            return not node.values
        case Mapping():
            return not node.items


def is_boolean(node: Node) -> bool:
    """Whether a value reads as true or false."""
    return isinstance(node, Scalar) and node.text.strip().lower() in TRUE | FALSE


def _flow(node: Node) -> str:
    """A value on one line, as YAML's flow style writes it."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return f"[{', '.join(_flow(value) for value in node.values)}]"
        case Mapping():
            return f"{{{', '.join(f'{key.text}: {_flow(value)}' for key, value in node.items)}}}"
