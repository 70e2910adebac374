"""What a feed costs: 30 full articles from the catalogue, beside feedgen alone and lxml alone.

    python benchmarks/feeds.py FOLDER      (a folder of Markdown, as benchmarks/corpus.py makes)

Prints medians in milliseconds of one thread's CPU time, and their ratios to feedgen alone.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from feedgen.feed import FeedGenerator
from lxml import etree

from newsarchive.archive import Archive
from newsarchive.config import Config
from newsarchive.editions import GZIP_LEVEL
from newsarchive.feeds import RENDERERS, Feed, Format
from newsarchive.loader import writing
from newsarchive.loading import load
from newsarchive.query import Query
from newsarchive.syndication import Channel, Composing, Document, Syndicate
from newsarchive.syndication.content import Kept

CONTENT = "http://purl.org/rss/1.0/modules/content/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=60)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        config = Config(
            articles_dir=args.folder.resolve(), data_dir=Path(data), site_url="https://example.org"
        )
        now = datetime.now(UTC)
        with writing(config) as writer:
            loaded = load(config, writer, now)
        print(f"{loaded.added:,} entries; medians of {args.repeat}")
        archive = Archive(config)
        with archive.snapshot():  # as requests are answered
            measure(archive, now, args.repeat)


def measure(archive: Archive, now: datetime, repeat: int) -> None:
    channel = Channel.of(Query())

    def composed(page: int = 0, kept: Kept | None = None) -> Feed:
        found = Composing(archive, now, kept or Kept()).feed(channel, page)
        assert found
        return found.feed

    known = Kept()

    feed = composed()
    last = feed.older
    middle = max(1, last // 2)
    print(f"{len(feed.entries)} articles, {sum(len(e.html) for e in feed.entries):,} characters")
    rows: list[tuple[str, Callable[[], object]]] = [
        ("feedgen alone, RSS", lambda: feedgen_alone(feed)),
        ("lxml alone, the same RSS", lambda: lxml_alone(feed)),
        ("composing from the catalogue", composed),
        *((f"rendering {form}", lambda form=form: RENDERERS[form](feed)) for form in Format),  # type: ignore[misc]
        ("RSS from the catalogue", lambda: RENDERERS[Format.RSS](composed())),
        ("Atom from the catalogue", lambda: RENDERERS[Format.ATOM](composed())),
        ("JSON from the catalogue", lambda: RENDERERS[Format.JSON](composed())),
        ("RSS, entries known already", lambda: RENDERERS[Format.RSS](composed(0, known))),
        (
            "Atom, entries known from other feeds",
            lambda: RENDERERS[Format.ATOM](composed(0, known)),
        ),
        ("RSS, the archive's newest page", lambda: RENDERERS[Format.RSS](composed(last))),
        (f"RSS, page {middle:,}, the middle", lambda: RENDERERS[Format.RSS](composed(middle))),
        ("RSS, the archive's oldest page", lambda: RENDERERS[Format.RSS](composed(1))),
    ]
    taken = medians([work for _, work in rows], repeat)
    for (name, _), milliseconds in zip(rows, taken, strict=True):
        print(f"{name:38} {milliseconds:8.2f} ms {milliseconds / taken[0]:6.2f} x")
    kept(archive, now, repeat)


def kept(archive: Archive, now: datetime, repeat: int) -> None:
    """What an answer costs before HTTP once a feed was made."""
    syndicate = Syndicate(archive)
    document = Document(Channel.of(Query()), Format.RSS)
    edition = syndicate.edition(document, now)
    assert edition
    body = syndicate.body(document, edition, now)
    again, whole = medians(
        [lambda: syndicate.edition(document, now), lambda: syndicate.body(document, edition, now)],
        repeat,
    )
    print(f"{'not modified: its edition is looked up':38} {again:8.3f} ms")
    print(f"{f'{len(body):,} bytes, gzipped ({GZIP_LEVEL}), are read':38} {whole:8.3f} ms")


def feedgen_alone(feed: Feed) -> bytes:
    """The same values through feedgen as its own documentation has it."""
    made = FeedGenerator()
    made.load_extension("dc")
    made.id(feed.id)
    made.title(feed.title)
    made.link(href=feed.url(Format.RSS), rel="self")
    made.link(href=feed.page_url, rel="alternate")
    made.description(feed.description)
    made.language(feed.lang)
    made.updated(feed.updated)
    for entry in feed.entries:
        added = made.add_entry(order="append")
        added.id(entry.id)
        added.title(entry.title)
        added.link(href=entry.url)
        added.description(entry.summary or entry.title)
        added.content(entry.html, type="html")
        added.published(entry.published)
        added.updated(entry.updated)
        for name in entry.authors:
            added.dc.dc_creator(name)
        for tag in entry.tags:
            added.category(term=tag)
    text: bytes = made.rss_str()
    return text


def lxml_alone(feed: Feed) -> bytes:
    """About the same document written element by element."""
    rss = etree.Element("rss", {"version": "2.0"}, nsmap={"content": CONTENT})
    channel = etree.SubElement(rss, "channel")
    for name, text in (("title", feed.title), ("link", feed.page_url), ("description", "x")):
        etree.SubElement(channel, name).text = text
    for entry in feed.entries:
        item = etree.SubElement(channel, "item")
        for name, text in (
            ("title", entry.title), ("link", entry.url), ("guid", entry.id),
            ("description", entry.summary), (f"{{{CONTENT}}}encoded", entry.html),
            ("pubDate", entry.published.strftime("%a, %d %b %Y %H:%M:%S %z")),
            *(("category", tag) for tag in entry.tags),
        ):  # fmt: skip
            etree.SubElement(item, name).text = text
    return bytes(etree.tostring(rss, encoding="UTF-8", xml_declaration=True))


def medians(works: list[Callable[[], object]], repeat: int) -> list[float]:
    """Milliseconds of CPU; turn by turn, so that what disturbs one disturbs all."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeat):
        for work, times in zip(works, taken, strict=True):
            began = time.thread_time()
            work()
            times.append(1000 * (time.thread_time() - began))
    return [statistics.median(times) for times in taken]


if __name__ == "__main__":
    sys.exit(main())
