"""Which files of the folder are to be read, in which part, and what they say."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from msgspec import structs

from newsarchive import entryfile
from newsarchive.articles import FileStat, Scan
from newsarchive.catalogue import CatalogueWriter, FileState, Placed, ReadFile
from newsarchive.config import Config
from newsarchive.entry import Entry, Problem
from newsarchive.entryfile import Role, Site
from newsarchive.filename import ENDINGS
from newsarchive.parsing import ReadAll, Reader, Said
from newsarchive.permalink import folder_of, path_of_file

Progress = Callable[[int, int], None]

INDEX_NAMES = {f"{name}{ending}" for name in ("index", "_index") for ending in ENDINGS}


def name_of(path: str) -> str:
    """A file's own name."""
    return path.rpartition("/")[2]


def site_of(config: Config) -> Site:
    """What reading a file needs of the settings."""
    return Site(zone=config.zone, lang=config.language, authority=config.tag_authority)


@dataclass(frozen=True, slots=True)
class _Folders:
    """What the indexes make of their folders."""

    #: the index of each folder that is one article
    leads: dict[str, str]
    #: an index that has never been good: nobody knows what its folder is
    waiting: dict[str, str]
    #: folders that hold a dated file
    dated: frozenset[str]


@dataclass(slots=True)
class Reading:
    """One look at the folder, against what the catalogue knows."""

    config: Config
    writer: CatalogueWriter
    scan: Scan
    known: dict[str, FileState]
    #: read everything, whether it changed or not
    anew: bool
    #: the articles of folders, as they are catalogued, by index file
    stories: dict[str, Entry]
    #: what was read, by path
    said: dict[str, Said] = field(default_factory=dict)
    #: files that could not be read, by path
    failed: dict[str, Problem] = field(default_factory=dict)
    #: same bytes, other times
    touched: list[FileState] = field(default_factory=list)

    def files(self, progress: Progress | None) -> Iterator[ReadFile]:
        """Everything that changed, as its files say it; nothing is inherited yet."""
        changed = {path for path in self.scan.markdown if self._changed(path)}
        with self._reader().for_files(len(changed)) as read_all:
            yield from self._read_files(changed, read_all, progress)
        yield from self._unread()

    def _read_files(
        self, changed: set[str], read_all: ReadAll, progress: Progress | None
    ) -> Iterator[ReadFile]:
        folders = self._folders(changed, read_all)
        wanted = []
        for path in self.scan.markdown:
            role, known = self._role(path, folders), self.known.get(path)
            story_changed = role.story and folders.leads[folder_of(path)] in changed
            if (
                path in changed or known is None or known.again or story_changed
                or (known.story, known.has_updates) != (role.story, role.has_updates)
            ):  # fmt: skip
                wanted.append((path, role))
        new = [each for each in wanted if not self._is_said(*each) and each[0] not in self.failed]
        unsaid = {path for path, _ in new}
        found = read_all(new)
        for done, (path, role) in enumerate(wanted):
            if progress:
                progress(done, len(wanted))
            if path in unsaid:
                self.said.pop(path, None)
                self._note(path, next(found))
            yield from self._read(path, role, folders)

    def _changed(self, path: str) -> bool:
        found, known = self.scan.markdown[path], self.known.get(path)
        if self.anew or known is None:
            return True
        if (found.size, found.mtime, found.inode) == (known.size, known.mtime, known.inode):
            return False
        read = self._bytes(path)
        if read is None or read[2] != known.digest:
            return True
        stat = read[1]
        self.touched.append(
            structs.replace(known, size=stat.size, mtime=stat.mtime, inode=stat.inode)
        )
        return False

    def _bytes(self, path: str) -> tuple[bytes, FileStat, bytes] | None:
        """Bytes, what the file was, digest; None if it cannot be read, or is gone."""
        if path in self.failed:
            return None
        found = self._reader().bytes(path)
        if isinstance(found, Problem):
            self.failed[path] = found
            return None
        return found

    def _reader(self) -> Reader:
        return Reader(self.config.articles_dir, site_of(self.config))

    def _is_said(self, path: str, role: Role) -> bool:
        held = self.said.get(path)
        return held is not None and held.role == role

    def _note(self, path: str, found: Said | Problem | None) -> None:
        if isinstance(found, Problem):
            self.failed[path] = found
        elif found:
            self.said[path] = found

    # -- folders --

    def _folders(self, changed: set[str], read_all: ReadAll) -> _Folders:
        dated = frozenset(
            folder_of(path)
            for path in self.scan.markdown
            if entryfile.begins_with_date(name_of(path))
        )
        found = _Folders({}, {}, dated)
        # "index.md" sorts after "_index.md", and after "index.markdown", and so wins
        indexes = sorted(path for path in self.scan.markdown if name_of(path) in INDEX_NAMES)
        changed |= {path for path in indexes if self._is_another(path, found)}
        unread = changed - self.failed.keys()
        anew = [(path, _index_role(path, found)) for path in indexes if path in unread]
        for (path, _), said in zip(anew, read_all(anew), strict=True):
            self._note(path, said)
        for path in indexes:
            self._judge(path, found, anew=path in changed)
        return found

    def _is_another(self, path: str, found: _Folders) -> bool:
        """Whether an index is to be read again, changed or not."""
        known = self.known.get(path)
        return known is None or known.again or known.has_updates != (folder_of(path) in found.dated)

    def _judge(self, path: str, found: _Folders, *, anew: bool) -> None:
        """What an index makes of its folder; one that is broken leaves it as it was."""
        folder, known, said = folder_of(path), self.known.get(path), self.said.get(path)
        leads = known is not None and known.leads
        if said and (said.parsed.entries or said.parsed.section):
            leads = bool(said.parsed.entries)
        elif anew and (known is None or (known.again and not leads)):
            found.waiting[folder] = path
        if leads:
            found.leads[folder] = path

    def _role(self, path: str, folders: _Folders) -> Role:
        folder = folder_of(path)
        if name_of(path) in INDEX_NAMES:
            return _index_role(path, folders)
        index = folders.leads.get(folder)
        if index is None or not entryfile.begins_with_date(name_of(path)):
            return Role()
        said = self.said.get(index)
        article = (
            said.parsed.entries[0] if said and said.parsed.entries else self.stories.get(index)
        )
        return Role(story=path_of_file(index), lang=article.lang if article else "")

    # -- files --

    def _read(self, path: str, role: Role, folders: _Folders) -> Iterator[ReadFile]:
        said = self.said.pop(path, None)  # not needed again, and 100,000 of them are a lot
        if said is None:
            # gone since it was listed: what is held of it stays until the next look
            if path in self.known and path not in self.failed:
                yield self._kept(path, ())
            return
        folder = folder_of(path)
        index = folders.leads.get(folder, "")
        state = FileState(
            path=path, size=said.stat.size, mtime=said.stat.mtime, inode=said.stat.inode,
            digest=said.digest, story=role.story, has_updates=role.has_updates,
            leads=index == path, again=folders.waiting.get(folder) == path,
        )  # fmt: skip
        waits = folders.waiting.get(folder, path)
        if waits != path and entryfile.begins_with_date(name_of(path)):
            yield self._held_back(structs.replace(state, again=True), waits)
            return
        parsed = said.parsed
        broken = not parsed.entries and not parsed.section
        entries = self.writer.held(path) if broken else parsed.entries
        yield ReadFile(
            state,
            _placed(entries),
            parsed.problems,
            parsed.unknown,
            index=index if role.story else path,
        )

    def _held_back(self, state: FileState, index: str) -> ReadFile:
        problem = Problem(
            state.path, 1, f"waits for {index}, which says what its folder is", f"mend {index}"
        )
        return ReadFile(state, _placed(self.writer.held(state.path)), (problem,), index=index)

    def _unread(self) -> Iterator[ReadFile]:
        """Files that could not be read: what the catalogue holds of them stays."""
        problems = {problem.path: problem for problem in self.scan.refused} | self.failed
        for path, problem in problems.items():
            yield self._kept(path, (problem,))
        if self.anew:
            below = (path for path in self.known if self.scan.hides(path) and path not in problems)
            yield from (self._kept(path, ()) for path in below)

    def _kept(self, path: str, problems: tuple[Problem, ...]) -> ReadFile:
        known = self.known.get(path) or FileState(path, 0, 0, 0, b"")
        state = structs.replace(known, size=0, mtime=0, inode=0, again=True)
        folder = folder_of(path)
        indexes = [f"{folder}/{name}".lstrip("/") for name in sorted(INDEX_NAMES, reverse=True)]
        leading = (each for each in indexes if each in self.known and self.known[each].leads)
        index = next(leading, "") if known.story else path
        return ReadFile(state, _placed(self.writer.held(path)), problems, index=index)


def _index_role(path: str, folders: _Folders) -> Role:
    return Role(has_updates=folder_of(path) in folders.dated)


def _placed(entries: Iterable[Entry]) -> tuple[Placed, ...]:
    """Entries at their own dates; what they inherit is settled later."""
    return tuple(Placed(entry, entry.published) for entry in entries)
