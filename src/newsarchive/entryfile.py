"""The text of one file ⇄ its entries, or what is wrong with it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import count

from msgspec import Struct, structs

from newsarchive import dates, filename, frontmatter, markup, permalink
from newsarchive.described import Described, describe, without_bidi
from newsarchive.entry import Entry, Kind, Moment, Problem, Severity, Status
from newsarchive.errors import DateError
from newsarchive.fields import KEYS, Fields
from newsarchive.filename import FileName, begins_with_date
from newsarchive.frontmatter import Head
from newsarchive.headings import Opening, Outline, outline, trim
from newsarchive.headings import begins_with_date as is_dated
from newsarchive.metadata import Format, folded
from newsarchive.newfile import new_article, new_update, with_head_id, with_heading_ids
from newsarchive.summaries import summary

__all__ = [
    "Parsed",
    "Role",
    "Site",
    "begins_with_date",
    "new_article",
    "new_update",
    "parse",
    "with_ids",
]

#: a text that may begin with a heading of level 1, so that most need no parsing
_HEADING = re.compile(r"\s*+(?:#\s|[^\n]++\n {0,3}=)")


@dataclass(frozen=True, slots=True)
class Site:
    """What reading a file needs of the settings."""

    #: of dates that name no other
    zone: tzinfo
    #: BCP 47; of entries that name no other
    lang: str
    #: of ids (RFC 4151): ``example.org,2026``
    authority: str


@dataclass(frozen=True, slots=True)
class Role:
    """What a file is by its place, which the caller knows from the folder."""

    #: path of the story whose folder holds this file, when its name begins with an ISO date:
    #: then it is an update
    story: str = ""
    #: of an index file: whether dated ``.md`` files stand beside it
    has_updates: bool = False
    #: of an update's file: its story's language, BCP 47
    lang: str = ""


class Parsed(Struct, frozen=True, gc=False):
    """What a file holds."""

    #: the article, then its updates by heading in the file's order; or the one update
    entries: tuple[Entry, ...] = ()
    #: all of the file, by line; with an error among them there are no entries
    problems: tuple[Problem, ...] = ()
    #: keys without a meaning here, with their lines
    unknown: tuple[tuple[str, int], ...] = ()
    #: whether it is a section's own page, which is no entry
    section: bool = False


def parse(file: str, data: bytes, site: Site, role: Role = Role()) -> Parsed:
    """Read a file. Never raises, whatever the bytes: what is wrong are problems.

    ``file`` is its path in the articles folder, with ``/`` between folders.
    """
    return _File(file, data, site, role).parsed()


def with_ids(
    file: str, data: bytes, site: Site, role: Role, make_id: Callable[[], str]
) -> bytes | None:
    """The file with an id for each entry that has none, and every other byte as it was.

    None when each has one, when the file has errors, or when an id has no place to stand.
    """
    read = _File(file, data, site, role)
    entries = read.parsed().entries
    if all(entry.has_own_id for entry in entries):
        return None
    made: list[str] = []

    def new_id() -> str:
        made.append(make_id())
        return made[-1]

    text = data.decode()
    if missing := read.headings_without_id(entries[1:]):
        text = with_heading_ids(text, {line: (said, new_id()) for line, said in missing.items()})
    if not entries[0].has_own_id:
        text = with_head_id(text, read.head, new_id())
    written = parse(file, text.encode(), site, role).entries
    wanted = {entry.id for entry in entries if entry.has_own_id}
    wanted |= {permalink.tag_uri(site.authority, id) for id in made}
    unchanged = [_but_id(entry) for entry in written] == [_but_id(entry) for entry in entries]
    return text.encode() if unchanged and {entry.id for entry in written} == wanted else None


def _but_id(entry: Entry) -> Entry:
    """An entry without what a new id changes."""
    return structs.replace(entry, id="", has_own_id=True, line=1)


class _File:
    """One file while it is read."""

    def __init__(self, file: str, data: bytes, site: Site, role: Role) -> None:
        self.file, self.site, self.role = file, site, role
        self.kind = Kind.UPDATE if role.story else Kind.ARTICLE
        self.head: Head = frontmatter.split(file, data)
        self.name: FileName = filename.read(file, update=bool(role.story))
        self.fields = Fields(file, self.head.fields, self.kind)
        #: the file's line with which the text to be taken apart begins
        self.first = self.head.body_line
        self.outline = Outline("", 0)

    def parsed(self) -> Parsed:
        if self.is_section():
            return self.section()
        described = describe(self.fields, self.kind, self.site.zone, self.named())
        entries = tuple(self.entries(described))
        problems = (*self.head.problems, *self.fields.problems)
        if any(problem.severity is Severity.ERROR for problem in problems):
            entries = ()
        return Parsed(entries, _by_line(problems), self.fields.unknown())

    def is_section(self) -> bool:
        """Whether this is the page of a section: an index that neither dates nor tells a story."""
        if not self.name.index or self.role.story:
            return False
        if "/" not in self.file:
            return True
        if self.fields.is_story() or self.is_broken("date", "type"):
            return False
        return self.name.index == "_index" or not (self.fields.date() or self.name.date)

    def section(self) -> Parsed:
        note = Problem(
            self.file,
            1,
            "a section's own page, which is no entry",
            "to make it an article, add type: story, or to an index.md a date"
            if "/" in self.file
            else "an article needs a name of its own",
            Severity.NOTE,
        )
        return Parsed(problems=_by_line((*self.head.problems, note)), section=True)

    def is_broken(self, *names: str) -> bool:
        """Whether a line that cannot be read may be the one with a key."""
        written = {key.lower() for key in self.head.broken}
        return "" in written or any(not written.isdisjoint(KEYS[name]) for name in names)

    def named(self) -> Moment | None:
        """The date in the file's name; an impossible one is an error when there is no other."""
        if self.fields.date() or self.is_broken("date"):
            return None
        if not self.name.date:
            self.no_date()
            return None
        try:
            return dates.parse(self.name.date, self.site.zone)
        except DateError as error:
            said = f"{error.message}: {self.name.date}, in the name"
            remedy = "rename the file, or write date: 2023-11-17 in it"
            self.fields.error(1, "date", said, remedy)
            return None

    def no_date(self) -> None:
        if self.head.format is Format.NONE:
            said = "there is none: no metadata in the file, no date in its name"
            remedy = (
                "begin the file with the three lines ---, date: 2023-11-17 and ---, "
                "or its name with 2023-11-17-"
            )
        else:
            said = "there is none, neither in the metadata nor in the file's name"
            remedy = "add the line date: 2023-11-17"
        self.fields.error(1, "date", said, remedy)

    def entries(self, said: Described) -> Iterator[Entry]:
        """The file's entries; nothing as soon as one cannot be made."""
        title, body = self.title(said)
        if said.published is None or (self.kind is Kind.ARTICLE and not title):
            return
        self.outline = self.taken_apart(body)
        entry = self.entry(said, title, said.published)
        yield entry
        yield from self.updates(entry)

    def title(self, said: Described) -> tuple[str, str]:
        """The title, and the text without the heading that says it."""
        body, title = self.head.body, said.title
        wanted = self.fields.first("title") is None
        found = markup.first_heading(body) if _HEADING.match(body) else None
        if found and not (wanted and self.tells_updates() and is_dated(found[0])):
            heading = folded(without_bidi(found[0]))
            if wanted or heading.casefold() == title.casefold():
                self.first += body.count("\n") - found[1].count("\n")
                title, body = title or heading, found[1]
        if wanted and not title and self.kind is Kind.ARTICLE and not self.is_broken("title"):
            remedy = "add the line title: and the title after it"
            if self.head.format is Format.NONE:
                remedy = "begin the text with a # and the title after it"
            self.fields.error(1, "title", "there is none, and no heading that could be it", remedy)
        return title, body

    def tells_updates(self) -> bool:
        """Whether dated headings in this file are updates."""
        return self.kind is Kind.ARTICLE and (self.fields.is_story() or bool(self.name.index))

    def taken_apart(self, body: str) -> Outline:
        if self.tells_updates():
            found = outline(body)
            for date, line in found.impossible:
                said = f"no such date: {date}, so that this heading opens no update"
                self.warn(self.first + line, said, "correct the date")
            return found
        return Outline(*trim(body))

    def warn(self, line: int, message: str, remedy: str) -> None:
        problem = Problem(self.file, line, message, remedy, Severity.WARNING)
        self.fields.problems.append(problem)

    def entry(self, said: Described, title: str, published: Moment) -> Entry:
        path = permalink.path_of_file(self.file)
        lang = said.lang or self.name.lang or self.role.lang or self.site.lang
        body = self.outline.body
        return Entry(
            id=permalink.tag_uri(self.site.authority, said.id or path),
            path=path,
            kind=self.kind,
            title=title or dates.in_words(published, lang, self.site.zone),
            published=published,
            updated=said.updated or published,
            lang=lang,
            summary=said.summary or summary(body),
            authors=said.authors,
            tags=said.tags,
            status=Status.DRAFT if self.name.draft else said.status,
            story=self.role.story,
            is_story=self.kind is Kind.ARTICLE
            and (self.fields.is_story() or self.role.has_updates or bool(self.outline.updates)),
            coverage=said.coverage,
            key=said.key,
            untitled=not title,
            image=said.image,
            sources=said.sources,
            corrections=said.corrections,
            aliases=_aliases(said, path),
            has_own_id=bool(said.id),
            extra=said.extra,
            file=self.file,
            line=self.first + self.outline.line,
            body=body,
        )

    def updates(self, article: Entry) -> Iterator[Entry]:
        """The updates by heading, each at a path of its own."""
        lines: dict[str, int] = {}
        for opening in self.outline.updates:
            wanted = path = f"{article.path}/{permalink.normal(opening.suffix)}"
            line = self.first + opening.heading_line
            if path in lines:
                said = f"two updates of {opening.suffix}, on lines {lines[path]} and {line}"
                self.warn(line, said, "give one of them a time, or a name: {#name}")
                path = next(p for n in count(2) if (p := f"{wanted}-{n}") not in lines)
            lines[path] = line
            yield self.update(article, opening, path)

    def update(self, article: Entry, opening: Opening, path: str) -> Entry:
        published = dates.parse(opening.date, self.site.zone)
        title = _plain(opening.title)
        return Entry(
            id=permalink.tag_uri(self.site.authority, opening.id or path),
            path=path,
            kind=Kind.UPDATE,
            title=title or dates.in_words(published, article.lang, self.site.zone),
            published=published,
            updated=published,
            lang=article.lang,
            summary=summary(opening.body),
            status=article.status,
            story=article.path,
            key=opening.key,
            untitled=not title,
            has_own_id=bool(opening.id),
            file=self.file,
            line=self.first + opening.line,
            body=opening.body,
        )

    def headings_without_id(self, updates: Sequence[Entry]) -> dict[int, str]:
        """The headings of updates that have no id, by their line in the file."""
        return {
            self.first + opening.heading_line: opening.heading
            for opening, update in zip(self.outline.updates, updates, strict=True)
            if not update.has_own_id
        }


def _by_line(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.line))


def _plain(title: str) -> str:
    """A heading's text without its Markdown."""
    found = markup.first_heading(f"# {title}") if title else None
    return folded(without_bidi(found[0])) if found else ""


def _aliases(said: Described, path: str) -> tuple[str, ...]:
    """The old paths, and the one that a ``slug`` made elsewhere, less the present one."""
    folder, _, name = path.rpartition("/")
    aliases = list(said.aliases)
    if said.slug and said.slug != name:
        aliases.append(f"{permalink.ARTICLES}{folder + '/' if folder else ''}{said.slug}/")
    own = f"{permalink.ARTICLES}{path}"
    return tuple(alias for alias in dict.fromkeys(aliases) if alias.rstrip("/") != own)
