"""The language of the search field: one reading for every text, one spelling for every question."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.errors import QueryError
from newsarchive.query import Query
from newsarchive.wording import (
    MAX_CLAUSES,
    MAX_TEXT,
    Clause,
    Phrase,
    Prefix,
    Word,
    Wording,
    parse,
    unparse,
    words,
)


def short(wording: Wording) -> list[str]:
    """Clauses as lines: ``w:`` a word, ``p:`` a phrase, ``b:`` a beginning."""
    kinds = {Word: "w:", Phrase: "p:", Prefix: "b:"}
    return [
        ("-" if clause.negated else "")
        + " | ".join(kinds[type(atom)] + atom.text for atom in clause.atoms)
        for clause in wording.clauses
    ]


def said(text: str) -> list[str]:
    return [note.message for note in parse(text).notes]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        # words as written
        ("", []),
        ("  \t\n ", []),
        ("Élections  l'Avenir", ["w:Élections", "w:l'Avenir"]),
        ("covid-19 e-mail A320 C++", ["w:covid-19", "w:e-mail", "w:A320", "w:C++"]),
        ("http://a.b/c 12:30 C: foo:bar", ["w:http://a.b/c", "w:12:30", "w:C:", "w:foo:bar"]),
        ("AND NOT or ou Or", ["w:AND", "w:NOT", "w:or", "w:ou", "w:Or"]),
        # phrases
        ('"le  deux" x', ["p:le deux", "w:x"]),
        ("« le deux » x", ["p:le deux", "w:x"]),
        ("«\u00a0le deux\u202f» x", ["p:le deux", "w:x"]),
        ("“le deux” x", ["p:le deux", "w:x"]),
        ("„le deux“ »x y«", ["p:le deux", "p:x y"]),
        ("“le deux“ «x y\"", ["p:le deux", "p:x y"]),
        ('a"b c"d', ["w:a", "p:b c", "w:d"]),
        ('"le deux', ["p:le deux"]),
        ('"le : deux ?"', ["p:le deux"]),
        ('"mot" " " ""', ["w:mot"]),
        ('"-mot" "OR" "tag:x" "gou*"', ["w:-mot", "w:OR", "w:tag:x", "w:gou*"]),
        # excluded
        ("-mot --mot -l'Été", ["-w:mot", "-w:mot", "-w:l'Été"]),
        ('-"le deux" -« x y » -gouv*', ["-p:le deux", "-p:x y", "-b:gouv"]),
        ("le - deux – trois", ["w:le", "w:deux", "w:trois"]),
        # beginnings
        ("gouv* gou** 202* l'ave*", ["b:gouv", "b:gou", "b:202", "b:l'ave"]),
        ("Élé* éle\u0301*", ["b:Élé", "b:élé"]),
        ("go* * a.b.c* f*ck *gouv*", ["w:go", "w:a.b.c", "w:f*ck", "b:*gouv"]),
        # or
        ("a OR b c", ["w:a | w:b", "w:c"]),
        ("a OU b OR c", ["w:a | w:b | w:c"]),
        ('x a OR "b c" OR gou* y', ["w:x", "w:a | p:b c | b:gou", "w:y"]),
        ("a OR b c OR d", ["w:a | w:b", "w:c | w:d"]),
        ("a OR OU b", ["w:a | w:b"]),
        ("OR a", ["w:OR", "w:a"]),
        ("a OU", ["w:a", "w:OU"]),
        ("OR OR", ["w:OR"]),
        ("-a OR b", ["-w:a", "w:b"]),
        ("a OR -b", ["w:a", "-w:b"]),
        ("-OR", ["-w:OR"]),
        ("a OR tag:x OR b", ["w:a", "w:b"]),
        # what is left out leaves its neighbours in peace
        ("Altman : le retour ?", ["w:Altman", "w:le", "w:retour"]),
        ("a OR & OR b", ["w:a | w:b"]),
        ("a OR &", ["w:a"]),
        (f"{'x' * 65} OR b {'y' * 64}", ["w:b", "w:" + "y" * 64]),
        (f"{'x' * 65}* -{'x' * 65} \"{'x' * 65}\"", []),
        (f'"{"x" * 65} y"', ["p:" + "x" * 65 + " y"]),
        # characters
        ("e\u0301te\u0301", ["w:été"]),
        ("a\x00b \ud800 \u202ec\u200f \ufeff\uffff", ["w:ab", "w:c"]),
        ("a\u2028b\u3000c\x85d", ["w:a", "w:b", "w:c", "w:d"]),
        ("ＯＲ ｔａｇ：ｘ", ["w:ＯＲ", "w:ｔａｇ：ｘ"]),
        ("می\u200cخواهم", ["w:می\u200cخواهم"]),
    ],
)  # fmt: skip
def test_every_text_has_one_reading(text: str, clauses: list[str]) -> None:
    assert short(parse(text)) == clauses


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("tag:ia x", [("tag", "ia")]),
        ("Tag:IA LANG:fr", [("lang", "fr"), ("tag", "IA")]),
        ('tag:"intelligence  artificielle"', [("tag", "intelligence artificielle")]),
        ("author:« Zoé Â » tag:“x”", [("author", "Zoé Â"), ("tag", "x")]),
        ("-tag:ia --tag:x tag:-y", [("tag", "-ia"), ("tag", "-x"), ("tag", "-y")]),
        ('-tag:"a b"', [("tag", "-a b")]),
        ("tag:b,a,,b tag:a", [("tag", "a"), ("tag", "b")]),
        ("-tag:a,b", [("tag", "-a"), ("tag", "-b")]),
        ("after:2023-11 before:2024", [("after", "2023-11"), ("before", "2024")]),
        ("story:2023/x type:update", [("story", "2023/x"), ("type", "update")]),
        ("lang:fr lang:en", [("lang", "en")]),
        ("tag:a:b author:-x", [("author", "-x"), ("tag", "a:b")]),
        ("tag:👩‍🚒", [("tag", "👩‍🚒")]),
        ("-lang:fr", []),
        ("tag: author:, tag:- story:\"\" -tag:", []),
        ('"tag:x" xtag:x date:2023', []),
    ],
)  # fmt: skip
def test_filters_become_parameters(text: str, filters: list[tuple[str, str]]) -> None:
    assert list(parse(text).filters) == filters


def test_filters_are_ready_for_a_query() -> None:
    found = parse("altman -tag:Économie tag:ia author:“Zoé Â” lang:FR after:2023-11 type:update")
    query = Query.from_args(found.filters, strict=True)
    assert query.without_tags == ("economie",)
    assert (query.tags, query.authors, query.lang) == (("ia",), ("zoe-a",), "fr")
    assert query.args()["after"] == "2023-11"


def test_a_filter_that_names_nothing_is_a_word() -> None:
    assert short(parse("tag: ia -author:,")) == ["w:tag:", "w:ia", "-w:author:"]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("un mot", []),
        ("Altman : le retour ?", []),
        ("1 + 1 👍", ["signs without a letter or a digit were left out"]),
        ("? !", ["signs without a letter or a digit were left out"]),
        ("x" * 65 + " " + "y" * 70, ["words of more than 64 characters were left out"]),
        ('mot "le deux', ["the quotation mark was not closed"]),
        ("go* * *go", ["a star needs 3 letters before it"]),
        ("OR a OU", [
            "OR at the beginning or the end was read as a word",
            "OU at the beginning or the end was read as a word",
        ]),
        ("a OR -b", ["OR joins two words or phrases: elsewhere it was left out"]),
        ("tag:a OR tag:b", ["OR joins two words or phrases: elsewhere it was left out"]),
        ("a OR OR b", ["OR joins two words or phrases: elsewhere it was left out"]),
        ("Tag: x", ["tag: with nothing after it was read as a word"]),
        ("-lang:fr x", ["only tags can be excluded: -lang: was left out"]),
        ("lang:fr lang:en", ["of several lang: the last one counts"]),
        ("lang:fr lang:fr tag:a tag:b", []),
        ("%(num)s %s 100%", []),
    ],
)  # fmt: skip
def test_notes_say_what_was_left_out_or_read_otherwise(text: str, notes: list[str]) -> None:
    assert said(text) == notes


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  un   mot ", "un mot"),
        ("« le  deux » “un”", '"le deux" un'),
        ("tag:b un Author:“Zoé Â” OU tag:a", 'un author:"Zoé Â" tag:a tag:b'),
        ("-tag:x un", "un -tag:x"),
        ("tag:-x,y", "-tag:x tag:y"),
        ("a OU b -c gou**", "a OR b -c gou*"),
        ("--« a b »", '-"a b"'),
        ("a OR", 'a "OR"'),
        ("-OR", '-"OR"'),
        ("a tag:x OR b", "a b tag:x"),
        ('"tag:x" "gou*" "-x" *a go*', '"tag:x" "gou*" "-x" *a go'),
        ("tag: x", '"tag:" x'),
        ('"le deux', '"le deux"'),
    ],
)
def test_spellings_of_one_question_have_one_canonical_form(text: str, canonical: str) -> None:
    assert unparse(parse(text)) == canonical
    assert unparse(parse(canonical)) == canonical


def test_words_are_those_looked_for_in_order() -> None:
    found = parse('b "le deux" -x -"y z" a OR c gouv* tag:t')
    assert words(found) == ("b", "le", "deux", "a", "c")


def test_values_can_be_compared_and_kept() -> None:
    assert parse("go* un") == parse(" go*  un ")
    assert len({parse("go* un"), parse("go*  un")}) == 1
    assert parse("a OR b").clauses == (Clause((Word("a"), Word("b"))),)


@pytest.mark.requirement(1)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x " * 8 + "y" * 241, "q: at most 256 characters"),
        ("e\u0301" * 257, "q: at most 256 characters"),
        ("\x00" * 2000, "q: at most 256 characters"),
        ("a " * 17, "q: at most 16 words, phrases and filters; leave some out"),
        ("a OR " * 16 + "b", "q: at most 16 words, phrases and filters; leave some out"),
        ("tag:x " + "a " * 16, "q: at most 16 words, phrases and filters; leave some out"),
        ('"' + "a " * 13 + '"', "q: at most 12 words in quotation marks; leave some out"),
        ('-"' + "a " * 13, "q: at most 12 words in quotation marks; leave some out"),
    ],
)
def test_a_question_beyond_the_bounds_is_refused_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert str(caught.value).startswith(told)
    assert caught.value.parameter == "q"


@pytest.mark.parametrize(
    "text",
    [
        "y" * 240 + " " * 5000 + "x" * 15,
        "e\u0301" * 256,
        "a " * 16,
        "? " * 100,
        "a OR " * 15 + "b",
        "tag:x " + "a " * 15,
        '"' + "a " * 12 + '"',
        '"' + "a : " * 12 + '"',
        '"' + "a b c d e f g h i j k l" + '" x' * 5,
    ],
)
def test_a_question_at_the_bounds_is_read(text: str) -> None:
    parse(text)


def test_a_question_whose_canonical_form_is_too_long_is_refused() -> None:
    text = '"' + "x" * 126 + " " + "y" * 126
    assert unparse(parse(text)) == f'{text}"'
    with pytest.raises(QueryError, match="at most 256 characters"):
        parse('"' + "x" * 127 + " " + "y" * 127)


def hostile(folder: Path) -> list[tuple[str, str]]:
    """The queries with their ids: each a list of parts, a pair is a text and how often."""
    found = []
    for line in (folder / "hostile" / "queries.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, _, parts = line.split("\t")
            texts = (
                part if isinstance(part, str) else part[0] * part[1] for part in json.loads(parts)
            )
            found.append((name, "".join(texts)))
    return found


@pytest.mark.requirement(1)
def test_hostile_queries_are_read_or_refused_at_once(shared: Path) -> None:
    refused = set()
    queries = hostile(shared)
    assert len(queries) > 100
    for name, text in queries:
        start = time.perf_counter()
        try:
            check(parse(text))
        except QueryError:
            refused.add(name)
        assert time.perf_counter() - start < 0.1, name
    long = {name for name, text in queries if len(" ".join(text.split())) > MAX_TEXT}
    many = {"q022", "q034"}
    assert refused == long | many


def check(wording: Wording) -> None:
    """The canonical form is a fixed point; the sizes are within their bounds."""
    canonical = unparse(wording)
    again = parse(canonical)
    assert (again.clauses, again.filters) == (wording.clauses, wording.filters)
    assert unparse(again) == canonical
    assert len(canonical) <= MAX_TEXT
    canonical.encode()
    atoms = [atom for clause in wording.clauses for atom in clause.atoms]
    assert len(atoms) + len(wording.filters) <= MAX_CLAUSES
    assert len(wording.notes) <= 20
    assert all(note.message for note in wording.notes)
    for clause in wording.clauses:
        assert len(clause.atoms) == 1 or (clause.atoms and not clause.negated)
    for atom in atoms:
        if isinstance(atom, Phrase):
            assert 2 <= len(atom.text.split()) <= 12
        else:
            assert 1 <= len(atom.text) <= 64
            assert atom.text.split() == [atom.text]
    try:
        Query.from_args(wording.filters, strict=True)
    except QueryError as error:
        assert error.parameter in dict(wording.filters)  # noqa: PT017 - most values are allowed


PIECES = [
    "a", "été", "gouv", "OR", "OU", "-", "--", '"', "« ", " »", "“", "*", "**", ":", ",", " ", " ",
    "tag:", "-tag:", "Tag:", "author:", "lang:", "story:", "after:", "fr", "2023-11", "?", "\u0301",
    "e\u0301", "\u202e", "\u200d", "\x00", "\ud800", "x" * 65, "\u00a0", "👍", "ſtory:", "%(a)s", "%",
]  # fmt: skip


@pytest.mark.requirement(1)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except QueryError as error:
        assert error.parameter == "q"  # noqa: PT017 - refusing is one of two right answers
        return
    check(found)
    assert parse(text) == found
    assert parse(f"  {text}\n") == found
