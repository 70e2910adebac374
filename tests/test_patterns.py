"""Patterns mean the same in every Python that this program runs in."""

import re
from pathlib import Path

import pytest

from newsarchive.patterns import repeated

PACKAGE = Path(__file__).parents[1] / "src" / "newsarchive"


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ('"""' + repeated('[^"]|"(?!"")') + '"""', '"""a"b"""', '"""a"b"""'),
        (repeated("ab?c"), "aca", "ac"),
        (repeated(".(?!D)"), "ABCDE", "AB"),
        ('"' + repeated(r"[^\"\\]|\\.") + '"', '"a\\"b"', '"a\\"b"'),
        (repeated("a") + "a", "aaa", None),
        (repeated(repeated("a|b(?=a)") + "c") + "b", "abacbacb", "abacbacb"),
    ],
)
def test_what_is_repeated_ends_where_no_more_follows(
    pattern: str, text: str, found: str | None
) -> None:
    match = re.match(pattern, text)
    assert (match and match[0]) == found


def test_groups_are_repeated_without_going_back_in_one_place_alone() -> None:
    written = re.compile(r"\)[*+?]\+|\(\?>")
    for path in PACKAGE.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            # the signs that addresses may have are no pattern
            is_one = written.search(line.replace("()*+,;=", ""))
            assert not is_one or path.name == "patterns.py", f"{path.name}: {line}"
