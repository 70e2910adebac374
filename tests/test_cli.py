"""The command line, as a person at a terminal and a script meet it."""

import contextlib
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import pytest

from newsarchive import cli, entryfile
from newsarchive.catalogue import Catalogue
from newsarchive.config import KEYS, Config, load_config
from newsarchive.loader import load_once, writing
from newsarchive.reading import site_of
from newsarchive.web import create_app

ROOT = Path(__file__).parents[1]
#: what no --help may import
HEAVY = (
    "babel", "flask", "jinja2", "markdown_it", "msgspec", "nh3", "rich", "slugify", "sqlite3",
    "waitress", "watchfiles", "yaml", "zoneinfo", "newsarchive.web", "newsarchive.config",
)  # fmt: skip
#: longest wait for another process
PATIENCE = 20.0


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, in an environment that says nothing."""
    for name in os.environ:
        if name.startswith("NEWSARCHIVE_") or name in {"VISUAL", "EDITOR", "NO_COLOR", "LC_ALL"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "Europe/Paris")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, exactly as the shell would."""

    def call(*args: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(args)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Ran(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def archive(folder: Path) -> Path:
    """A small archive in French: a story of two updates, and an article."""
    (folder / "newsarchive.toml").write_text(
        'title = "Essai"\nlanguage = "fr"\ntimezone = "Europe/Paris"\n'
        'tag_authority = "example.org,2026"\nsite_url = "https://example.org"\n'
    )
    write("2023/affaire/index.md", "title: L’affaire\ndate: 2023-11\nid: a\ntags: [IA]\n")
    write("2023/affaire/2023-11-17.md", "title: Un\nid: b\n")
    write("2023/affaire/2023-11-18-2100.md", "title: Deux\nid: c\n")
    write("2024/2024-02-01-autre.md", "title: Autre\nid: d\nauthors: [Ada]\n")
    return folder


def write(path: str, head: str, body: str = "Un texte.\n") -> Path:
    file = Path("articles") / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\n{head}---\n{body}", encoding="utf-8")
    return file


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "newsarchive", *args]


def environment() -> dict[str, str]:
    """For another process: this source tree, and output that is not kept back."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def started(*args: str) -> Iterator["subprocess.Popen[str]"]:
    """A command in a process of its own, ended at the latest here."""
    process = subprocess.Popen(
        command(*args),
        # a line for each request would fill the pipe
        env={**environment(), "NEWSARCHIVE_ACCESS_LOG": "none"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a job in the background ignores Ctrl-C, and its children inherit that
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - nothing else runs in this process then
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


# -- help --


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, each in group.commands.items():
        yield (*path, name)
        if isinstance(each, click.Group):
            yield from commands(each, (*path, name))


COMMANDS = [(), *commands(cli.newsarchive)]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(run: Run, path: tuple[str, ...]) -> None:
    ran = run(*path, "--help")
    assert ran.code == 0
    example = ran.out.partition("Example")[2]
    assert f"newsarchive {' '.join(path) or 'init'}" in example
    for line in ran.out.splitlines():
        assert len(line) <= 100
    assert "..." not in ran.out.partition("Commands:")[2].partition("Exit codes")[0]


def test_every_option_is_explained() -> None:
    for path in COMMANDS:
        found: click.Command = cli.newsarchive
        for name in path:
            assert isinstance(found, click.Group)
            found = found.commands[name]
        assert found.help
        for parameter in found.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.help, (path, parameter.name)


def test_help_tells_every_exit_code(run: Run) -> None:
    text = run("--help").out
    for code in cli.Exit:
        assert re.search(rf"^    {int(code)}  \w+", text, re.MULTILINE)


FAMILIES = [path for path in COMMANDS if len(path) > 1 or path in {(), ("serve",), ("list",)}]


@pytest.mark.parametrize("path", FAMILIES, ids=" ".join)
def test_help_imports_nothing_heavy(path: tuple[str, ...]) -> None:
    """How soon it starts: ``benchmarks/help.py``."""
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print([m for m in {HEAVY!r} if m in sys.modules]))\n"
        f"from newsarchive.cli import main\nmain({[*path, '--help']!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True,
        check=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(run: Run) -> None:
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.startswith("newsarchive")


# -- errors --


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("sreve",), "sreve"),
        (("list", "--limit", "1000"), "limit: a number from 1 to 100"),
        (("list", "--after", "soon"), "after: a day, month or year"),
        (("list", "--colour", "red"), "--colour"),
        (("new", "article", "x", "--date", "17/11/2023"), "not clear which number is the month"),
        (("new", "article", " "), "TITLE: a text is wanted"),
        (("new", "article", "a\x1b[2J"), "a character that no page may hold"),
        (("new", "update", "2023/affaire", "a\x00"), "a character that no page may hold"),
        (("new", "update", "2023/rien"), "2023/rien: no such article in articles"),
        (("check", "nowhere.md"), "nowhere.md: no such file"),
        (("check", "newsarchive.toml"), "not in the articles folder"),
        (("serve", "--port", "70000"), "70000"),
        (("serve", "--host", "not an address"), "not an address of this machine"),
        (("--config", "none.toml", "config"), "none.toml: cannot be read"),
    ],
)
@pytest.mark.usefixtures("archive")
def test_what_cannot_be_meant_is_one_sentence_and_exit_code_2(
    run: Run, args: tuple[str, ...], said: str
) -> None:
    ran = run(*args)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("newsarchive: ")
    assert ran.err.count("\n") == 1
    assert said in ran.err


def test_a_setting_that_cannot_be_meant_is_exit_code_2(run: Run, archive: Path) -> None:
    (archive / "newsarchive.toml").write_text("titel = 'x'\n")
    ran = run("list")
    assert ran.code == 2
    assert "titel: not a setting" in ran.err


@pytest.mark.parametrize("args", [("index",), ("list",), ("watch",), ("check",)])
def test_an_archive_without_articles_is_exit_code_4(run: Run, args: tuple[str, ...]) -> None:
    ran = run(*args)
    assert ran.code == 4
    assert "articles" in ran.err
    assert ran.err.count("\n") == 1


def test_nothing_to_serve_is_exit_code_4_and_told_what_to_do() -> None:
    with started("serve", "--port", "0") as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (4, "")
    assert err.endswith("articles: no such folder of articles; newsarchive init makes one\n")


@pytest.mark.requirement(15)
@pytest.mark.usefixtures("archive")
def test_a_data_folder_that_cannot_be_written_is_exit_code_4(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_DATA_DIR", "/dev/null/data")
    ran = run("index")
    assert ran.code == 4
    assert ran.err.startswith("newsarchive: /dev/null/data/writer.lock: ")


@pytest.mark.requirement(17)
@pytest.mark.parametrize("args", [("index",), ("watch",), ("list",)])
@pytest.mark.usefixtures("archive")
def test_a_second_writer_is_told_who_the_first_is_with_exit_code_3(
    run: Run, args: tuple[str, ...]
) -> None:
    config = load_config()
    with writing(config):
        (config.data_dir / "catalogue.sqlite3").unlink()
        ran = run(*args)
    assert ran.code == 3
    assert f"process {os.getpid()}" in ran.err


@pytest.mark.usefixtures("archive")
def test_a_reader_who_leaves_is_no_error() -> None:
    for number in range(60):
        write(f"2022/2022-01-01-{number}.md", f"title: {'long ' * 400}\n")
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(command('list', '--limit', '100'))} | head -n 1"],
        env=environment(), capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.usefixtures("archive")
def test_ctrl_c_is_no_traceback() -> None:
    write("2022/2022-01-01-x.md", "title: x\n")
    Path(".git").mkdir()
    Path(".git/index.lock").touch()  # the load waits for git
    with started("index") as process:
        eventually(Path("data/status.json").exists)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 128 + signal.SIGINT
        assert "Traceback" not in err


# -- init --


def test_init_makes_an_archive_that_has_no_problem(run: Run, folder: Path) -> None:
    ran = run("init", "Mon archive", "--language", "fr", "--title", 'Le "Fil"')
    assert ran.code == 0
    made = re.findall(r"^made (.*)$", ran.out, re.MULTILINE)
    assert made[0] == "Mon archive/newsarchive.toml"
    assert all((folder / path).is_file() for path in made)
    assert (folder / "Mon archive/.gitignore").read_text() == "/data/\n"
    assert len(re.findall(r"^  newsarchive ", ran.out, re.MULTILINE)) == 2
    os.chdir(folder / "Mon archive")
    assert run("check").out == "no problems in 1 file\n"
    (entry,) = json.loads(run("list", "--json").out)["entries"]
    assert entry["title"] == "Bienvenue"
    assert re.fullmatch(r"tag:mon-archive-[0-9a-f]{8}\.invalid,\d{4}:[0-9a-z]{10}", entry["id"])
    config = load_config()
    assert (config.title, config.language, config.timezone) == ('Le "Fil"', "fr", "Europe/Paris")


def test_init_explains_every_key_with_its_default(run: Run, folder: Path) -> None:
    run("init")
    text = (folder / "newsarchive.toml").read_text(encoding="utf-8")
    assert re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE) == list(KEYS)
    bare = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))
    for key in set(KEYS) - {"title", "timezone", "tag_authority"}:
        assert str(bare[key]) == str(getattr(Config(), key))
    for line, following in zip(text.splitlines(), text.splitlines()[1:], strict=False):
        if re.match(r"(?:# )?\w+ = ", following):
            assert re.match(r"# \w", line)


@pytest.mark.parametrize(
    ("args", "authority"),
    [
        (("--authority", "example.org,2020"), "example.org,2020"),
        (("--authority", "example.org"), f"example.org,{datetime.now().astimezone().year}"),
        (("--site-url", "https://www.example.org"), "www.example.org,"),
        (("--site-url", "http://127.0.0.1:8000"), "archive-"),
    ],
)
def test_init_writes_the_authority_of_ids_once(
    run: Run, args: tuple[str, ...], authority: str
) -> None:
    assert run("init", "archive", *args).code == 0
    assert load_config(Path("archive/newsarchive.toml")).tag_authority.startswith(authority)


def test_init_overwrites_nothing(run: Run, archive: Path) -> None:
    (archive / ".gitignore").write_text("mine\n")
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    ran = run("init", "--title", "Autre")
    assert ran.code == 0
    assert "left as it is" in ran.out
    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == before


def test_init_adds_settings_to_articles_that_are_there(run: Run, archive: Path) -> None:
    (archive / "newsarchive.toml").unlink()
    ran = run("init")
    assert ran.out.startswith("made newsarchive.toml\nmade .gitignore\n\n")
    assert len(list((archive / "articles").rglob("*.md"))) == 4


def test_init_tells_the_line_that_settings_without_an_authority_lack(
    run: Run, archive: Path
) -> None:
    (archive / "newsarchive.toml").write_text('title = "x"\n')
    line = re.search(r'^tag_authority = "[^"]+"$', run("init").out, re.MULTILINE)
    assert line
    (archive / "newsarchive.toml").write_text(line[0])
    assert not load_config().tag_authority.startswith("newsarchive.invalid")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--language", "klingonish"), ("--timezone", "Mars/Base"), ("--authority", "no host"),
        ("--site-url", "example.org"),
    ],
)  # fmt: skip
def test_init_refuses_what_cannot_be_meant_and_makes_nothing(
    run: Run, folder: Path, option: str, value: str
) -> None:
    ran = run("init", "archive", option, value)
    assert ran.code == 2
    assert ran.err.startswith(f"newsarchive: {option}: ")
    assert not (folder / "archive").exists()


# -- new --


def read(path: str) -> "entryfile.Parsed":
    config = load_config()
    name = Path(path).relative_to("articles").as_posix()
    role = entryfile.Role(story="2023/affaire" if "affaire" in name else "")
    return entryfile.parse(name, Path(path).read_bytes(), site_of(config), role)


@pytest.mark.usefixtures("archive")
def test_a_new_article_has_an_id_the_time_and_what_was_given(run: Run) -> None:
    before = datetime.now(load_config().zone).replace(second=0, microsecond=0)
    ran = run("new", "article", "L’été : « jour J »", "--tag", "climat", "--tag", "a: b", "--author", "Ada")  # fmt: skip
    assert ran.code == 0
    path = ran.out.removesuffix("\n")
    assert re.fullmatch(r"articles/\d{4}/\d{4}-\d\d-\d\d-l-ete-jour-j\.md", path)
    (entry,) = read(path).entries
    assert read(path).problems == ()
    assert entry.title == "L’été : « jour J »"
    assert entry.tags == ("climat", "a: b")
    assert entry.authors == ("Ada",)
    assert re.fullmatch(r"tag:example\.org,2026:[0-9a-z]{10}", entry.id)
    assert before <= entry.published.at <= datetime.now(load_config().zone)
    assert re.search(r"^date: \S+T\d\d:\d\d:00\+0[12]:00$", Path(path).read_text(), re.MULTILINE)
    assert run("list", "--q", "ete").out.count("\n") == 1


@pytest.mark.parametrize(
    ("date", "path"),
    [
        ("2023-11-17", "articles/2023/2023-11-17-x.md"),
        ("2023-11-17 21:00", "articles/2023/2023-11-17-x.md"),
        ("2023-11", "articles/2023/x.md"),
        ("2023", "articles/2023/x.md"),
    ],
)
@pytest.mark.usefixtures("archive")
def test_a_new_article_may_have_any_date(run: Run, date: str, path: str) -> None:
    assert run("new", "article", "x", "--date", date).out == f"{path}\n"
    (entry,) = read(path).entries
    assert entry.published.at.year == 2023
    assert date[:7] in Path(path).read_text()


@pytest.mark.requirement(18)
@pytest.mark.usefixtures("archive")
def test_a_new_file_never_takes_the_place_of_another(run: Run) -> None:
    ran = run("new", "article", "Autre", "--date", "2024-02-01")
    assert ran.code == 4
    assert "exists already, and is not overwritten" in ran.err
    assert "Un texte" in Path("articles/2024/2024-02-01-autre.md").read_text()


@pytest.mark.parametrize(
    "title", ["../../../etc/passwd", "a/b\\c", "🦊", "x" * 400, "word " * 90, "- [x]: {y}"]
)
@pytest.mark.usefixtures("archive")
def test_no_title_leads_out_of_the_folder(run: Run, title: str) -> None:
    ran = run("new", "article", "--date", "2024-02-01", "--", title)
    assert ran.code == 0
    path = Path(ran.out.removesuffix("\n"))
    assert path.parent == Path("articles/2024")
    assert len(path.name.encode()) < 120
    assert read(str(path)).entries


@pytest.mark.parametrize(
    "name",
    [
        "2023/affaire", "/articles/2023/affaire/", "articles/2023/affaire/", "2023/affaire/",
        "https://example.org/articles/2023/affaire/", "articles/2023/affaire/index.md",
        "./articles/2023/affaire",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("archive")
def test_a_new_update_is_put_beside_its_story_however_that_is_named(run: Run, name: str) -> None:
    ran = run("new", "update", name, "Un accord", "--key")
    path = ran.out.removesuffix("\n")
    assert re.fullmatch(r"articles/2023/affaire/\d{4}-\d\d-\d\d-\d{4}-un-accord\.md", path), ran.err
    (entry,) = read(path).entries
    assert entry.title == "Un accord"
    assert entry.key
    found = json.loads(run("list", "--json", "--story", "2023/affaire").out)
    assert [each["title"] for each in found["entries"]] == ["Un accord", "Deux", "Un"]


@pytest.mark.usefixtures("archive")
def test_a_new_update_needs_no_title(run: Run) -> None:
    path = run("new", "update", "2023/affaire").out.removesuffix("\n")
    assert re.fullmatch(r"articles/2023/affaire/\d{4}-\d\d-\d\d-\d{4}\.md", path)
    assert read(path).entries[0].untitled


@pytest.mark.usefixtures("archive")
def test_a_story_that_has_no_folder_is_told_what_to_do(run: Run) -> None:
    write("2024/suite.md", "title: Suite\ndate: 2024\ntype: story\n")
    write("2024/cours/index.md", "title: Une section\n")
    ran = run("new", "update", "2024/2024-02-01-autre")
    assert ran.code == 2
    assert "move it to 2024/2024-02-01-autre/index.md" in ran.err
    ran = run("new", "update", "articles/2024/suite.md")
    assert ran.code == 2
    assert re.search(r"write the heading ## \d{4}-\d\d-\d\d \d\d:\d\d Title in it", ran.err)
    ran = run("new", "update", "2024/cours")
    assert ran.code == 2
    assert "add type: story to 2024/cours/index.md" in ran.err


@pytest.mark.usefixtures("archive")
def test_edit_opens_the_authors_editor_on_the_new_file(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "sh -c 'echo edited >> \"$1\"' x")
    path = run("new", "article", "Un", "--edit").out.removesuffix("\n")
    assert Path(path).read_text().endswith("edited\n")
    monkeypatch.delenv("EDITOR")
    ran = run("new", "article", "Deux", "--edit")
    assert ran.code == 2
    assert "neither is set" in ran.err
    assert not list(Path("articles").rglob("*deux*"))


# -- check --


@pytest.mark.usefixtures("archive")
def test_check_reads_like_a_compiler(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\nlayout: post\n", "Voir\n[ici](rien.md).\n")
    write("2024/2024-02-03-y.md", "title: a: b\nid: y\n")
    ran = run("check")
    assert ran.code == 1
    assert ran.err == ""
    blocks = re.split(r"^(?=\S)", ran.out, flags=re.MULTILINE)
    assert blocks[1:3] == [
        "articles/2024/2024-02-02-x.md:4: note: layout: a key without a meaning here, in 1 file\n"
        "    layout: post\n"
        "    ^^^^^^\n"
        "  = it is kept, and shown in the entry's JSON\n",
        "articles/2024/2024-02-02-x.md:7: warning: rien.md: no such page on this site\n"
        "    [ici](rien.md).\n"
        "          ^^^^^^^\n"
        "  = correct it, or put what is missing there\n",
    ]
    assert blocks[3].startswith("articles/2024/2024-02-03-y.md:2: error: title: ")
    assert blocks[-1] == "1 error, 1 warning, 1 note in 6 files\n"


@pytest.mark.usefixtures("archive")
def test_check_exits_with_0_when_there_are_only_notes(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\nlayout: post\n")
    ran = run("check")
    assert ran.code == 0
    assert ran.out.endswith("1 note in 5 files\n")


@pytest.mark.usefixtures("archive")
def test_check_as_json(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\n", "[ici](rien.md)\n")
    ran = run("check", "--json")
    assert ran.code == 1
    assert json.loads(ran.out) == {
        "problems": [
            {
                "path": "articles/2024/2024-02-02-x.md",
                "line": 5,
                "severity": "warning",
                "message": "rien.md: no such page on this site",
                "remedy": "correct it, or put what is missing there",
            }
        ]
    }
    assert run("check", "--json", "articles/2023").out == '{\n  "problems": []\n}\n'


def test_check_can_be_limited_to_paths_from_anywhere(run: Run, archive: Path) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\n", "[ici](rien.md)\n")
    assert run("check", "articles/2023", "articles/2024/2024-02-01-autre.md").code == 0
    assert run("check", "articles").code == 1
    os.chdir("articles/2024")
    ran = run("check", "2024-02-02-x.md")
    assert ran.code == 1
    assert ran.out.startswith("2024-02-02-x.md:5: warning: ")
    os.chdir("../2023")
    assert str(archive / "articles/2024/2024-02-02-x.md") in run("check").out


@pytest.mark.usefixtures("archive")
def test_check_fix_writes_ids_says_in_how_many_files_and_checks(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\n")
    write("2024/2024-02-03-y.md", "title: Y\n")
    assert "2 entries have none" in run("check").out
    ran = run("check", "--fix")
    assert ran.code == 0
    assert ran.out == "ids written in 2 files\nno problems in 6 files\n"
    assert 'id: "2024/2024-02-02-x"' in Path("articles/2024/2024-02-02-x.md").read_text()
    assert run("check", "--fix", "--json").out == '{\n  "problems": []\n}\n'


@pytest.mark.usefixtures("archive")
def test_a_long_line_is_shown_around_the_place(run: Run) -> None:
    write(
        "2024/2024-02-02-x.md", "title: X\nid: x\n", f"{'mot ' * 200}[ici](rien.md) {'mot ' * 90}"
    )
    _, line, caret, _, _ = run("check").out.splitlines()
    assert len(line) < 110
    assert line[caret.index("^") : caret.rindex("^") + 1] == "rien.md"


@pytest.mark.usefixtures("archive")
def test_wide_letters_keep_the_caret_under_its_place(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\n", "日本語 [ici](rien.md)\n")
    _, _, caret, _, _ = run("check").out.splitlines()
    assert caret.index("^") == 4 + 6 + len(" [ici](")


@pytest.mark.usefixtures("archive")
def test_nothing_in_a_file_commands_the_terminal(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\n", "\x1b]0;owned\x07 [ici](rien\u202e.md)\r\n")
    write("2024/2024-02-03-\x1by.md", "title: X\nid: x\n")
    ran = run("check")
    assert ran.code == 1
    assert not set(ran.out) & set("\x1b\x07\u202e\r")


@pytest.mark.usefixtures("archive")
def in_terminal(*args: str, **variables: str) -> str:
    """What a command writes when its output is a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        command(*args), env={**environment(), **variables}, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        text = b""
        try:
            while data := os.read(master, 65536):
                text += data
        except OSError:  # Linux says so when the other end is closed
            pass
        os.close(master)
        process.wait(timeout=PATIENCE)
    return text.decode().replace("\r\n", "\n")


@pytest.mark.usefixtures("archive")
@pytest.mark.usefixtures("archive")
def test_colour_is_for_terminals_only_and_never_against_ones_will(run: Run) -> None:
    write("2024/2024-02-02-x.md", "title: X\nid: x\n", "[ici](rien.md)\n")
    coloured = in_terminal("check", TERM="xterm-256color")
    assert "\x1b[33m\x1b[1mwarning:" in coloured
    plain = in_terminal("check", TERM="xterm-256color", NO_COLOR="1")
    assert "warning:" in plain
    assert "\x1b[3" not in plain
    assert "\x1b" not in run("check").out


# -- index, list, config --


@pytest.mark.usefixtures("archive")
@pytest.mark.usefixtures("archive")
def test_index_says_what_it_did(run: Run) -> None:
    ran = run("index")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"4 added, 0 changed, 0 removed, 0 problems, \d+\.\d s\n", ran.out)
    write("2024/2024-02-01-autre.md", "title: Autrement\nid: d\n")
    write("2024/2024-02-02-x.md", "title: a: b\n")
    Path("articles/2023/affaire/2023-11-17.md").unlink()
    ran = run("index", "--json")
    told = json.loads(ran.out)
    assert told.pop("seconds") < PATIENCE
    assert told == {"added": 0, "changed": 1, "removed": 1, "files": 2, "problems": 1}
    assert "newsarchive check" in run("index").err


@pytest.mark.usefixtures("archive")
def test_index_verify_compares_and_repair_mends(run: Run) -> None:
    assert run("index").code == 0
    ran = run("index", "--verify")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "4 entries, 4 equal to a fresh build\nsearch finds 4 of 4\n"
    with contextlib.closing(sqlite3.connect("data/catalogue.sqlite3")) as connection:
        connection.execute("UPDATE entry SET body = 'Autre chose.' WHERE path LIKE '%autre'")
        connection.commit()
    ran = run("index", "--verify", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["holds"], told["entries"], told["equal"]) == (1, False, 4, 3)
    ran = run("index", "--verify", "--repair")
    assert "4 entries, 3 equal" in ran.err
    assert ran.code == 0
    assert ran.out == "4 entries, 4 equal to a fresh build\nsearch finds 4 of 4\n"
    assert run("index", "--repair").code == 2


@pytest.mark.usefixtures("run")
@pytest.mark.usefixtures("archive")
def test_index_shows_a_bar_only_on_a_terminal() -> None:
    text = in_terminal("index", TERM="xterm")
    assert "reading" in text
    assert re.search(r"4 added.*s\n", text)


@pytest.mark.usefixtures("archive")
def test_list_aligns_date_kind_title_and_path(run: Run) -> None:
    ran = run("list")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "2024-02-01        article  Autre      2024/2024-02-01-autre\n"
        "2023-11-18 21:00  update   Deux       2023/affaire/2023-11-18-2100\n"
        "2023-11-17        update   Un         2023/affaire/2023-11-17\n"
        "2023-11           article  L’affaire  2023/affaire\n"
    )


@pytest.mark.parametrize(
    ("args", "titles"),
    [
        (("--q", "affaire OR deux"), ["Deux", "L’affaire"]),
        (("--q", "affaire OR deux", "--order", "oldest", "--page", "2", "--limit", "1"), ["Deux"]),
        (("--q", "autre -tag:ia", "--author", "Ada"), ["Autre"]),
        (("--q", "!!!"), []),
        (("--tag", "ia"), ["Deux", "Un", "L’affaire"]),
        (("--tag", "-ia"), ["Autre"]),
        (("--author", "Ada"), ["Autre"]),
        (("--type", "update", "--order", "oldest"), ["Un", "Deux"]),
        (("--story", "2023/affaire"), ["Deux", "Un"]),
        (("--after", "2023-11-18", "--before", "2024"), ["Deux"]),
        (("--lang", "fr", "--limit", "1", "--page", "2"), ["Deux"]),
        (("--page", "9"), []),
        (("--lang", "en"), []),
    ],
)
@pytest.mark.usefixtures("archive")
def test_list_takes_the_words_of_the_sites_addresses(
    run: Run, args: tuple[str, ...], titles: list[str]
) -> None:
    told = json.loads(run("list", "--json", *args).out)
    assert list(told) == ["total", "entries"]
    assert [entry["title"] for entry in told["entries"]] == titles


@pytest.mark.parametrize(
    "words", ["affaire", "un OR deux", "altre", "tag:ia", '"un texte', "de la"]
)
@pytest.mark.usefixtures("archive")
def test_list_finds_words_as_search_does(run: Run, words: str) -> None:
    listed = run("list", "--json", "--q", words)
    found = run("search", "--json", "--order", "newest", words)
    told, hits = json.loads(listed.out), json.loads(found.out)
    assert told["total"] == hits["total"]
    assert told["entries"] == [
        {k: v for k, v in hit.items() if k not in {"score", "marked_title", "snippet"}}
        for hit in hits["hits"]
    ]
    assert listed.err == found.err
    if words == "altre":
        assert listed.err == "this is what has autre\n"
        assert [entry["title"] for entry in told["entries"]] == ["Autre"]


@pytest.mark.parametrize("args", [("list", "--json", "--q", "neuf"), ("search", "--json", "neuf")])
@pytest.mark.usefixtures("archive")
def test_what_cannot_be_found_yet_is_said(run: Run, args: tuple[str, ...]) -> None:
    with writing(load_config()):
        ran = run(*args)
    assert (ran.code, ran.out) == (cli.Exit.BUSY, "")
    assert json.loads(run(*args).out)["total"] == 0
    write("2024/2024-03-01-x.md", "title: Neuf\nid: x\n")
    with writing(load_config()) as writer:
        load_once(load_config(), writer)
    ran = run(*args)
    assert json.loads(ran.out)["total"] == 0
    assert ran.err == "1 change cannot be found yet; newsarchive index sees to it\n"
    run("index")
    ran = run(*args)
    assert json.loads(ran.out)["total"] == 1
    assert ran.err == ""


@pytest.mark.usefixtures("archive")
def test_list_tells_that_there_is_more(run: Run) -> None:
    ran = run("list", "--limit", "3")
    assert ran.err == "3 of 4 entries; --page 2 shows more\n"
    entry = json.loads(run("list", "--json", "--limit", "1").out)["entries"][0]
    assert entry["url"] == "https://example.org/articles/2024/2024-02-01-autre/"


@pytest.mark.usefixtures("archive")
def test_list_and_search_print_what_the_api_answers(run: Run) -> None:
    run("index")
    told = json.loads(run("list", "--json", "--limit", "100").out)
    client = create_app(load_config()).test_client()
    assert told == client.get("/api/v1/entries").json
    found = json.loads(run("search", "--json", "autre").out)
    assert found == client.get("/api/v1/search?q=autre").json
    assert found["hits"][0]["url"] == "https://example.org/articles/2024/2024-02-01-autre/"


@pytest.mark.usefixtures("archive")
def test_list_fits_the_width_of_a_terminal(run: Run) -> None:
    write("2025/2025-01-01-x.md", f"title: {'Un titre ' * 30}\n")
    assert "Un titre Un titre Un titre" in run("list").out
    for line in in_terminal("list", TERM="xterm", COLUMNS="100").splitlines():
        assert len(line) <= 100


def test_config_tells_every_value_and_where_it_came_from(
    run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_PORT", "9000")
    lines = run("config").out.splitlines()
    assert [line.split()[0] for line in lines] == ["key", *KEYS]
    assert re.fullmatch(r"port +9000 +NEWSARCHIVE_PORT", lines[1 + KEYS.index("port")])
    columns = {
        line.index(word)
        for line, word in zip(lines[1:], ("Essai", "", "https"), strict=False)
        if word
    }
    assert len(columns) == 1
    told = json.loads(run("config", "--json").out)
    assert list(told) == list(KEYS)
    assert told["port"] == {"value": 9000, "origin": "NEWSARCHIVE_PORT"}
    assert told["title"] == {"value": "Essai", "origin": str(archive / "newsarchive.toml")}
    assert told["host"] == {"value": "127.0.0.1", "origin": "default"}


def test_another_settings_file_can_be_named(
    run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (archive / "other.toml").write_text('title = "Autre"\n')
    assert json.loads(run("--config", "other.toml", "config", "--json").out)["title"]["value"] == "Autre"  # fmt: skip
    monkeypatch.setenv("NEWSARCHIVE_CONFIG", "other.toml")
    assert json.loads(run("config", "--json").out)["title"]["value"] == "Autre"


# -- serve and watch --


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def be_where_it_is_served() -> None:
    """No address is set."""
    text = Path("newsarchive.toml").read_text().replace('site_url = "https://example.org"\n', "")
    Path("newsarchive.toml").write_text(text)


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    line = process.stdout.readline()
    found = re.match(r"(http://127\.0\.0\.1:\d+)/ ", line)
    assert found, line
    return found[1]


def is_ready(address: str) -> bool:
    try:
        return bool(json.loads(get(f"{address}/readyz"))["ready"])
    except OSError:
        return False


@pytest.mark.requirement(13)
@pytest.mark.parametrize(
    ("number", "workers"),
    [(signal.SIGTERM, ()), (signal.SIGINT, ()), (signal.SIGTERM, ("--workers", "2"))],
)
@pytest.mark.usefixtures("archive")
def test_serve_serves_on_a_free_port_and_ends_well(
    number: signal.Signals, workers: tuple[str, ...]
) -> None:
    be_where_it_is_served()
    with started("serve", "--port", "0", *workers) as process:
        address = address_of(process)
        eventually(lambda: is_ready(address))
        page = get(f"{address}/articles/2024/2024-02-01-autre/")
        assert "Autre" in page
        # without an address of its own, the site is where it is served
        assert f'href="{address}/articles/2024/2024-02-01-autre/"' in page
        write("2024/2024-02-02-x.md", "title: Tout frais\nid: x\n")
        eventually(lambda: "Tout frais" in get(f"{address}/"))
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert err == ""
    with writing(load_config()):  # nobody holds it any more
        pass


def workers_of(process: "subprocess.Popen[str]") -> set[int]:
    """Processes that answer for a server."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    found = set()
    for pid in children.read_text().split():
        with contextlib.suppress(OSError):
            if b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(int(pid))
    return found


@pytest.mark.requirement(13)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.usefixtures("archive")
def test_workers_that_die_one_after_another_are_started_again() -> None:
    """Faster than granian bears by itself: it gives up where the second death follows the first
    within 5.5 seconds."""
    be_where_it_is_served()
    with started("serve", "--port", "0", "--workers", "1") as process:
        address = address_of(process)
        for _ in range(4):
            eventually(lambda: bool(workers_of(process)))
            dying = workers_of(process)
            for pid in dying:
                os.kill(pid, signal.SIGKILL)
            eventually(lambda dying=dying: not dying & workers_of(process))  # type: ignore[misc]
        eventually(lambda: is_ready(address))
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert "The workers died one after another; they are started again" in err


@pytest.mark.usefixtures("archive")
def test_serve_keeps_an_address_that_was_set() -> None:
    with started("serve", "--port", "0") as process:
        assert process.stdout
        assert process.stdout.readline().startswith("https://example.org/ ")
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.usefixtures("archive")
def test_a_port_in_use_is_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("serve", "--port", str(port))
    assert ran.code == 2
    assert ran.err == (
        f"newsarchive: 127.0.0.1, port {port}: another program listens there;"
        " choose another with --port\n"
    )


def entries() -> int:
    config = load_config()
    catalogue = Catalogue(config.data_dir / "catalogue.sqlite3", config.zone)
    try:
        return catalogue.total("", datetime.now(config.zone))
    finally:
        catalogue.close()


@pytest.mark.usefixtures("archive")
def test_watch_follows_the_folder_until_its_input_ends() -> None:
    with started("watch", "--until-eof") as process:
        assert process.stdout
        assert process.stdin
        assert re.match(r"\d\d:\d\d:\d\d  4 added, ", process.stdout.readline())
        write("2024/2024-02-02-x.md", "title: X\nid: x\n")
        assert re.match(r"\d\d:\d\d:\d\d  1 added, ", process.stdout.readline())
        assert entries() == 5
        process.stdin.close()
        assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("archive")
def test_watch_ends_well_when_told_to(number: signal.Signals) -> None:
    with started("watch") as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")


@pytest.mark.usefixtures("archive")
def test_what_is_saved_while_watch_begins_is_not_missed() -> None:
    Path(".git").mkdir()
    Path(".git/index.lock").touch()
    with started("watch") as process:
        eventually(Path("data/status.json").exists)  # the first load is waiting for git
        assert process.stdout
        write("2024/2024-02-02-x.md", "title: X\nid: x\n")
        Path(".git/index.lock").unlink()
        assert " 5 added" in process.stdout.readline()
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.usefixtures("archive")
def test_check_names_the_copy_and_not_the_file_that_is_online(run: Run) -> None:
    write("2022/2022-01-01-x.md", "title: x\nid: k1\n")
    assert run("index").code == 0
    write("2020/2020-01-01-copie.md", "title: x\nid: k1\n")
    told = run("check").out
    assert "2020/2020-01-01-copie.md" in told
    assert "articles/2022/2022-01-01-x.md:1: error" not in told
    assert "id: 2022/2022-01-01-x.md has the id" in told


def test_serve_and_list_say_what_is_missing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("list").code == 4
    write("2022/2022-01-01-x.md", "title: x\n")
    (folder / "taken").write_text("x")
    monkeypatch.setenv("NEWSARCHIVE_DATA_DIR", "taken")
    ran = run("serve", "--port", "0")
    assert ran.code == 4
    assert "choose another data_dir" in ran.err
    monkeypatch.delenv("NEWSARCHIVE_DATA_DIR")
    assert run("list", "--tag", "nothing").err == "0 of 0 entries\n"
