"""Entries as JSON: the shapes that the site, the API and the command line share.

Names are JSON Feed's (version 1.1) where it has a word.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from newsarchive import newfile, permalink
from newsarchive.dates import unparse
from newsarchive.entry import Entry, Kind, Status

if TYPE_CHECKING:
    from datetime import datetime

    from newsarchive.archive import Archive
    from newsarchive.config import Config


def listed(entry: Entry, config: "Config") -> dict[str, object]:
    """An entry as it stands in a list: everything but its text."""
    address = permalink.entry(entry.path)
    found: dict[str, object] = {
        "id": entry.id,
        "path": entry.path,
        "url": permalink.absolute(config.site_url, address),
        "type": str(entry.kind),
        "title": entry.title,
        "date": unparse(entry.published),
        "date_published": entry.published.at.isoformat(),
        "date_modified": entry.updated.at.isoformat(),
        "language": entry.lang,
        "summary": "" if entry.status is Status.WITHDRAWN else entry.summary,
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.tags),
        "status": str(entry.status),
    }
    if entry.story:
        found["story"] = entry.story
        found["key"] = entry.key
    if entry.is_story:
        found["coverage"] = str(entry.coverage)
    if entry.image:
        found["image"] = image_url(entry, config.site_url)
    return found


def image_url(entry: Entry, site_url: str) -> str:
    """The address of an entry's lead picture, with its site; '' without one.

    An empty ``site_url`` leaves a picture of this site without a host.
    """
    if entry.image is None:
        return ""
    address = permalink.resolve(permalink.folder(entry.file), entry.image.url)
    if address.startswith("//"):
        return "https:" + address
    return permalink.absolute(site_url, address) if address.startswith("/") else address


def source(entry: Entry) -> str:
    """An entry as the text of a file: what is catalogued, so that nothing hidden is in it."""
    return newfile.unparse(entry)


def document(entry: Entry, archive: "Archive", now: "datetime") -> dict[str, object]:
    """All there is to say of an entry that was read with its body."""
    config = archive.config
    rendering = archive.rendering(entry)
    found = listed(entry, config)
    found |= {
        "content_markdown": entry.body,
        "content_html": rendering.absolute(config.site_url),
        "sources": [asdict(source) for source in entry.sources],
        "corrections": [
            {"date": unparse(each.date), "text": each.text} for each in entry.corrections
        ],
        "source_url": permalink.absolute(config.site_url, permalink.source(entry.path, entry.file)),
        "metadata": entry.extra,
    }
    neighbours = archive.neighbours(entry, now)
    for name, other in (("previous", neighbours.before), ("next", neighbours.after)):
        if other:
            found[name] = permalink.absolute(config.site_url, permalink.entry(other.path))
    if entry.kind is Kind.ARTICLE:
        updates = archive.catalogue.updates(entry.path, now, bodies=False)
        if updates or entry.is_story:
            found["updates"] = [listed(update, config) for update in updates]
    return found
