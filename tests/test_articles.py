"""The articles folder: what is listed, what is refused, writing that harms nothing."""

import os
from pathlib import Path

import pytest

from newsarchive import articles
from newsarchive.errors import ArticlesError


def put(root: Path, path: str, text: str = "x") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_markdown_and_what_may_be_served_beside_it_are_listed(tmp_path: Path) -> None:
    for path in [
        "a.md",
        "2024-08-20-welcome.markdown",
        "2023/x/index.md",
        "2023/x/photo.JPG",
        "2023/x/page.html",
        "LICENSE",
        ".git/a.md",
        ".hidden.md",
        "node_modules/b.md",
        "_site/c.md",
        "_drafts/d.md",
    ]:
        put(tmp_path, path)
    found = articles.scan(tmp_path)
    assert sorted(found.markdown) == [
        "2023/x/index.md", "2024-08-20-welcome.markdown", "_drafts/d.md", "a.md",
    ]  # fmt: skip
    assert sorted(found.assets) == ["2023/x/photo.JPG"]
    assert found.refused == ()


@pytest.mark.requirement(6)
def test_links_loops_pipes_and_odd_names_are_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "good.md")
    (tmp_path / "leak.md").symlink_to("/etc/passwd")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.md")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md")).write_text("x", encoding="utf-8")
    found = articles.scan(tmp_path)
    assert sorted(found.markdown) == ["good.md"]
    assert sorted(problem.path for problem in found.refused) == [
        "bad\\udcff.md", "leak.md", "pipe.md",
    ]  # fmt: skip


def test_what_is_too_deep_or_oddly_named_is_told(tmp_path: Path) -> None:
    put(tmp_path, "d/" * 40 + "a.md")
    put(tmp_path, "X.MD")
    found = articles.scan(tmp_path)
    assert found.markdown == {}
    assert [problem.message for problem in found.refused] == [
        "only names that end in .md are read", "more than 32 folders in one another",
    ]  # fmt: skip


def test_a_link_put_in_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "leak.md").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        articles.read(tmp_path, "leak.md")
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(OSError, match="no regular file"):
        articles.read(tmp_path, "pipe.md")


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArticlesError, match="articles folder cannot be read"):
        articles.scan(tmp_path / "none")


@pytest.mark.requirement(18)
def test_a_file_is_created_once_and_never_written_over(tmp_path: Path) -> None:
    made = articles.create(tmp_path, "2026/a.md", "texte")
    assert made.read_text(encoding="utf-8") == "texte"
    with pytest.raises(ArticlesError, match="exists already"):
        articles.create(tmp_path, "2026/a.md", "autre")
    assert made.read_text(encoding="utf-8") == "texte"
    assert [each.name for each in made.parent.iterdir()] == ["a.md"]


@pytest.mark.requirement(18)
@pytest.mark.parametrize(
    "path", ["../a.md", "/tmp/a.md", "a/../../b.md", "", "a\x00.md", "a\\b.md"]
)
def test_nothing_is_created_outside_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(ArticlesError, match="not a path inside"):
        articles.create(tmp_path, path, "x")


@pytest.mark.requirement(18)
def test_nothing_is_created_through_a_link_that_leads_outside(tmp_path: Path) -> None:
    root = tmp_path / "articles"
    root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (root / "2026").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArticlesError, match="leads outside"):
        articles.create(root, "2026/a.md", "x")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.requirement(18)
def test_a_file_is_rewritten_only_while_it_is_as_it_was(tmp_path: Path) -> None:
    file = put(tmp_path, "a.md", "avant")
    file.chmod(0o640)
    articles.rewrite(tmp_path, "a.md", b"avant", b"apres")
    assert file.read_bytes() == b"apres"
    assert file.stat().st_mode & 0o777 == 0o640
    with pytest.raises(ArticlesError, match="changed meanwhile"):
        articles.rewrite(tmp_path, "a.md", b"avant", b"encore")
    assert file.read_bytes() == b"apres"


def test_git_at_work_is_noticed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "articles").mkdir()
    assert not articles.checkout_in_progress(tmp_path / "articles")
    (tmp_path / ".git" / "index.lock").touch()
    assert articles.checkout_in_progress(tmp_path / "articles")
