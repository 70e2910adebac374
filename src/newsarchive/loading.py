"""From the folder to the catalogue: find what changed, read it, decide, commit once."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from newsarchive import articles, entryfile
from newsarchive.articles import FileStat, Scan
from newsarchive.catalogue import (
    Asset,
    CatalogueWriter,
    Changes,
    FileState,
    Outcome,
    Placed,
    ReadFile,
)
from newsarchive.config import Config
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Kind, Moment, Problem, Severity, Status
from newsarchive.entryfile import Parsed, Role, Site
from newsarchive.permalink import path_of_file

#: grows whenever the same file is read as other entries
READER_VERSION = 1
#: between the two looks after which a file counts as gone
SECOND_LOOK_SECONDS = 0.25

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a load did."""

    added: int
    changed: int
    removed: int
    #: files that were read
    files: int
    #: problems in the files that were read
    problems: int
    generation: int


@dataclass(slots=True)
class _Read:
    """The files of one load: their bytes are read once, and parsed once a role."""

    config: Config
    site: Site
    known: dict[str, FileState]
    #: the languages of stories as they are catalogued, by index file
    langs: dict[str, str]
    data: dict[str, tuple[bytes, FileStat, bytes]] = field(default_factory=dict)
    parsed: dict[str, tuple[Role, Parsed]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def bytes_of(self, path: str) -> tuple[bytes, FileStat, bytes] | None:
        """Bytes, what the file was when read, digest; None if it cannot be read."""
        if path not in self.data:
            try:
                data, found = articles.read(self.config.articles_dir, path)
            except OSError as error:
                why = error.strerror or str(error)
                self.problems.append(
                    Problem(path, 1, f"cannot be read: {why}", "let the server's user read it")
                )
                return None
            self.data[path] = (data, found, blake2b(data, digest_size=16).digest())
        return self.data[path]

    def parse(self, path: str, role: Role) -> Parsed | None:
        """What the file says in its role; None if it cannot be read."""
        held = self.parsed.get(path)
        if held and held[0] == role:
            return held[1]
        found = self.bytes_of(path)
        if found is None:
            return None
        parsed = entryfile.parse(path, found[0], self.site, role)
        self.parsed[path] = (role, parsed)
        return parsed


def site_of(config: Config) -> Site:
    """What reading a file needs of the settings."""
    return Site(zone=config.zone, lang=config.language, authority=config.tag_authority)


def load(
    config: Config,
    writer: CatalogueWriter,
    now: datetime,
    progress: Progress | None = None,
) -> Summary:
    """Bring the catalogue up to the folder. Only what changed is read.

    Raises:
        ArticlesError: the folder cannot be listed.
        CatalogueError: the catalogue cannot be written.
    """
    known = writer.files()
    scan = _scan_twice(config, known)
    langs = {entry.file: entry.lang for entry in writer.stories().values()}
    read = _Read(config, site_of(config), known, langs)
    settings = f"{READER_VERSION} {config.language} {config.timezone} {config.tag_authority}"
    anew = settings != writer.settings()
    touched = () if anew else tuple(_touched(scan, read))
    same = {state.path for state in touched}
    changed = {
        path
        for path, found in scan.markdown.items()
        if anew or (path not in same and _differs(found, known.get(path)))
    }
    leads = _leads(scan, read, changed)
    files = list(_read_files(scan, read, changed, leads, progress))
    removed = tuple(path for path in known if path not in scan.markdown)
    files = _resolve(_inherit(files, writer), writer, removed)
    files += _refused(scan, read)
    assets, removed_assets = _asset_changes(scan, writer)
    outcome = writer.apply(
        Changes(files=tuple(files), touched=touched, removed=removed, assets=assets,
                removed_assets=removed_assets, settings=settings),
        now,
    )  # fmt: skip
    return _summary(files, outcome)


def _summary(files: list[ReadFile], outcome: Outcome) -> Summary:
    problems = sum(each.severity is not Severity.NOTE for file in files for each in file.problems)
    return Summary(
        outcome.added, outcome.changed, outcome.removed, len(files), problems, outcome.generation
    )


def _scan_twice(config: Config, known: dict[str, FileState]) -> Scan:
    """List the folder; what is missing has to be missing at a second look too."""
    scan = articles.scan(config.articles_dir)
    # what could not be read has no digest, and is not in the list of what can
    if any(path not in scan.markdown and state.digest for path, state in known.items()):
        time.sleep(SECOND_LOOK_SECONDS)
        scan = articles.scan(config.articles_dir)
    return scan


def _differs(found: FileStat, known: FileState | None) -> bool:
    return known is None or (found.size, found.mtime, found.inode) != (
        known.size, known.mtime, known.inode
    )  # fmt: skip


def _touched(scan: Scan, read: _Read) -> Iterator[FileState]:
    """Files whose times changed and whose bytes did not."""
    for path, found in scan.markdown.items():
        known = read.known.get(path)
        if known and _differs(found, known):
            held = read.bytes_of(path)
            if held and held[2] == known.digest:
                stat = held[1]
                yield replace(known, size=stat.size, mtime=stat.mtime, inode=stat.inode)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _leads(scan: Scan, read: _Read, changed: set[str]) -> dict[str, str]:
    """The index file of each folder that is one article, by folder."""
    dated = {_folder(path) for path in scan.markdown if entryfile.begins_with_date(_name(path))}
    leads: dict[str, str] = {}
    # "index.md" sorts after "_index.md" and so wins
    for path in sorted(scan.markdown):
        if _name(path) not in {"index.md", "_index.md"}:
            continue
        known, role = read.known.get(path), Role(has_updates=_folder(path) in dated)
        if path in changed or known is None or known.has_updates != role.has_updates:
            changed.add(path)
            if _leads_its_folder(path, role, read):
                leads[_folder(path)] = path
        elif known.leads:
            leads[_folder(path)] = path
    return leads


def _leads_its_folder(path: str, role: Role, read: _Read) -> bool:
    parsed, known = read.parse(path, role), read.known.get(path)
    if parsed is None or (not parsed.entries and not parsed.section):
        return known is not None and known.leads  # unreadable for now: the last good version rules
    return bool(parsed.entries)


def _read_files(
    scan: Scan, read: _Read, changed: set[str], leads: dict[str, str], progress: Progress | None
) -> Iterator[ReadFile]:
    dated = {_folder(p) for p in scan.markdown if entryfile.begins_with_date(_name(p))}
    stories = {
        folder: Role(story=path_of_file(path), lang=_lang(path, read))
        for folder, path in leads.items()
    }
    wanted = []
    for path in scan.markdown:
        role = _role(path, stories, dated)
        known = read.known.get(path)
        story_changed = role.story and leads[_folder(path)] in changed
        if (
            path in changed or known is None or known.again or story_changed
            or (known.story, known.has_updates) != (role.story, role.has_updates)
        ):  # fmt: skip
            wanted.append((path, role))
    for done, (path, role) in enumerate(wanted):
        if progress:
            progress(done, len(wanted))
        each = _read_file(path, role, read, leads)
        if each:
            yield each


def _lang(path: str, read: _Read) -> str:
    """The language of a story by its index file; an unchanged one is asked of the catalogue."""
    held = read.parsed.get(path)
    if held and held[1].entries:
        return held[1].entries[0].lang
    return read.langs.get(path, "")


def _role(path: str, stories: dict[str, Role], dated: set[str]) -> Role:
    if _name(path) in {"index.md", "_index.md"}:
        return Role(has_updates=_folder(path) in dated)
    if _folder(path) in stories and entryfile.begins_with_date(_name(path)):
        return stories[_folder(path)]
    return Role()


def _read_file(path: str, role: Role, read: _Read, leads: dict[str, str]) -> ReadFile | None:
    parsed, held = read.parse(path, role), read.bytes_of(path)
    if parsed is None or held is None:
        return None
    _, stat, digest = held
    del read.data[path], read.parsed[path]  # not needed again, and 100,000 of them are a lot
    state = FileState(
        path=path, size=stat.size, mtime=stat.mtime, inode=stat.inode, digest=digest,
        story=role.story, has_updates=role.has_updates, leads=leads.get(_folder(path)) == path,
    )  # fmt: skip
    broken = not parsed.entries and not parsed.section
    entries = tuple(Placed(entry, entry.published) for entry in parsed.entries)
    return ReadFile(state, None if broken else entries, parsed.problems, parsed.unknown)


def _refused(scan: Scan, read: _Read) -> list[ReadFile]:
    """Files that have a Markdown file's name and could not be read at all."""
    found = []
    for problem in (*scan.refused, *read.problems):
        state = FileState(problem.path, 0, 0, 0, b"", again=True)
        found.append(ReadFile(state, None, (problem,)))
    return found


def _inherit(files: list[ReadFile], writer: CatalogueWriter) -> list[ReadFile]:
    """Give updates what they leave to their story: names, its draft state, its embargo."""
    stories = writer.stories()
    for each in files:
        for placed in each.entries or ():
            if placed.entry.kind is Kind.ARTICLE:
                stories[placed.entry.path] = placed.entry
    return [
        replace(each, entries=None if each.entries is None else tuple(
            _heir(placed, stories.get(placed.entry.story)) for placed in each.entries
        ))
        for each in files
    ]  # fmt: skip


def _heir(placed: Placed, story: Entry | None) -> Placed:
    entry = placed.entry
    if story is None:
        return placed
    heir = replace(
        entry,
        authors=entry.authors or story.authors,
        tags=entry.tags or story.tags,
        status=story.status if entry.status is Status.PUBLISHED else entry.status,
    )
    return Placed(heir, _later(entry.published, story.published))


def _later(own: Moment, story: Moment) -> Moment:
    """An update takes its place in time, but never before its story is out."""
    return own if microseconds(own.at) >= microseconds(story.at) else story


def _resolve(
    files: list[ReadFile], writer: CatalogueWriter, removed: Iterable[str]
) -> list[ReadFile]:
    """Of entries that claim one id or one path the older keeps it; the others are problems."""
    rewritten = {each.state.path for each in files if each.entries is not None} | set(removed)
    ids: dict[str, str] = {}
    paths: dict[str, str] = {}
    held: dict[str, str] = {}
    for id_, path, file, _ in writer.claims():
        held[id_] = held[path] = file
        if file not in rewritten:
            ids[id_], paths[path] = file, file
    order = sorted(
        ((each, placed) for each in files for placed in each.entries or ()),
        key=lambda pair: (
            held.get(pair[1].entry.id) != pair[1].entry.file,
            microseconds(pair[1].moment.at), pair[1].entry.file,
        ),
    )  # fmt: skip
    lost: dict[str, list[tuple[Placed, Problem]]] = {}
    for _, placed in order:
        entry = placed.entry
        for kind, value, holder in (
            ("id", entry.id, ids.get(entry.id)), ("address", entry.path, paths.get(entry.path))
        ):  # fmt: skip
            if holder is not None:
                lost.setdefault(entry.file, []).append(
                    (placed, _conflict(entry, kind, value, holder))
                )
                break
        else:
            ids[entry.id], paths[entry.path] = entry.file, entry.file
    return [_without(each, lost.get(each.state.path, [])) for each in files]


def _conflict(entry: Entry, kind: str, value: str, holder: str) -> Problem:
    return Problem(
        entry.file,
        entry.line,
        f"{kind}: {holder} has the {kind} {value} already",
        "give this one an id of its own" if kind == "id" else "rename one of the two files",
    )


def _without(each: ReadFile, lost: list[tuple[Placed, Problem]]) -> ReadFile:
    if not lost:
        return each
    gone = [placed for placed, _ in lost]
    return replace(
        each,
        state=replace(each.state, again=True),
        entries=tuple(placed for placed in each.entries or () if placed not in gone),
        problems=(*each.problems, *(problem for _, problem in lost)),
    )


def _asset_changes(
    scan: Scan, writer: CatalogueWriter
) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    known = writer.assets()
    found = {path: Asset(path, stat.size, stat.mtime) for path, stat in scan.assets.items()}
    changed = tuple(asset for path, asset in found.items() if known.get(path) != asset)
    return changed, tuple(path for path in known if path not in found)
