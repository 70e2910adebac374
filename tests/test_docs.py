"""The README is true: its pictures exist, its commands and settings are those of the program."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT
from newsarchive.config import KEYS, Config

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README))
def test_every_picture_of_the_readme_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_in_the_readme_with_its_default(key: str) -> None:
    settings = README.partition("## Settings")[2]
    row = re.search(rf"^\| `{key}` \| ([^|]*)\|", settings, re.MULTILINE)
    assert row
    value = getattr(Config(), key)
    default = str(value).lower() if isinstance(value, bool) else str(value)
    assert row[1].strip() == (f"`{default}`" if default else "")


def commands() -> list[str]:
    """The commands as ``--help`` lists them."""
    run = subprocess.run(
        [sys.executable, "-m", "newsarchive", "--help"], capture_output=True, text=True, check=True
    )
    listed = run.stdout.partition("Commands:")[2].partition("Exit codes")[0]
    return re.findall(r"^  (\w+) ", listed, re.MULTILINE)


def test_every_command_is_in_the_readme() -> None:
    found = commands()
    assert len(found) >= 8
    for name in found:
        assert f"`newsarchive {name}" in README
