"""Feeds as values and as bytes: RSS 2.0, Atom 1.0, JSON Feed 1.1, and OPML 2.0 to list them.

The renderers are pure: the same ``Feed`` gives the same bytes in every process.
"""

from collections.abc import Callable

from newsarchive.feeds.feed import Feed, Format
from newsarchive.feeds.jsonfeed import json_feed
from newsarchive.feeds.rss_atom import atom, rss

#: how each format is written
RENDERERS: dict[Format, Callable[[Feed], bytes]] = {
    Format.RSS: rss, Format.ATOM: atom, Format.JSON: json_feed,
}  # fmt: skip

__all__ = ["RENDERERS", "Feed", "Format"]
