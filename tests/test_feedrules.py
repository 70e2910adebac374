"""The judges of feeds: silent on good feeds, and loud on each planted mistake."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feedrules import complaints, json_feed_complaints, opml_complaints

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

RSS = """<?xml version="1.0" encoding="utf-8"?>
<?xml-stylesheet type="text/css" href="/feed.css"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:fh="http://purl.org/syndication/history/1.0" xmlns:dcterms="http://purl.org/dc/terms/">
<channel>
<title>Essai</title>
<link>https://example.org/</link>
<description>Les nouvelles &#x26;amp; le reste</description>
<language>fr-FR</language>
<lastBuildDate>Mon, 23 Nov 2026 10:00:00 GMT</lastBuildDate>
<ttl>60</ttl>
<generator>newsarchive</generator>
<image><url>https://example.org/logo.png</url><title>Essai</title><link>https://example.org/</link></image>
<atom:link rel="self" type="application/rss+xml" href="https://example.org/feed.rss"/>
<atom:link rel="hub" href="https://hub.example.org/"/>
<atom:link rel="prev-archive" href="https://example.org/feed.rss?page=4"/>
<fh:archive/>
<item>
<title>Un « titre » &amp; plus</title>
<link>https://example.org/2026/un/</link>
<guid isPermaLink="false">tag:example.org,2026:1</guid>
<pubDate>Mon, 23 Nov 2026 10:00:00 +0100</pubDate>
<dc:creator>A. Dupont</dc:creator>
<dc:creator>B. Martin</dc:creator>
<dc:language>en</dc:language>
<dcterms:modified>2026-11-23T11:00:00+01:00</dcterms:modified>
<category>Ville</category>
<description>&lt;p&gt;Court.&lt;/p&gt;</description>
<content:encoded>&lt;p style="text-align:right"&gt;Long &amp;amp; &lt;a href="https://example.org/a?b=1&amp;amp;c=2"&gt;lié&lt;/a&gt;.&lt;/p&gt;&lt;p&gt;&lt;img src="https://example.org/i.jpg" alt=""&gt;&lt;/p&gt;</content:encoded>
<enclosure url="https://example.org/a.mp3" length="1234" type="audio/mpeg"/>
<media:content url="https://example.org/i.jpg" medium="image" type="image/jpeg" width="640"><media:description>Une image</media:description></media:content>
</item>
<item xml:lang="en"><title>Two</title><guid isPermaLink="true">https://example.org/2/</guid></item>
</channel>
</rss>
"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="fr">
<id>tag:example.org,2026:feed</id>
<title>Essai</title>
<updated>2026-11-23T10:00:00Z</updated>
<author><name>Essai</name><uri>https://example.org/</uri></author>
<link rel="self" type="application/atom+xml" href="https://example.org/feed.atom"/>
<link href="https://example.org/"/>
<link rel="current" href="https://example.org/feed.atom?page=5"/>
<link rel="next-archive" href="https://example.org/feed.atom?page=5"/>
<generator uri="https://example.org/">newsarchive</generator>
<fh:archive/>
<entry>
<id>tag:example.org,2026:1</id>
<title type="html">A &amp;amp; B</title>
<link href="https://example.org/2026/un/"/>
<published>2026-11-22T10:00:00+01:00</published>
<updated>2026-11-23T10:00:00Z</updated>
<category term="ville" label="Ville"/>
<summary>Court.</summary>
<content type="html">&lt;p&gt;Long.&lt;/p&gt;</content>
<media:content url="https://example.org/i.jpg" medium="image"/>
</entry>
<entry>
<id>tag:example.org,2026:2</id>
<title>Deux</title>
<link href="https://example.org/2026/deux/"/>
<updated>2026-11-22T10:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long.</p></div></content>
</entry>
</feed>
"""

OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
<head><title>Essai</title><dateModified>Mon, 23 Nov 2026 10:00:00 GMT</dateModified></head>
<body>
<outline text="Tags">
<outline text="Ville" title="Ville" type="rss" version="RSS2" xmlUrl="https://example.org/tags/ville/feed.rss" htmlUrl="https://example.org/tags/ville/"/>
</outline>
</body>
</opml>
"""

JSON: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Essai <3",
    "home_page_url": "https://example.org/",
    "feed_url": "https://example.org/feed.json",
    "next_url": "https://example.org/feed.json?page=5",
    "language": "fr",
    "expired": False,
    "authors": [{"name": "Essai"}],
    "hubs": [{"type": "WebSub", "url": "https://hub.example.org/"}],
    "_essai": {"about": "https://example.org/about/"},
    "items": [
        {
            "id": "tag:example.org,2026:1",
            "url": "https://example.org/2026/un/",
            "title": "Un",
            "content_html": "<p>Long.</p>",
            "date_published": "2026-11-22T10:00:00+01:00",
            "tags": ["ville"],
            "attachments": [
                {
                    "url": "https://example.org/a.mp3",
                    "mime_type": "audio/mpeg",
                    "size_in_bytes": 12,
                }
            ],
        }
    ],
}


def rss(document: str) -> list[str]:
    return complaints(document.encode(), "https://example.org/feed.rss", NOW)


def atom(document: str) -> list[str]:
    return complaints(document.encode(), "https://example.org/feed.atom", NOW)


def opml(document: str) -> list[str]:
    return opml_complaints(document.encode(), NOW)


def planted(document: str, old: str, new: str) -> str:
    assert document.count(old) >= 1
    return document.replace(old, new, 1)


def test_good_feeds_draw_no_complaint() -> None:
    assert rss(RSS) == []
    assert atom(ATOM) == []
    assert opml(OPML) == []
    assert json_feed_complaints(json.dumps(JSON).encode()) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("</channel>", "", "not well-formed"),
        ('encoding="utf-8"', 'encoding="iso-8859-1"', "ObscureEncoding"),
        ("<description>Les nouvelles &#x26;amp; le reste</description>", "", "MissingElement"),
        ("10:00:00 +0100", "10:00:00 +0009", "InvalidRFC2822Date"),
        ("Mon, 23 Nov 2026 10:00:00 +0100", "lun., 23 nov. 2026 10:00:00 +0100", "InvalidRFC2822"),
        ("Mon, 23 Nov 2026 10:00:00 +0100", "Tue, 23 Nov 2026 10:00:00 +0100", "IncorrectDOW"),
        ("Mon, 23 Nov 2026 10:00:00 +0100", "Tue, 24 Nov 2026 10:00:00 +0100", "ImplausibleDate"),
        ("Mon, 23 Nov 2026 10:00:00 +0100", "Thu, 23 Nov 1989 10:00:00 +0100", "ImplausibleDate"),
        ('rel="self"', 'rel="alternate"', "MissingSelf"),
        ('rel="hub"', 'rel="canonical"', "UnregisteredAtomLinkRel"),
        ("org/feed.rss", "org/other.rss", "SelfDoesntMatchLocation"),
        ('<guid isPermaLink="false">', "<guid>", "InvalidPermalink"),
        (">https://example.org/2/<", ">/2/<", "InvalidHttpGUID"),
        ("https://example.org/2/", "tag:example.org,2026:1", "DuplicateValue"),
        ("<ttl>60</ttl>", "<ttl>0</ttl>", "InvalidPositiveInteger"),
        ("fr-FR", "fr_FR", "InvalidLanguage"),
        ("<generator>", "<language>fr</language><generator>", "DuplicateElement"),
        ("https://example.org/i.jpg\" alt", "/i.jpg\" alt", "ContainsRelRef"),
        ("<link>https://example.org/2026/un/", "<link>/2026/un/", "ContainsRelRef"),
        ("Court.&lt;/p&gt;", "Court.&lt;/p&gt;&lt;script&gt;&lt;/script&gt;", "SecurityRisk"),
        ("&lt;p&gt;Court", "&lt;p onclick=''&gt;Court", "SecurityRiskAttr"),
        ("text-align:right", "position:fixed", "DangerousStyleAttr"),
        ("Court.&lt;/p&gt;", "Court.", "NotHtml"),
        ("Court.", "Court &amp;co.", "NotHtml"),
        ("Court.", "Court\ufdd0.", "NotHtml"),
        ("Court.", "Court &lt; long.", "NotHtml"),
        ("« titre »", "&lt;b&gt;titre&lt;/b&gt;", "ContainsHTML"),
        ("« titre »", "&amp;nbsp;", "ContainsHTML"),
        ("« titre »", "a&lt;b", "CharacterData"),
        ("<category>", "<dc:subject>Ville</dc:subject><category>", "DuplicateSemantics"),
        ("<category>", "<dc:keyword>Ville</dc:keyword><category>", "UndefinedElement"),
        ("<category>", "<keyword>Ville</keyword><category>", "UndefinedElement"),
        ("<media:content", "<enclosure url='https://example.org/b' length='0' type='a/b'/><media:content", "DuplicateEnclosure"),
        (' length="1234"', "", "MissingAttribute"),
        ("https://example.org/a.mp3", "http://localhost/a.mp3", "InvalidURLAttribute"),
        ('medium="image"', 'medium="picture"', "InvalidMediaMedium"),
        ("<description>&lt;p&gt;Court.&lt;/p&gt;</description>", "", "NeedDescriptionBeforeContent"),
        ("</channel>", "<copyright>2026</copyright></channel>", "MisplacedItem"),
        ('<rss version="2.0"', '<rss version="2.0" xmlns:webfeeds="http://webfeeds.org/rss/1.0"', "UnknownNamespace"),
        ("search.yahoo.com/mrss/", "search.yahoo.com/mrss", "MediaRssNamespace"),
        ("A. Dupont", "A. Dupont\x80", "BadCharacters"),
        ("logo.png", "logo.svg", "ImageUrlFormat"),
    ],
)  # fmt: skip
def test_a_mistake_in_rss_is_found(old: str, new: str, rule: str) -> None:
    found = rss(planted(RSS, old, new))
    assert [line for line in found if rule in line], found


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<id>tag:example.org,2026:feed</id>", "", "MissingElement"),
        ("<id>tag:example.org,2026:2</id>", "<id>tag:example.org,2026:1</id>", "DuplicateEntries"),
        ("<id>tag:example.org,2026:2</id>", "<id>2</id>", "ContainsRelRef"),
        ("<id>tag:example.org,2026:2</id>", "<id>https://example.org</id>", "NonCanonicalURI"),
        ("2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z", "DuplicateUpdated"),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00", "InvalidRFC3339Date"),
        ("2026-11-22T10:00:00Z", "1989-11-22T10:00:00Z", "ImplausibleDate"),
        ("2026-11-22T10:00:00Z", "2027-11-22T10:00:00Z", "ImplausibleDate"),
        ("<summary>", "<updated>2026-11-21T10:00:00Z</updated><summary>", "DuplicateElement"),
        ("<summary>", '<link href="https://example.org/b"/><summary>', "DuplicateAtomLink"),
        ("<summary>", '<link rel="next" href="https://example.org/b"/><summary>', "FeedHistoryRel"),
        ("<summary>", "<pubDate>x</pubDate><summary>", "UndefinedElement"),
        ('<link href="https://example.org/2026/un/"/>', "<link/>", "MissingHref"),
        ('<title type="html">', '<title type="text/html">', "InvalidTextType"),
        ("<title>Deux</title>", "<title/>", "NotBlank"),
        ("<title>Deux</title>", "<title>&lt;b&gt;Deux&lt;/b&gt;</title>", "ContainsHTML"),
        ('term="ville" ', "", "MissingAttribute"),
        ("<name>Essai</name>", "", "MissingElement"),
        ("<author><name>Essai</name><uri>https://example.org/</uri></author>", "", "atom:author"),
        ('xml:lang="fr"', 'xml:lang="français"', "InvalidLanguage"),
        ("<p>Long.</p></div>", '<p onload="x">Long.</p></div>', "SecurityRiskAttr"),
        ('<div xmlns="http://www.w3.org/1999/xhtml"><p>Long.</p></div>', "Long.", "MissingXhtmlDiv"),
        ('<link rel="next-archive" href="https://example.org/feed.atom?page=5"/>', "", "ArchiveIncomplete"),
        ('rel="current"', 'rel="first"', "MissingCurrentInArchive"),
        ('type="application/atom+xml"', 'type="text/xml"', "SelfNotAtom"),
        ("xmlns:media=", 'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media=', "AvoidNamespacePrefix"),
        ("</feed>", "<rights>2026</rights></feed>", "MisplacedMetadata"),
    ],
)  # fmt: skip
def test_a_mistake_in_atom_is_found(old: str, new: str, rule: str) -> None:
    found = atom(planted(ATOM, old, new))
    assert [line for line in found if rule in line], found


def test_an_entry_needs_a_text_or_an_alternate() -> None:
    link, content = '<link href="https://example.org/2026/deux/"/>', '<content type="xhtml">'
    start, end = ATOM.index(content), ATOM.rindex("</content>") + len("</content>")
    assert "MissingTextualContent" in atom(ATOM[:start] + ATOM[end:])[0]
    bare = (ATOM[:start] + ATOM[end:]).replace(link, "")
    assert "MissingContentOrAlternate" in atom(bare)[1]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('version="2.0"', 'version="3.0"', "InvalidOPMLVersion"),
        (' version="2.0"', "", "MissingAttribute"),
        ("<body>", "<body><outline/>", "MissingAttribute"),
        (' xmlUrl="https://example.org/tags/ville/feed.rss"', "", "xmlUrl"),
        ("https://example.org/tags/ville/feed.rss", "/tags/ville/feed.rss", "ContainsRelRef"),
        (' title="Ville"', "", "title"),
        (' type="rss"', "", "MissingOutlineType"),
        ("Mon, 23", "lun. 23", "InvalidRFC2822Date"),
        ("<head>", "<head><docs>x</docs>", "UndefinedElement"),
        ('text="Tags"', 'text="Tags" feed="x"', "UnexpectedAttribute"),
        ("Tags", "R&amp;D", "NotHtml"),
        ("</opml>", "", "not well-formed"),
    ],
)
def test_a_mistake_in_opml_is_found(old: str, new: str, rule: str) -> None:
    found = opml(planted(OPML, old, new))
    assert [line for line in found if rule in line], found


@pytest.mark.parametrize(
    ("where", "change", "found"),
    [
        ("feed", {"version": "https://jsonfeed.org/version/1"}, "feed.version"),
        ("feed", {"author": {"name": "A"}}, "feed.author: unknown key"),
        ("feed", {"next_url": "https://example.org/feed.json"}, "feed.next_url: is feed_url"),
        ("feed", {"icon": ""}, "feed.icon: not an absolute URL"),
        ("feed", {"title": "Un <b>titre</b>"}, "feed.title: HTML"),
        ("feed", {"language": "fr_FR"}, "feed.language: not a language"),
        ("feed", {"hubs": [{"type": "WebSub"}]}, "feed.hubs[0]: no url"),
        ("feed", {"_essai": "x"}, "feed._essai: an extension"),
        ("feed", {"authors": [{}]}, "feed.authors[0]: none of"),
        ("feed", {"expired": "no"}, "feed.expired: wrong type"),
        ("item", {"id": 1}, "feed.items[0].id: wrong type"),
        ("item", {"content_html": None}, "feed.items[0].content_html: wrong type"),
        ("item", {"url": "/2026/un/"}, "feed.items[0].url: not an absolute URL"),
        ("item", {"date_modified": "2026-11-22"}, "feed.items[0].date_modified: not an RFC 3339"),
        ("item", {"tags": [1]}, "feed.items[0].tags: wrong type"),
        ("item", {"attachments": [{"url": "https://example.org/a"}]}, "attachments[0]: no mime_type"),
        ("item", {"categories": []}, "feed.items[0].categories: unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_in_json_is_found(where: str, change: dict[str, object], found: str) -> None:
    feed = json.loads(json.dumps(JSON))
    (feed if where == "feed" else feed["items"][0]).update(change)
    complained = json_feed_complaints(json.dumps(feed).encode())
    assert [line for line in complained if found in line], complained


def test_json_that_is_no_feed_is_said_to_be_none() -> None:
    assert json_feed_complaints(b"{") != []
    assert json_feed_complaints(b"[]") == ["feed: not an object"]
    assert "feed: no items" in json_feed_complaints(b"{}")
    twice = JSON | {"items": JSON["items"] * 2}
    assert json_feed_complaints(json.dumps(twice).encode()) == [
        "feed.items: id tag:example.org,2026:1 twice"
    ]


def test_an_item_without_text_is_found() -> None:
    item = {"id": "1"}
    assert json_feed_complaints(json.dumps(JSON | {"items": [item]}).encode()) == [
        "feed.items[0]: neither content_html nor content_text"
    ]
