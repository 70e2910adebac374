"""From the folder to the catalogue: find what changed, read it, decide, commit once."""

import gc
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from newsarchive import articles, listed
from newsarchive.articles import Scan
from newsarchive.catalogue import Asset, CatalogueWriter, Changes, FileState, Outcome, ReadFile
from newsarchive.config import Config
from newsarchive.entry import Severity
from newsarchive.reading import Progress, Reading
from newsarchive.settling import Claim, Claims, settle

#: grows whenever the same file is read as other entries
READER_VERSION = 4
#: between the two looks after which a file counts as gone
SECOND_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Summary:
    """What a load did."""

    added: int
    changed: int
    removed: int
    #: files that were read
    files: int
    #: errors and warnings in the files that were read
    problems: int
    generation: int


def load(  # noqa: PLR0913 - the last two are of one caller each
    config: Config,
    writer: CatalogueWriter,
    now: datetime,
    progress: Progress | None = None,
    *,
    held: Iterable[Claim] = (),
    folders: Collection[str] | None = None,
) -> Summary:
    """Bring the catalogue up to the folder. Only what changed is read.

    ``folders`` are those in which something may have changed, if that is known: what lies in them
    is looked at, and what waits for other files. ``held`` are claims of another catalogue of the
    same folder: who had an id or an address there is its older owner here too.

    Raises:
        ArticlesError: the folder cannot be listed.
        CatalogueError: the catalogue cannot be written.
    """
    with _uncollected():
        return _load(config, writer, now, progress, held=held, folders=folders)


@contextmanager
def _uncollected() -> Iterator[None]:
    """What the files said is kept to the end of a load: to look for garbage in it, again and
    again, takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(  # noqa: PLR0913 - as above
    config: Config,
    writer: CatalogueWriter,
    now: datetime,
    progress: Progress | None,
    *,
    held: Iterable[Claim],
    folders: Collection[str] | None,
) -> Summary:
    versions = f"{READER_VERSION}.{listed.VERSION}"
    settings = f"{versions} {config.language} {config.timezone} {config.tag_authority}"
    anew = settings != writer.settings()
    folders = None if anew or folders is None else {*folders, *writer.waiting()}
    known = writer.files(folders)
    scan = _scan_twice(config, known, folders)
    catalogued = writer.stories(folders)
    reading = Reading(config, writer, scan, known, anew=anew, stories=catalogued)
    read = list(reading.files(progress))
    kept = {*scan.markdown, *(each.state.path for each in read)}
    removed = tuple(path for path in known if path not in kept and not scan.hides(path))
    rewritten = {each.state.path for each in read} | set(removed)
    stories = {file: story for file, story in catalogued.items() if file not in rewritten}
    files = settle(read, stories, _claims(writer, read, folders, held), removed, now)
    assets, removed_assets = _asset_changes(scan, writer, folders)
    outcome = writer.apply(
        Changes(files=tuple(files), touched=tuple(reading.touched), removed=removed, assets=assets,
                removed_assets=removed_assets, settings=settings),
        now,
    )  # fmt: skip
    return _summary(files, outcome)


def _summary(files: list[ReadFile], outcome: Outcome) -> Summary:
    problems = sum(each.severity is not Severity.NOTE for file in files for each in file.problems)
    return Summary(
        outcome.added, outcome.changed, outcome.removed, len(files), problems, outcome.generation
    )


def _claims(
    writer: CatalogueWriter,
    read: Iterable[ReadFile],
    folders: Collection[str] | None,
    held: Iterable[Claim],
) -> Claims:
    """Who has the ids and the paths that matter to what was read: its own, and its stories'."""
    entries = [placed.entry for each in read for placed in each.entries]
    matter = {each for entry in entries for each in (entry.id, entry.path, entry.story) if each}
    own = writer.claims(None if folders is None else matter)
    return Claims(tuple(Claim(*each) for each in own), tuple(held))


def _scan_twice(
    config: Config, known: dict[str, FileState], folders: Collection[str] | None
) -> Scan:
    """List the folder; what is missing has to be missing at a second look too."""
    scan = articles.scan(config.articles_dir, folders)
    # what could not be read has no digest, and is not in the list of what can
    if any(path not in scan.markdown and state.digest for path, state in known.items()):
        time.sleep(SECOND_LOOK_SECONDS)
        scan = articles.scan(config.articles_dir, folders)
    return scan


def _asset_changes(
    scan: Scan, writer: CatalogueWriter, folders: Collection[str] | None
) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    known = writer.assets(folders)
    found = {path: Asset(path, stat.size, stat.mtime) for path, stat in scan.assets.items()}
    changed = tuple(asset for path, asset in found.items() if known.get(path) != asset)
    return changed, tuple(path for path in known if path not in found and not scan.hides(path))
