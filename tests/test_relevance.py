"""What people would type into the search field of real archives, and what they would want first.

The answers in ``relevance/queries.tsv`` were decided by reading the articles, before any engine was
asked.
"""

import csv
from pathlib import Path

import pytest

from conftest import NOW, Desk, unpack
from newsarchive.query import Order, Query
from newsarchive.searching import Search

ENGINES = ("whoosh", "tantivy")
#: hits that are read before something else is typed
FIRST = 3

with (Path(__file__).parent / "relevance" / "queries.tsv").open(encoding="utf-8", newline="") as f:
    QUERIES = [row[:3] for row in csv.reader(f, "excel-tab", quoting=csv.QUOTE_NONE)][1:]


# one test for all queries of an archive, as what takes time is to read it
@pytest.mark.parametrize("corpus", ["18f", "canada"])
def test_what_a_reader_wants_is_among_the_first_hits(corpus: str, desk: Desk, shared: Path) -> None:
    unpack(shared / "corpora" / f"{corpus}.tar.gz", desk.config.articles_dir)
    site = desk.with_settings(language="en", timezone="America/New_York")
    site.load()
    missed = {}
    for engine in ENGINES:
        one = site.with_settings(search_engine=engine)
        one.index()
        search = Search(one.archive)
        for _, text, expected in (row for row in QUERIES if row[0] == corpus):
            query = Query.from_args([("q", text)], Query(order=Order.RELEVANCE, limit=FIRST))
            found = search.find(query, NOW, facets=False)
            first = [result.entry.path for result in found.results]
            if not any(path.endswith(f"/{expected}") for path in first):
                missed[engine, text] = first
    assert missed == {}


def test_real_archives_are_asked_in_both_languages() -> None:
    in_french = [expected.startswith("fr/") for _, _, expected in QUERIES]
    assert len(QUERIES) == len({(corpus, text) for corpus, text, _ in QUERIES}) >= 30
    assert in_french.count(True) >= 10
    assert in_french.count(False) >= 15
