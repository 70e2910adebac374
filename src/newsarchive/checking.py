"""What an author should know about the whole archive: every problem of every file, as values."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from os.path import relpath
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from newsarchive import articles, dates, entryfile, frontmatter, markup, permalink, shortcodes
from newsarchive.addresses import FIXED, Addresses
from newsarchive.articles import MEDIA_TYPES
from newsarchive.catalogue import Catalogue, CatalogueWriter, FileState
from newsarchive.config import DEFAULT_AUTHORITY, FILE, PREFIX, Config
from newsarchive.entry import Entry, Moment, Precision, Problem, Severity, Status
from newsarchive.errors import CatalogueError
from newsarchive.fields import Fields
from newsarchive.loading import load
from newsarchive.progress import CATALOGUE
from newsarchive.reading import Progress, site_of
from newsarchive.renderings import place
from newsarchive.settling import Claim

_WORDLESS = "an image without words for those who do not see it"
_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


def nothing_to_tell(done: int, total: int) -> None:
    """Progress that nobody follows."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    #: by path and line
    problems: tuple[Problem, ...]
    #: Markdown files that were looked at
    files: int


def check(
    config: Config,
    now: datetime,
    only: tuple[str, ...] = (),
    progress: Progress = nothing_to_tell,
) -> Report:
    """Find every problem, in files at or below the paths of ``only`` (none: everywhere).

    The files are read anew, into a catalogue that is thrown away: what a server has loaded, or is
    loading, makes no difference.

    Raises:
        ArticlesError: the folder cannot be listed.
    """
    scan = articles.scan(config.articles_dir)
    chosen = _Chosen(only)
    with loaded_anew(config, now) as (catalogue, _):
        known = list(catalogue.every_entry(bodies=False))
        mine = [entry for entry in known if entry.file in chosen]
        found = [each for each in catalogue.problems() if each.path in chosen]
        found += _unknown(mine, config) if only else _unknown_anywhere(catalogue)
        addresses = Addresses.of(known, scan.assets, config.zone)
        texts = (entry for entry in catalogue.every_entry() if entry.file in chosen)
        found += _texts(texts, addresses, config, lambda done: progress(done, len(mine)))
    found += [*_missing_ids(mine), *_lead_images(mine, addresses, config), *_early(mine, addresses)]
    found += [each for each in _aliases(known, addresses, config) if each.path in chosen]
    found += _authority(config) if not only else ()
    files = sum(path in chosen for path in (*scan.markdown, *(p.path for p in scan.refused)))
    by_place = sorted(set(found), key=lambda p: (p.path, p.line, _ORDER[p.severity], p.message))
    return Report(tuple(by_place), files)


def fix(config: Config, now: datetime, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Write the ids that are missing, and nothing else; the files that were changed.

    What is written is the id that the entry has had so far by its path, so that no feed reader
    takes it for new, today or once its file is moved.

    Raises:
        ArticlesError: a file was changed meanwhile, or cannot be written.
    """
    with loaded_anew(config, now) as (catalogue, states):
        missing = {entry.file for entry in catalogue.every_entry() if not entry.has_own_id}
    wanted = sorted(file for file in missing if file in _Chosen(only))
    return tuple(file for file in wanted if _write_ids(config, states[file]))


def _write_ids(config: Config, state: FileState) -> bool:
    data, _ = articles.read(config.articles_dir, state.path)
    role = entryfile.Role(state.story, state.has_updates)
    site = site_of(config)
    parsed = entryfile.parse(state.path, data, site, role).entries
    # asked for heading by heading, then for the head
    wanted = [*parsed[1:], *parsed[:1]]
    ids = iter([_written_id(each) for each in wanted if not each.has_own_id])
    written = entryfile.with_ids(state.path, data, site, role, lambda: next(ids))
    if written is None:
        return False
    after = entryfile.parse(state.path, written, site, role).entries
    if [each.id for each in after] != [each.id for each in parsed]:
        return False
    articles.rewrite(config.articles_dir, state.path, data, written)
    return True


def _written_id(entry: Entry) -> str:
    """What to write so that an entry keeps the id it has."""
    return entry.path if permalink.escape(entry.path) == entry.path else entry.id


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The files at or below some paths; all of them when there are none."""

    paths: tuple[str, ...]

    def __contains__(self, file: str) -> bool:
        return not self.paths or any(
            path in ("", ".", file) or file.startswith(f"{path}/") for path in self.paths
        )


def _held(config: Config) -> tuple[Claim, ...]:
    """Who has which id and address online; nobody before the first load."""
    online = Catalogue(config.data_dir / CATALOGUE, config.zone)
    try:
        return tuple(Claim(*each) for each in online.claims())
    except CatalogueError:
        return ()
    finally:
        online.close()


@contextmanager
def loaded_anew(config: Config, now: datetime) -> Iterator[tuple[Catalogue, dict[str, FileState]]]:
    """The archive as its files are now."""
    with TemporaryDirectory(prefix="newsarchive-") as folder:
        path = Path(folder) / CATALOGUE
        writer = CatalogueWriter(path, config.zone)
        try:
            load(config, writer, now, held=_held(config))
            states = writer.files()
        finally:
            writer.close()
        catalogue = Catalogue(path, config.zone)
        try:
            yield catalogue, states
        finally:
            catalogue.close()


# -- of metadata --


def _unknown_anywhere(catalogue: Catalogue) -> Iterator[Problem]:
    for name, file, line, files in catalogue.unknown_keys():
        yield _unknown_key(name, file, line, files)


def _unknown(entries: Iterable[Entry], config: Config) -> Iterator[Problem]:
    """The unknown keys of some files, each once."""
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for file, entry in {entry.file: entry for entry in entries if entry.extra}.items():
        data, _ = articles.read(config.articles_dir, file)
        fields = Fields(file, frontmatter.split(file, data).fields, entry.kind)
        for name, line in fields.unknown():
            places[name].append((file, line))
    for name, found in places.items():
        yield _unknown_key(name, *min(found), len({file for file, _ in found}))


def _unknown_key(name: str, file: str, line: int, files: int) -> Problem:
    return Problem(
        file,
        line,
        f"{name[:60]}: a key without a meaning here, in {_files(files)}",
        "it is kept, and shown in the entry's JSON",
        Severity.NOTE,
    )


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"


def _missing_ids(entries: Iterable[Entry]) -> Iterator[Problem]:
    missing = sorted((entry.file, entry.path) for entry in entries if not entry.has_own_id)
    if missing:
        said = "1 entry has none" if len(missing) == 1 else f"{len(missing):,} entries have none"
        yield Problem(
            missing[0][0],
            1,
            f"id: {said}: when such a file is moved, feed readers take it for new",
            "run: newsarchive check --fix",
            Severity.NOTE,
        )


def _lead_images(
    entries: Iterable[Entry], addresses: Addresses, config: Config
) -> Iterator[Problem]:
    for entry in entries:
        if entry.image is None:
            continue
        written = entry.image.url
        target = permalink.resolve(permalink.folder(entry.file), written)
        fault = _fault(target, addresses, config) if target.startswith("/") else None
        if fault is None and not entry.image.alt:
            fault = _WORDLESS, "add the line image_alt: and what it shows"
        if fault:
            line = _line_holding(config, entry.file, written)
            yield Problem(entry.file, line, f"{written}: {fault[0]}", fault[1], Severity.WARNING)


def _aliases(entries: Iterable[Entry], addresses: Addresses, config: Config) -> Iterator[Problem]:
    """Old addresses that something else is at."""
    holders: dict[str, Entry] = {}
    for entry in entries:
        for alias in entry.aliases:
            path = permalink.normal(alias)
            holder = holders.setdefault(path, entry)
            there = addresses.entry(path.removeprefix("articles/"))
            if path.startswith("articles/") and there and there.path != entry.path:
                said = f"the address of {there.file}"
            elif f"/{path}/" in addresses.lists | FIXED:
                said = "a page of the site itself"
            elif holder.path != entry.path:
                said = f"an old address of {holder.file} too"
            else:
                continue
            line = _line_holding(config, entry.file, alias.strip("/"))
            remedy = "delete it from one of the two" if "too" in said else "delete it"
            yield Problem(entry.file, line, f"{alias}: {said}", remedy, Severity.WARNING)


def _early(entries: Iterable[Entry], addresses: Addresses) -> Iterator[Problem]:
    """Updates dated before their story."""
    for entry in entries:
        story = addresses.entries.get(entry.story)
        if story and _is_earlier(entry.published, story.published):
            yield Problem(
                entry.file,
                entry.line if entry.file == story.file else 1,
                f"an update of {dates.unparse(entry.published)}, before its story, which is of"
                f" {dates.unparse(story.published)}",
                "correct one of the dates; until the story's own date neither is shown",
                Severity.NOTE,
            )


def _is_earlier(update: Moment, story: Moment) -> bool:
    """Whether an update is certainly older than a story whose day is known."""
    if story.precision not in {Precision.DAY, Precision.MINUTE}:
        return False
    if update.precision is story.precision is Precision.MINUTE:
        return dates.microseconds(update.at) < dates.microseconds(story.at)
    day, its_day = dates.unparse(update)[:10], dates.unparse(story)[:10]
    return day < its_day[: len(day)]


def _authority(config: Config) -> Iterator[Problem]:
    if config.origins.get("tag_authority") != "default":
        return
    files = {each for each in config.origins.values() if not each.startswith(("default", PREFIX))}
    yield Problem(
        relpath(min(files, default=FILE), config.articles_dir),
        1,
        f"tag_authority: never set, so that ids are of {DEFAULT_AUTHORITY}, as anybody's are",
        'add the line tag_authority = "example.org,2026", with a host that is yours'
        if files
        else "run: newsarchive init",
        Severity.NOTE,
    )


def _line_holding(config: Config, file: str, text: str) -> int:
    """The first line of a file that holds a text; 1 when it is written otherwise."""
    written = lines(articles.read(config.articles_dir, file)[0])
    return next((number for number, line in enumerate(written, 1) if text in line), 1)


def lines(data: bytes) -> list[str]:
    """The lines of a file as problems number them."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


# -- of texts --


def _texts(
    entries: Iterable[Entry], addresses: Addresses, config: Config, progress: Callable[[int], None]
) -> Iterator[Problem]:
    tags: dict[str, list[Problem]] = defaultdict(list)
    for done, entry in enumerate(entries):
        progress(done)
        yield from _links(entry, addresses, config)
        bounded = markup.render(entry.body, place(entry)).bounded
        if bounded:
            said = f"its Markdown is shown as it is written, since it is {bounded}"
            yield Problem(entry.file, entry.line, said, "make it simpler", Severity.WARNING)
        for line, tag in shortcodes.unknown(entry.body):
            problem = Problem(entry.file, entry.line + line - 1, tag, "", Severity.NOTE)
            tags[_name(tag)].append(problem)
    for found in tags.values():
        first, files = min(found), len({each.path for each in found})
        said = f"{first.message[:80]}: a template's tag without a meaning here, left out"
        if len(found) > 1:
            said += f"; there are {len(found):,} such, in {_files(files)}"
        yield replace(first, message=said, remedy="write in Markdown what it stood for")


def _name(tag: str) -> str:
    """What a template's tag is called: ``asset`` in ``{% asset photo.jpg %}``."""
    found = re.search(r"[\w./-]+", tag.lstrip("{%< -"))
    return found[0] if found else tag


def _links(entry: Entry, addresses: Addresses, config: Config) -> Iterator[Problem]:
    """Links and images that lead nowhere, and images without words."""
    written_lines = entry.body.split("\n")
    for link in markup.links(entry.body, place(entry)):
        source = written_lines[min(link.line, len(written_lines)) - 1]
        fault = _led(link.target, entry, addresses, config)
        # alt="" in HTML says that the image is an ornament
        if fault is None and link.image and not (link.alt or "").strip() and 'alt=""' not in source:
            fault = _WORDLESS, f"write ![what it shows]({link.written})"
        if fault:
            # an address is read percent-encoded; its author may have typed it plainly
            written = link.written if link.written in source else unquote(link.written)
            said = f"{written or 'a link to nothing'}: {fault[0]}"
            line = entry.line + link.line - 1
            yield Problem(entry.file, line, said, fault[1], Severity.WARNING)


def _led(target: str, entry: Entry, addresses: Addresses, config: Config) -> tuple[str, str] | None:
    """What is wrong with where a link leads, and what to do; other sites are not asked."""
    if not target:
        return "not followed", "write an address that begins with https://, or a path of this site"
    site = next((site for site in (markup.BASE, config.site_url) if _is_on(target, site)), None)
    if site is None:
        return None
    address = target.removeprefix(site)
    return _fault(address, addresses, config) or _draft(address, entry, addresses)


def _is_on(target: str, site: str) -> bool:
    return target == site or target.startswith((f"{site}/", f"{site}?", f"{site}#"))


def _fault(target: str, addresses: Addresses, config: Config) -> tuple[str, str] | None:
    """What is wrong with an address of this site, and what to do; None when it leads somewhere."""
    address = unquote(urlsplit(target).path) or "/"
    if addresses.has(address):
        return None
    if address.startswith(permalink.ARTICLES):
        fault = _unserved(address.removeprefix(permalink.ARTICLES), config)
        if fault:
            return fault
    near = addresses.nearest(address)
    said = "no such file" if "." in address.rpartition("/")[2] else "no such page on this site"
    return said, f"perhaps {near} is meant" if near else "correct it, or put what is missing there"


def _unserved(rest: str, config: Config) -> tuple[str, str] | None:
    """What keeps a file that is there from being served; None when there is no such file."""
    if ".." in rest.split("/"):
        return None
    path = rest.rstrip("/")
    for file in (f"{path}.md", f"{path}/index.md", f"{path}/_index.md"):
        if _is_file(config.articles_dir / file):
            return f"{file} is no entry, so that it has no page", "see what is said of that file"
    if not _is_file(config.articles_dir / path):
        return None
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in MEDIA_TYPES:
        return "the file is there, but links and hidden files are not served", "put the file here"
    said = f"the file is there, but {suffix or 'one without an ending'} is not served"
    return said, "save it in a kind that is, such as .jpg, .png, .pdf or .csv"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _draft(target: str, entry: Entry, addresses: Addresses) -> tuple[str, str] | None:
    """That a published entry leads to one that is not."""
    path = unquote(urlsplit(target).path).removeprefix(permalink.ARTICLES)
    found = addresses.entry(path)
    if found is None or Status.DRAFT not in {found.status} - {entry.status}:
        return None
    return "leads to a draft, which readers cannot see", "publish that, or take the link out"
