"""The page of the API: whole without script, and every example on it runs as it stands."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import lxml.html
import pytest
from werkzeug.serving import make_server

from conftest import NOW, ROOT, Desk, needed
from newsarchive.openapi import OPERATIONS
from newsarchive.web import create_app
from newsarchive.web.examples import EXAMPLES

LANGUAGES = ["curl", "Python", "JavaScript"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Site:
    """An archive served on this machine under its own address."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.root = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.desk = Desk(folder, site_url=self.root)

    def __enter__(self) -> "Site":
        port, fd = self._socket.getsockname()[1], self._socket.fileno()
        app = create_app(self.desk.config)
        self._server = make_server("127.0.0.1", port, app, threaded=True, fd=fd)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._socket.close()

    def blocks(self) -> dict[tuple[str, str], str]:
        """The examples as the page shows them, by name and language."""
        page = lxml.html.fromstring(self.desk.client().get("/api/").data)
        found = [(each.get("data-language"), each.text_content()) for each in page.iter("code")]
        shown = [each for each in found if each[0]]
        names = [example.name for example in EXAMPLES for _ in LANGUAGES]
        return {(name, language): text for name, (language, text) in zip(names, shown, strict=True)}


def fill(desk: Desk) -> None:
    desk.article("affaire/index.md", "2025-11-17", "L’affaire", tags="[IA]")
    desk.article("affaire/2025-11-18.md", "2025-11-18", "Le retour des archives")
    desk.article("2026/été.md", "2026-07-01", "L’été", body="Une archive *chaude*.")
    desk.article("2026/faux.md", "2026-02-01", "Faux", status="withdrawn")
    desk.load(NOW)
    desk.index(NOW)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    fill(made.desk)
    with made:
        yield made


def run(language: str, text: str, folder: Path) -> str:
    """What an example prints."""
    match language:
        case "Python":
            command = [sys.executable, "-c", text]
        case "JavaScript":
            needed(shutil.which("node") is not None, "node")
            (folder / "example.mjs").write_text(text, encoding="utf-8")
            command = ["node", "example.mjs"]
        case _:
            needed(shutil.which("curl") is not None, "curl")
            command = ["sh", "-ec", text.replace("curl ", "curl -sSf ")]
    made = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert made.returncode == 0, made.stderr
    assert not made.stderr
    return made.stdout


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [each.name for each in EXAMPLES])
def test_every_example_runs_as_it_stands(
    site: Site, tmp_path: Path, name: str, language: str
) -> None:
    told = run(language, site.blocks()[name, language], tmp_path)
    if name == "everything":
        told += "".join(
            each.read_text(encoding="utf-8") for each in tmp_path.glob("archive.ndjson")
        )
    words = {
        "newest": "Le retour des archives", "search": "L’été", "entry": "chaude", "mirror": "",
        "everything": "2026-07-01",
    }  # fmt: skip
    assert words[name] in told
    if language == "curl" and name not in {"everything"}:
        json.loads(told)


KEPT = """
import json, shelve, sys
with shelve.open("mirror") as mirror:
    json.dump({key: each for key, each in mirror.items() if key and each}, sys.stdout)
"""


@pytest.mark.parametrize("where", ["page", "README"])
def test_a_few_lines_of_python_keep_a_mirror_in_step(tmp_path: Path, where: str) -> None:
    made = Site(tmp_path / "site")
    desk = made.desk
    fill(desk)
    folder = tmp_path / "mirror"
    folder.mkdir()
    with made:
        text = made.blocks()["mirror", "Python"]
        if where == "README":
            (found,) = re.findall(r"```python\n(.*?)```", README, re.S)
            text = found.replace("http://127.0.0.1:8000", made.root)
        assert len([line for line in text.splitlines() if line and "import" not in line]) == 5

        def mirrored() -> object:
            run("Python", text, folder)
            return json.loads(run("Python", KEPT, folder))

        def archive() -> object:
            lines = desk.client().get("/api/v1/export.ndjson?fields=all").text.splitlines()
            return {each["id"]: each for each in map(json.loads, lines)}

        assert mirrored() == archive()
        assert mirrored() == archive()
        desk.article("2026/été.md", "2026-07-01", "L’été indien", body="Autrement.")
        desk.article("2026/neuf.md", "2026-08-01", "Neuf")
        (desk.config.articles_dir / "affaire/2025-11-18.md").unlink()
        desk.load(NOW)
        assert mirrored() == archive()
        desk.archive.catalogue.close()
        (desk.config.articles_dir / "2026/neuf.md").unlink()
        for file in desk.config.data_dir.glob("catalogue*"):
            file.unlink()
        desk.load()
        assert mirrored() == archive()


def test_the_page_names_every_address(site: Site) -> None:
    text = site.desk.client().get("/api/").text
    for operation in OPERATIONS:
        assert f"<code>/api/v1/{operation.path}</code>" in text
    assert "/api/v1/openapi.json" in text
    assert 'rel="service-desc"' in text


def test_the_page_needs_nothing_from_elsewhere_and_no_script_of_its_own(site: Site) -> None:
    text = site.desk.client().get("/api/").text
    # the search field of every page has one
    assert re.findall(r'<script type="module" src="/static/(\w+)\.[0-9a-f]+\.js"', text) == [
        "search"
    ]
    assert text.count("<script") == 1 + text.count('<script type="application/ld+json"')
    for address in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert address.startswith(("/", "#", site.root)), unescape(address)


def test_the_page_is_in_the_language_of_the_site(site: Site) -> None:
    assert "Une copie toujours à jour" in site.desk.client().get("/api/").text
    english = site.desk.with_settings(language="en").client().get("/api/").text
    assert "A copy that stays in step" in english


def test_every_page_leads_to_the_api(site: Site) -> None:
    assert '<a href="/api/">API</a>' in site.desk.client().get("/").text


def test_an_archive_without_an_article_has_the_page_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.load()
    assert desk.client().get("/api/").status_code == 200
