"""The simplest YAML, read without its parser: the same trees, or none."""

import random
import tarfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive import frontmatter, simpleyaml
from newsarchive.errors import MetadataError
from newsarchive.metadata import Node

SIMPLE = [
    "title: Un titre\ndate: 2023-11-17\n",
    'title: "Un titre : deux # points"\ntags: [a, b c, "d, e", \'f\']\n',
    "title: L’échelle « double »\ndate: 2023-11-17 21:00\nurl: https://example.org/a?b=c\n",
    "tags:\n- a\n- \"b: c\"\nauthors:\n  - Zoé Q.\n  - 'B'\n\nkey: yes\n",
    "image: /assets/x.png\nempty: []\nspaced:   x   \n",
]
NOT_SIMPLE = [
    "", "title:\n", "title: a: b\n", "title: a #b\n", "title: |\n  x\n", "title: >-\n  x\n", "a: &b c\n",
    "a: *b\n", "a: !b c\n", "a: {b: c}\n", "a: [b, [c]]\n", "a: [b\n", 'a: "b\\n"\n', "a: x\n  y\n",
    "- a\n", "? a\n", "null: a\n", "~: a\n", "<<: a\n", "a : b\n", '"a": b\n', "a:\n  b: c\n", "a:b\n",
    "a:\n- b\n  - c\n", "a:\n- b\n   c\n", "--- a\n", "a: 'it''s'\n", "a: -\n", "a: [b,]\n", "a: @b\n",
    "a: " + "b" * 4_000,
]  # fmt: skip


def parsed(head: str) -> Node | str | None:
    """What the parser makes of a head."""
    try:
        return frontmatter._compose(head, 2)
    except (MetadataError, yaml.YAMLError):
        return "refused"


def simple(head: str) -> Node | str | None:
    try:
        return simpleyaml.read(head, 2)
    except MetadataError:
        return "refused"


@pytest.mark.parametrize("head", SIMPLE)
def test_simple_heads_are_read_without_the_parser(head: str) -> None:
    assert simple(head) == parsed(head)
    assert simple(head) is not None


@pytest.mark.parametrize("head", NOT_SIMPLE)
def test_others_are_left_to_it(head: str) -> None:
    assert simple(head) is None


def test_a_key_that_stands_twice_is_refused() -> None:
    assert simple("a: b\nc: d\na: e\n") == "refused"


PIECES = st.sampled_from([
    "a", "Zoé", "title", "2023-11-17", "null", ": ", ":", "#", " #", "- ", "-", "[", "]", ", ", ",", '"', "'", "?",
    "&", "*", "!", "|", ">", "%", "@", "`", "~", "{", "}", "\n", "\n\n", "\n- ", "\n  - ", " ", "  ", "\t", "\\",
    "<<", "=", "é", "\xa0", "’", "«", "\u2028", "\x85", "\ufeff", "漢", "😀", "---", "...", "\nkey: ",
])  # fmt: skip


@settings(max_examples=1_500)
@given(
    st.lists(PIECES, min_size=1, max_size=14), st.sampled_from(["", "a: ", "a: b\nc: ", "a:\n- "])
)
def test_whatever_is_written_it_agrees_with_the_parser(pieces: list[str], start: str) -> None:
    head = start + "".join(pieces) + "\n"
    assert simple(head) in (None, parsed(head))


#: the other archive folds its descriptions
@pytest.mark.parametrize(("name", "share"), [("18f", 0.2), ("canada", 0.0)])
def test_real_heads_and_slips_of_the_hand_in_them(name: str, share: float, shared: Path) -> None:
    chance = random.Random(7)
    with tarfile.open(shared / "corpora" / f"{name}.tar.gz") as archive:
        files = (archive.extractfile(each) for each in archive if each.name.endswith(".md"))
        texts = [file.read().decode() for file in files if file]
    heads = [text.split("\n---", 1)[0][4:] + "\n" for text in texts if text.startswith("---\n")]
    assert sum(simple(head) is not None for head in heads) > len(heads) * share
    for head in heads:
        assert simple(head) in (None, parsed(head))
        at = chance.randrange(len(head) + 1)
        sign = chance.choice(":#-[]{},\"'&*!|>%@`~? \n\t")
        slipped = head[:at] + sign + head[at + chance.randrange(2) :]
        assert simple(slipped) in (None, parsed(slipped)), slipped
