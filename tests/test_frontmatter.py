"""Metadata and body of a file, in every form they are written."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive import frontmatter
from newsarchive.entry import Json
from newsarchive.frontmatter import MAX_FILE, Head
from newsarchive.metadata import (
    MAX_DEPTH,
    MAX_METADATA,
    MAX_VALUES,
    Format,
    Scalar,
    Sequence,
    as_json,
    folded,
    scalar,
)

ARTICLE = {"title": "Élection : jour J", "date": "2023-11-17", "tags": ["vote", "no"]}


def split(text: str | bytes) -> Head:
    return frontmatter.split("x.md", text if isinstance(text, bytes) else text.encode())


def read(text: str | bytes) -> Json:
    head = split(text)
    assert not head.problems, head.problems
    return as_json(head.fields)


def said(text: str | bytes) -> list[str]:
    return [f"{p.line}: {p.message}: {p.remedy}" for p in split(text).problems]


def yaml(text: str) -> str:
    return f"---\n{text}\n---\nCorps.\n"


@pytest.mark.parametrize(
    ("form", "text", "line"),
    [
        ("YAML", '---\ntitle: "Élection : jour J"\ndate: 2023-11-17\ntags: [vote, no]\n---\n', 6),
        (
            "YAML",
            "---\ntitle: 'Élection : jour J'\ndate: 2023-11-17\ntags:\n- vote\n- no\n...\n",
            8,
        ),
        ("YAML", '---\n{title: "Élection : jour J", date: 2023-11-17, tags: [vote, no]}\n---\n', 4),
        (
            "TOML",
            '+++\ntitle = "Élection : jour J"\ndate = 2023-11-17\ntags = ["vote", \'no\']\n+++\n',
            6,
        ),
        (
            "JSON",
            '{\n  "title": "Élection : jour J",\n  "date": "2023-11-17",\n  "tags": ["vote", "no"]\n}\n',
            6,
        ),
        (
            "JSON",
            '{"title": "Élection : jour J", "date": "2023-11-17", "tags": ["vote", "no"]}\n',
            2,
        ),
        ("Pelican", "title: Élection : jour J\ndate: 2023-11-17\ntags: vote, no\n", 4),
        ("Pelican", "title: Élection :\n    jour J\ndate: 2023-11-17\ntags: vote; no\n---\n", 6),
        (
            "Nikola",
            "<!--\n.. title: Élection : jour J\n.. date: 2023-11-17\n.. tags: vote\n-->\n",
            6,
        ),
        ("Nikola", ".. title: Élection : jour J\n.. date: 2023-11-17\n.. tags: vote\n", 4),
    ],
)
def test_every_form_gives_the_same_metadata_and_body(form: str, text: str, line: int) -> None:
    head = split(text + "\nCorps.\n")
    assert not head.problems
    assert head.format == form
    metadata = as_json(head.fields)
    assert isinstance(metadata, dict)
    if form == "Nikola":  # its tags are a text
        assert metadata.pop("tags") == "vote"
        assert metadata == {key: ARTICLE[key] for key in ("title", "date")}
    else:
        assert metadata == ARTICLE
    assert head.body == "\nCorps.\n"
    assert head.body_line == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bonjour.\n",
        "# Titre\n\nnot: metadata\n",
        "----\ntitle: x\n----\n",
        "Note: ceci n'est pas un titre.\nCorps.\n",
        "{% include x.html %}\n",
        "{{< figure >}}\n",
        "{: .classe}\n",
        "<!-- une remarque -->\n",
        ".. une directive\n",
        "++++\n",
        "\n\nBonjour.\n\n---\n\nSuite : oui\n",
    ],
)
def test_a_file_without_metadata_is_all_body(text: str) -> None:
    assert split(text) == Head(body=text)


def test_a_rule_in_the_body_is_body() -> None:
    head = split("---\ntitle: x\n---\nUn.\n\n---\n\nnot: metadata\n\n---\n")
    assert as_json(head.fields) == {"title": "x"}
    assert head.body == "Un.\n\n---\n\nnot: metadata\n\n---\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(newline: str, bom: bytes) -> None:
    for text in ("---\ntitle: x\n---\na\n\nb\n", '+++\ntitle = "x"\n+++\na\n\nb\n'):
        head = split(bom + text.replace("\n", newline).encode())
        assert as_json(head.fields) == {"title": "x"}
        assert (head.body, head.body_line) == ("a\n\nb\n", 4)


def test_line_ends_of_unicode_end_no_line() -> None:
    head = split('---\ntitle: a\u2028b\x85c\nx: "d\u2029e"\ny: z\n---\nf\u2028g\n')
    assert as_json(head.fields) == {"title": "a b c", "x": "d e", "y": "z"}
    assert [key.line for key, _ in head.fields.items] == [2, 3, 4]
    assert head.body == "f\u2028g\n"


def test_texts_stay_as_written_and_know_their_lines() -> None:
    head = split(yaml('a: no\nb: 0123\nc:\n  - 12:30\n  - "~"\n  - ~\nd: 2024-02-30\ne:\nf: 1_000'))
    values = {key.text: value for key, value in head.fields.items}
    assert values["a"] == Scalar("no", 2, 3, plain=True)
    assert values["b"] == Scalar("0123", 3, 3, plain=True)
    assert isinstance(values["c"], Sequence)
    assert [each.line for each in values["c"].values] == [5, 6, 7]
    assert as_json(values["c"]) == ["12:30", "~", None]
    assert as_json(values["e"]) is None
    assert as_json(values["f"]) == "1_000"


def test_toml_keeps_texts_lines_and_tables() -> None:
    text = (
        "+++\n"
        "# title = 1\n"
        'title = """\nUn\n[x]\n"""\n'
        "date = 2023-11-17T21:00:00+01:00\n"
        "draft = true\n"
        "rank = 1_000\n"
        f"big = 0x{'f' * 5000}\n"
        "ratio = 1.10\n"
        "[taxonomies]\n"
        "tags = [\n  'a',\n  'b',\n]\n"
        "[[extra.links]]\n"
        'url = "x"\n'
        "+++\n"
    )
    head = split(text)
    values = dict(zip((key.text for key, _ in head.fields.items), head.fields.items, strict=True))
    assert not head.problems
    assert {name: key.line for name, (key, _) in values.items()} == {
        "title": 3, "date": 7, "draft": 8, "rank": 9, "big": 10, "ratio": 11,
        "taxonomies": 12, "extra": 2,
    }  # fmt: skip
    metadata = as_json(head.fields)
    assert isinstance(metadata, dict)
    assert metadata["title"] == "Un\n[x]\n"
    assert metadata["date"] == "2023-11-17T21:00:00+01:00"
    assert metadata["draft"] == "true"
    assert metadata["rank"] == "1000"
    assert metadata["big"] == f"0x{'f' * 5000}"
    assert metadata["ratio"] == "1.10"
    assert metadata["taxonomies"] == {"tags": ["a", "b"]}
    assert metadata["extra"] == {"links": [{"url": "x"}]}


def test_json_keeps_numbers_as_written_and_joins_surrogates() -> None:
    head = split('{"a": 1.10, "b": "\\ud83d\\ude00", "c": null, "d": {}, "e": []} \nCorps.')
    assert as_json(head.fields) == {"a": "1.10", "b": "😀", "c": None, "d": {}, "e": []}
    assert (head.body, head.body_line) == ("Corps.", 2)


def test_pelican_lists_authors_and_ends_at_the_first_line_that_is_none() -> None:
    head = split("Title: T\nAuthors: Ada B; Eve, C\nSummary: un\n  deux\nCorps sans ligne vide.\n")
    assert as_json(head.fields) == {
        "Title": "T",
        "Authors": ["Ada B", "Eve, C"],
        "Summary": "un deux",
    }
    assert (head.body, head.body_line) == ("Corps sans ligne vide.\n", 5)


@pytest.mark.requirement(6)
@pytest.mark.parametrize("count", [MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize(
    "nested",
    [
        lambda n: yaml("x: " + "[" * (n - 1) + "]" * (n - 1)),
        lambda n: yaml("x: " + "{a: " * (n - 1) + "}" * (n - 1)),
        lambda n: yaml("x:\n  " + "- " * (n - 1) + "a"),
        lambda n: yaml("\n".join(" " * i + "a:" for i in range(n))),
        lambda n: "+++\nx = " + "[" * (n - 1) + "]" * (n - 1) + "\n+++\n",
        lambda n: "+++\n" + ".".join("a" * n) + " = 1\n+++\n",
        lambda n: '{"x": ' + "[" * (n - 1) + "]" * (n - 1) + "}",
        lambda n: '{"a": ' * n + "1" + "}" * n,
    ],
)
def test_metadata_nest_eight_deep_and_no_deeper(count: int, nested: object) -> None:
    problems = said(nested(count))  # type: ignore[operator]
    assert bool(problems) is (count > MAX_DEPTH)
    assert all("deep" in problem for problem in problems)


@pytest.mark.requirement(6)
@pytest.mark.parametrize("values", [MAX_VALUES, MAX_VALUES + 1])
@pytest.mark.parametrize(
    ("before", "after"),
    [("---\n{x: [", "]}\n---\n"), ('{"x": [', "]}"), ("+++\nx = [", "]\n+++\n")],
)
def test_metadata_hold_five_thousand_values(values: int, before: str, after: str) -> None:
    # the outer map, its key and the list are values too, but in TOML and JSON only what has a value
    for others in (1, 2, 3):
        text = before + ",".join(["1"] * (values - others)) + after
        if not said(text):
            break
    else:
        assert values > MAX_VALUES
        return
    text = before + ",".join(["1"] * values) + after
    assert "5,000 values" in said(text)[0]
    assert "5,000 values" in said("title: x\ntags: " + "a," * values)[0] or values == MAX_VALUES


@pytest.mark.requirement(6)
def test_metadata_and_files_have_a_size() -> None:
    fill = "x: " + "a" * (MAX_METADATA - 4) + "\n"
    assert not said(f"---\n{fill}---\n")
    assert "longer than 64 kB" in said(f"---\n{fill}y: z\n---\n")[0]
    assert "longer than 64 kB" in said('{"a": "' + "é" * (MAX_METADATA // 2) + '"}')[0]
    assert "longer than 64 kB" in said("Title: " + "a" * MAX_METADATA + "\n\n")[0]
    assert not said(b"a" * MAX_FILE)
    assert "larger than 2 MB" in said(b"a" * (MAX_FILE + 1))[0]


@pytest.mark.requirement(6)
@pytest.mark.parametrize(
    "hostile",
    [
        "x: " + "[" * 60_000,
        "x: " + "{" * 60_000,
        "x: " + "[a," * 20_000,
        "x: " + "{? " * 20_000,
        "x:\n  " + "- " * 30_000,
        "? " * 30_000,
        "x: " + "&a " * 20_000,
        "x: " + "!a " * 20_000,
        "a: &a [x]\n" + "".join(f"b{i}: [*a, *a, *a]\n" for i in range(3000)),
        "".join(f"{{a: &a{i} [*a{i}]}}\n" for i in range(3000)),
        "\n".join(" " * i + "a:" for i in range(300)),
        "a: 'b\n" * 9_000,
        'a: "b\n' * 9_000,
        "\t" * 60_000,
        ": " * 30_000,
        "a:b\n" * 15_000,
        "a: b: c\n" * 7_000,
        "x: " + "\\" * 60_000,
        'x: "' + "\\u0041" * 10_000 + '"',
        '"' * 60_000,
        "#\n" * 30_000,
        "%a\n" * 20_000,
        "a" * 60_000 + ": x",
        "- - - a\n" * 7_000,
        "a" + " " * 60_000,
        "a: b: c\na" + " " * 60_000,
        "a: b: c\n" + "d:" + " " * 60_000 + "[",
    ],
    ids=lambda text: repr(text[:12]),
)
@pytest.mark.parametrize(
    "fence", ["---\n{}\n---\n", "+++\n{}\n+++\n", '{{"a":{}', "title: x\n{}\n\n", ".. a: b\n{}\n"]
)
def test_hostile_metadata_are_read_in_half_a_second(fence: str, hostile: str) -> None:
    start = time.process_time()
    split(fence.format(hostile))
    assert time.process_time() - start < 2


@pytest.mark.requirement(6)
@pytest.mark.parametrize("value", ["'", '"', "'''", '"""', "[", "{", "= '", ""])
def test_a_toml_value_that_is_only_opened_is_a_problem(value: str) -> None:
    head = frontmatter.split("x.md", f"+++\nz={value}\n+++\nTexte.\n".encode())
    assert head.problems


@pytest.mark.parametrize(
    "hostile",
    [
        ".".join("a" * 30_000) + " = 1",
        "[" + ".".join("a" * 30_000) + "]",
        ".".join(['"a"'] * 12_000) + " = 1",
        "x = {" + ".".join("a" * 30_000) + " = 1}",
        '"""' * 20_000,
        "'''" * 20_000,
        "x = " + "9" * 60_000,
        "x = 0x" + "f" * 60_000,
        "x = " + "[[" * 30_000,
        "\n".join(f"[a{i}.b]" for i in range(6_000)),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_toml_is_read_in_half_a_second(hostile: str) -> None:
    start = time.process_time()
    split(f"+++\n{hostile}\n+++\n")
    assert time.process_time() - start < 2


@pytest.mark.requirement(9)
@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"---\ntitle: x\n---\na\nb\x00\n", 5),
        (b"---\ntitle: x\n---\n\x1b[0m\n", 4),
        ("---\ntitle: x\n---\n\ufffe\n".encode(), 4),
        (b"---\ntitle: x\x7f\n---\n", 2),
        (b"---\r\ntitle: \xff\r\n---\r\n", 2),
        (b"a\rb\r\xed\xa0\x80\n", 3),
        (b'---\ntitle: x\ny: "\\x07"\n---\n', 3),
        (b'{"x": "\\ud800"}', 1),
        (b'+++\nx = "\\u0001"\n+++\n', 2),
    ],
)
def test_characters_that_no_page_may_hold_are_named_with_their_line(data: bytes, line: int) -> None:
    assert [problem.line for problem in split(data).problems] == [line]


def test_the_good_keys_of_a_broken_head_are_read_all_the_same() -> None:
    head = split(yaml('title: a: b\ndate: 2023-11-17\nsummary: "c\ntags:\n- d\n- e\nx: [f'))
    assert as_json(head.fields) == {"date": "2023-11-17", "tags": ["d", "e"]}
    assert [problem.line for problem in head.problems] == [2, 4, 8]
    assert head.broken == {"title", "summary", "x"}


def test_at_most_twenty_mistakes_of_a_file_are_named() -> None:
    assert len(split(yaml("a: b: c\n" * 1000)).problems) == 20


@given(st.binary(max_size=400))
def test_any_bytes_are_split_or_refused(data: bytes) -> None:
    split(data)


_SIGNS = "---\n|+++\n|{|}|[|]|\"|'|: |\n|- |=|#|,|&a|*a|!!x|\\u|>|\t|  |é|\r\n|.. |<!--\n|-->\n|%|~"
_PIECES = st.sampled_from(["title", "date", "|", *_SIGNS.split("|")])


@given(
    st.sampled_from(["---\n", "+++\n", '{"', "title: x\n", "<!--\n.. title: x\n", ""]),
    st.lists(_PIECES, max_size=40),
    st.sampled_from(["\n---\n", "\n+++\n", "}", "\n\n", "-->\n"]),
)
@settings(max_examples=300)
def test_anything_that_looks_like_metadata_is_split_or_refused(
    opening: str, pieces: list[str], closing: str
) -> None:
    head = split(opening + "".join(pieces) + closing)
    assert all(problem.line >= 1 and problem.remedy for problem in head.problems)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_text_written_as_a_yaml_scalar_is_read_as_that_text(text: str) -> None:
    head = split(yaml(f"title: {scalar(text)}\nauthors:\n  - {scalar(text)}"))
    once = folded(text)
    if not head.problems:
        assert as_json(head.fields) == {"title": once, "authors": [once]}
    else:
        assert any(ord(character) in (0xFFFE, 0xFFFF) for character in text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Un titre", "Un titre"),
        ("Élection : jour J", '"Élection : jour J"'),
        ("L'été", '"L\'été"'),
        ('Il dit "non"', "'Il dit \"non\"'"),
        ("yes", '"yes"'),
        ("2023", '"2023"'),
        ("- a", '"- a"'),
        ("", '""'),
    ],
)
def test_a_text_is_quoted_only_where_it_needs_it(text: str, written: str) -> None:
    assert scalar(text) == written


def test_forms_are_named_as_people_know_them() -> None:
    assert {form.value for form in Format} == {"none", "YAML", "TOML", "JSON", "Pelican", "Nikola"}
