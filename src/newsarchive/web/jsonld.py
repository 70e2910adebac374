"""What pages say of themselves to machines: schema.org's NewsArticle and LiveBlogPosting."""

from typing import Any

from newsarchive import permalink
from newsarchive.archive import Story
from newsarchive.config import Config
from newsarchive.dates import unparse
from newsarchive.documents import image_url
from newsarchive.entry import Entry

#: updates that a page tells machines of, and those of them with their text: it is to stay light
MAX_UPDATES = 40
MAX_BODIES = 10

Thing = dict[str, Any]


def article(entry: Entry, config: Config) -> Thing:
    """An article or an update (https://schema.org/NewsArticle)."""
    return {"@context": "https://schema.org", "@type": "NewsArticle", **_creative(entry, config)}


def story(found: Story, config: Config) -> Thing:
    """A story with its updates (https://schema.org/LiveBlogPosting)."""
    newest = sorted(found.updates, key=lambda each: each.published.at, reverse=True)
    thing: Thing = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        **_creative(found.article, config),
        "coverageStartTime": unparse((newest[-1] if newest else found.article).published),
        "liveBlogUpdate": [
            {
                "@type": "BlogPosting",
                "headline": each.title,
                "url": _url(each, config),
                "datePublished": unparse(each.published),
                **({"articleBody": each.summary} if place < MAX_BODIES else {}),
            }
            for place, each in enumerate(newest[:MAX_UPDATES])
        ],
    }
    if not found.is_open and newest:
        thing["coverageEndTime"] = unparse(newest[0].published)
    return thing


def breadcrumbs(steps: list[tuple[str, str]], config: Config) -> Thing:
    """The way down to a page: names and addresses (https://schema.org/BreadcrumbList)."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": name,
                "item": permalink.absolute(config.site_url, address),
            }
            for place, (name, address) in enumerate(steps, start=1)
        ],
    }


def _url(entry: Entry, config: Config) -> str:
    return permalink.absolute(config.site_url, permalink.entry(entry.path))


def _creative(entry: Entry, config: Config) -> Thing:
    thing: Thing = {
        "headline": entry.title,
        "url": _url(entry, config),
        "mainEntityOfPage": _url(entry, config),
        "datePublished": unparse(entry.published),
        "dateModified": unparse(entry.updated),
        "inLanguage": entry.lang,
        "publisher": {"@type": "Organization", "name": config.title, "url": config.site_url},
        "author": [_author(name, config) for name in entry.authors]
        or {"@type": "Organization", "name": config.title},
    }
    if entry.summary:
        thing["description"] = entry.summary
    if entry.tags:
        thing["keywords"] = list(entry.tags)
    if entry.image:
        thing["image"] = image_url(entry, config.site_url)
    if entry.corrections:
        thing["correction"] = [
            {
                "@type": "CorrectionComment",
                "text": each.text,
                "datePublished": unparse(each.date),
            }
            for each in entry.corrections
        ]
    if entry.story:
        thing["isPartOf"] = {
            "@type": "LiveBlogPosting",
            "@id": permalink.absolute(config.site_url, permalink.entry(entry.story)),
        }
    return thing


def _author(name: str, config: Config) -> Thing:
    address = permalink.author(permalink.slug(name))
    return {"@type": "Person", "name": name, "url": permalink.absolute(config.site_url, address)}
