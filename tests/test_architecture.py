"""The order of the modules, the tools' verdicts, the bounds that keep the code livable."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "newsarchive"

#: lowest first; a module imports only from ranks below its own
RANKS = [
    # values and rules: no I/O, no clock, no framework
    ["patterns", "memory"],
    [
        "errors",
        "checksums",
        "entry",
        "permalink",
        "shortcodes",
        "typography",
        "filename",
        "i18n",
        "shapes",
    ],
    ["dates", "wording", "listed"],
    ["query", "config", "metadata", "sanitise", "cursors"],
    ["grammar", "fields", "headformats", "mistakes", "simpleyaml"],
    ["plaintext"],
    ["summaries"],
    ["markup", "frontmatter"],
    ["described", "headings"],
    ["newfile"],
    ["entryfile"],
    # edges: one outside thing each
    ["scratch", "background"],
    [
        "addresses",
        "articles",
        "catalogue",
        "progress",
        "renderings",
        "editions",
        "feeds",
        "search",
    ],
    # application
    ["parsing", "watching", "supervising"],
    ["reading", "settling"],
    ["loading"],
    ["archive", "questions"],
    ["suggesting"],
    ["documents", "searching", "indexing"],
    ["walks", "hits", "export", "following", "openapi"],
    ["syndication"],
    ["loader", "checking", "websub"],
    ["verifying"],
    # entry points
    ["web"],
    ["commands"],
    ["cli"],
    ["__main__"],
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}
MAX_LINES = 400
MAX_FUNCTION_LINES = 40

MODULES = sorted(PACKAGE.rglob("*.py"))


def part(module: str) -> str:
    """The first name below the package."""
    return module.removeprefix("newsarchive").lstrip(".").split(".")[0]


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a module's syntax."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> Iterator[str]:
    """The full names of what a module imports, in functions too."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def imports(path: Path) -> set[str]:
    """The parts of this package that a module imports."""
    return {part(name) for name in imported(path) if name.startswith("newsarchive")} - {
        "__version__"
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_ranks_below_its_own(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    assert own in RANK, f"{own} has no rank"
    for name in imports(path) - {own}:
        assert RANK[name] < RANK[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, node.name


@pytest.mark.parametrize(
    ("library", "modules"),
    [
        ("yaml", {"frontmatter.py"}),
        ("sqlite3", {"catalogue", "scratch.py"}),
        ("feedgen", {"feeds"}),
        ("whoosh", {"search"}),
        ("tantivy", {"search"}),
        ("nh3", {"sanitise.py", "markup.py"}),
        ("flask", {"web", "commands"}),  # there as a type
        ("whitenoise", {"web"}),
        ("granian", {"commands"}),
        ("isal", {"web"}),
    ],
)
def test_a_library_is_imported_in_one_place(library: str, modules: set[str]) -> None:
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in MODULES
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users
    assert users <= modules


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
