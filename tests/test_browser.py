"""The pages in a real browser: what axe finds, keyboard, narrow and wide, light and dark."""

import re
import select
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import ROOT, needed

STORY = "/articles/2023/affaire-altman/"
PAGES = {
    "home": "/",
    "articles": "/articles/",
    "story, closed": STORY,
    "story, open": "/articles/2026/crue-bibliotheque-de-presse/",
    "update": STORY + "2023-11-18/",
    "article": "/articles/2024/2024-03-08-un-budget-en-image/",
    "article, long title": "/articles/2025/2025-03-14-cent-ans-de-pages/",
    "article, English": "/articles/2024/2024-06-21-what-corrections-teach/",
    "year": "/2023/",
    "month": "/2023/11/",
    "day": "/2023/11/17/",
    "tags": "/tags/",
    "tag": "/tags/archives/",
    "authors": "/authors/",
    "author": "/authors/odile-ferrandon/",
    "corrections": "/corrections/",
    "feeds": "/feeds/",
    "api": "/api/",
    "search": "/search/",
    "search, found": "/search/?q=archive",
    "search, narrowed": "/search/?q=altmna+-budget&tag=openai&after=2023&before=2024&order=newest",
    "search, nothing": "/search/?q=archive+introuvable&lang=fr",
    "search, refused": "/search/?after=hier",
    "404": "/articles/2023/affaire/",
    "410": "/articles/2022/2022-05-13-raccordements-fibre/",
    "400": "/?page=x",
}
#: what scripts add words to: buttons that copy, how long a search took
ADDED_TO = {"feeds", "search, found", "search, narrowed", "search, nothing"}
WHOLE = {name: address for name, address in PAGES.items() if name not in ADDED_TO}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: what is well is not told of, which takes a third of the time
AXE = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example archive, served by the command of the README on a free port."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "articles", folder / "articles")
    with serving(folder) as address:
        yield address


class serving:  # noqa: N801 - reads as a function in a with statement
    """``newsarchive serve`` in a folder, until everything is loaded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "newsarchive", "serve", "--port", "0"],
            cwd=self._folder, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], 30)
        assert ready, "serve said nothing for 30 seconds"
        found = re.search(r"http://[\d.]+:\d+", self._process.stdout.readline())
        assert found
        wait_for(lambda: urllib.request.urlopen(found[0] + "/readyz", timeout=5).status == 200)
        return found[0]

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0


def wait_for(holds: Any, seconds: float = 30) -> float:
    """Wait until something holds; how long it took."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        try:
            if holds():
                return time.monotonic() - start
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"did not hold within {seconds} s")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    needed(Path(CHROMIUM).exists(), "chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield opened
        opened.close()


def opened(browser: Browser, address: str, *, width: int, dark: bool, script: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(address)
    return page


class Windows:
    """Windows that stay open for whoever only looks at a page: a new one for each took as long as
    the page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._open: dict[tuple[int, bool, bool], Page] = {}

    def of(self, *, width: int, dark: bool, script: bool = True) -> Page:
        """A window; what it showed before is still there."""
        key = (width, dark, script)
        if key not in self._open:
            self._open[key] = opened(
                self._browser, "about:blank", width=width, dark=dark, script=script
            )
        self._open[key].set_viewport_size({"width": width, "height": 800})
        return self._open[key]


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Windows:
    return Windows(browser)


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)], ids=["narrow", "wide"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    windows: Windows, site: str, address: str, width: int, *, dark: bool
) -> None:
    told: list[str] = []
    page = windows.of(width=width, dark=dark)
    note = lambda said: told.append(getattr(said, "text", str(said)))  # noqa: E731 - to be taken off
    page.on("console", note)
    page.on("pageerror", note)
    answer = page.goto(site + address)
    assert answer
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    for narrower in (width, 320):
        page.set_viewport_size({"width": narrower, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= narrower
    page.remove_listener("console", note)
    page.remove_listener("pageerror", note)
    # Chromium tells of every page that is not a 200 itself
    assert [text for text in told if answer.ok or "Failed to load resource" not in text] == []


def test_a_reader_goes_from_home_to_an_update_and_back_by_keyboard(
    browser: Browser, site: str
) -> None:
    page = opened(browser, site + "/articles/", width=1280, dark=False)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    follow(page, STORY)
    follow(page, STORY + "2023-11-18/")
    assert "2023-11-18" in page.url
    follow(page, STORY)
    assert page.url.endswith(STORY)
    page.context.close()


def follow(page: Page, address: str) -> None:
    """Press Tab until a link to ``address`` has the focus and shows it, then Enter."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == address:
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none"
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"no way to {address}")


@pytest.mark.parametrize("address", WHOLE.values(), ids=WHOLE.keys())
def test_without_script_nothing_is_missing(windows: Windows, site: str, address: str) -> None:
    said = []
    for script in (True, False):
        page = windows.of(width=1280, dark=False, script=script)
        page.goto(site + address)
        said.append(page.inner_text("main"))
    assert said[0] == said[1]


def test_a_running_story_tells_of_new_updates_without_reloading(
    browser: Browser, tmp_path: Path
) -> None:
    story = tmp_path / "articles" / "crue.md"
    story.parent.mkdir()
    story.write_text(
        "---\ntitle: La crue\ndate: 2026-11-01\ntype: story\n---\nTexte.\n\n## 2026-11-02 Un\n\nA.\n",
        encoding="utf-8",
    )
    with serving(tmp_path) as address:
        context = browser.new_context()
        page = context.new_page()
        page.clock.install()
        page.goto(address + "/articles/crue/")
        page.clock.run_for(61_000)
        page.wait_for_timeout(300)
        assert page.locator("#news a").count() == 0
        with story.open("a", encoding="utf-8") as file:
            file.write("\n## 2026-11-03 Deux\n\nB.\n")
        document = address + "/articles/crue.json"
        wait_for(lambda: b"Deux" in urllib.request.urlopen(document, timeout=5).read())
        page.clock.run_for(61_000)
        page.locator("#news a").wait_for(timeout=10_000)
        assert "1" in page.inner_text("#news")
        on_top = (
            "link => { const r = link.getBoundingClientRect(); return document.elementFromPoint("
        )
        on_top += "r.x + r.width / 2, r.y + r.height / 2) === link }"
        assert page.locator("#news a").evaluate(on_top)
        page.locator("#news a").click()
        page.wait_for_load_state()
        assert "Deux" in page.inner_text("main")
        context.close()


# -- search --

OPTIONS = "#suggestions [role=option]"
DAY = STORY + "2023-11-17-2130-licenciement/"


@pytest.mark.parametrize("address", ["/search/", "/", "/nulle-part/"])
@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)], ids=["narrow", "wide"])
def test_suggestions_are_a_combobox_that_axe_finds_nothing_in(
    browser: Browser, site: str, address: str, width: int, *, dark: bool
) -> None:
    page = opened(browser, site + address, width=width, dark=dark)
    field = page.get_by_role("combobox", name="Chercher dans les archives")
    assert field.get_attribute("aria-expanded") == "false"
    field.fill("altm")
    page.locator(OPTIONS, has_text="Mot").wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    count = page.locator(OPTIONS).count()
    assert page.inner_text(".combo [aria-live]").endswith(str(count))
    assert page.locator(OPTIONS).last.inner_text().split() == ["Altman", "Mot"]
    page.keyboard.press("ArrowDown")
    chosen = page.locator(OPTIONS + "[aria-selected=true]")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#suggestions").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.keyboard.press("Escape")
    assert page.locator(OPTIONS).count() == 0
    assert field.input_value() == "altm"
    page.context.close()


def test_suggestions_are_taken_by_keyboard_and_by_pointer(browser: Browser, site: str) -> None:
    page = opened(browser, site + "/search/", width=1280, dark=False)
    field = page.get_by_role("combobox")
    field.fill("sam altm")  # at once: what was suggested for "sam alt" is not taken any more
    page.locator(OPTIONS, has_text="Altman Mot").wait_for()
    page.keyboard.press("ArrowUp")
    assert page.locator(OPTIONS).last.get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")  # the field itself, between the last and the first
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert field.input_value() == "sam Altman "
    assert page.url == site + "/search/"
    field.fill("licenc")
    page.locator(OPTIONS, has_text="Mot").first.click()
    assert field.input_value().startswith("licenc")
    assert field.evaluate("field => field === document.activeElement")
    field.fill("l’affaire alt")
    page.locator(OPTIONS, has_text="Article").first.click()
    page.wait_for_url(site + STORY)
    page.context.close()


def test_enter_searches_for_what_is_typed_whatever_is_suggested(
    browser: Browser, site: str
) -> None:
    page = opened(browser, site + "/", width=1280, dark=False)
    page.get_by_role("combobox").press_sequentially("altm")
    page.locator(OPTIONS).first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(site + "/search/?q=altm")
    page.go_back()
    page.get_by_role("combobox").press_sequentially("x")
    page.keyboard.press("Tab")
    page.wait_for_timeout(300)
    assert page.locator(OPTIONS).count() == 0
    page.context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_hit_opens_the_page_at_its_words_which_are_marked(
    browser: Browser, site: str, *, dark: bool
) -> None:
    page = opened(browser, site + "/search/?q=licenci%C3%A9+altman", width=360, dark=dark)
    page.set_viewport_size({"width": 360, "height": 240})
    mark = page.locator("mark").first.evaluate("mark => getComputedStyle(mark).backgroundColor")
    page.locator(".result h2 a").first.click()
    page.wait_for_url(f"**{DAY}*")
    page.wait_for_function("scrollY > 0")
    word = "getComputedStyle(document.querySelector('main'), '::target-text').backgroundColor"
    assert page.evaluate(word) == mark
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_who_mistypes_finds_the_day_narrows_to_its_year_and_subscribes(
    browser: Browser, site: str, *, script: bool
) -> None:
    page = opened(browser, site + "/", width=360, dark=False, script=script)
    page.locator("#q").press_sequentially("licencie altmna")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=licencie+altmna")
    assert page.locator("#q").input_value() == "licencie altmna"
    assert "1 article avec licencie et Altman" in page.inner_text(".read")
    found = page.locator(".result")
    assert found.count() == 1
    assert found.locator(".of").inner_text().startswith("L’affaire Altman")
    assert found.locator("time").get_attribute("datetime") == "2023-11-17T21:30:00+01:00"
    assert set(found.locator("mark").all_inner_texts()) == {"Altman", "licencié"}
    page.get_by_text("Restreindre").click()
    page.get_by_role("link", name="2023", exact=True).and_(page.locator(".facets a")).click()
    page.wait_for_url("**&before=2024&**")
    assert "1 article avec licencie et Altman, en 2023" in page.inner_text(".read")
    assert page.get_by_role("link", name="Retirer 2023").is_visible()
    feed = page.locator(".subscribe a", has_text="Atom").get_attribute("href")
    assert feed == "/search/feed.atom?after=2023&before=2024&q=licencie+Altman"
    with urllib.request.urlopen(site + feed, timeout=10) as answer:
        assert DAY in answer.read().decode()
    if not script:
        # dates can be typed, and keep what else was asked
        page.get_by_label("Avant").fill("2023-11-18")
        page.get_by_label("Avant").press("Enter")
        page.wait_for_url("**before=2023-11-18**")
        assert found.count() == 1
    found.locator("h2 a").click()
    page.wait_for_url(f"**{DAY}*")
    page.context.close()


@pytest.mark.parametrize("address", ["/feed.rss", "/feed.atom", STORY + "feed.atom"])
@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)], ids=["narrow", "wide"])
def test_a_feed_opened_in_a_browser_can_be_read(
    browser: Browser, site: str, address: str, width: int, *, dark: bool
) -> None:
    page = opened(browser, site + address, width=width, dark=dark, script=False)
    title = page.locator(":is(channel, feed) > title")
    assert title.is_visible()
    told = "title => getComputedStyle(title, '::before').content"
    assert "Ceci est un flux." in title.evaluate(told)
    entries = page.locator("item, entry")
    assert entries.count() > 10
    for part in ("title", ":is(description, summary)", ":is(pubDate, published)"):
        assert entries.first.locator(f"> {part}").is_visible(), part
    # nothing but what is meant to be read
    assert page.locator(":is(guid, id, encoded, content, ttl, updated):visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_the_address_of_a_feed_is_copied(browser: Browser, site: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site + "/feeds/")
    page.get_by_role("button", name="Copier l’adresse Atom de Corrections").click()
    page.locator("button", has_text="Copié").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == site + "/corrections/feed.atom"
    assert copied in page.locator("[role=status]").inner_text()
    context.close()


def test_html_validate_finds_nothing(site: str, tmp_path: Path) -> None:
    command = shutil.which("html-validate")
    needed(command is not None, "html-validate (npm install -g html-validate@10)")
    for number, address in enumerate(PAGES.values()):
        try:
            with urllib.request.urlopen(site + address, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read()
        (tmp_path / f"{number}.html").write_bytes(text)
    (tmp_path / ".htmlvalidate.json").write_text(
        # long titles are their authors'; the sanitiser writes checked="", which HTML allows too
        '{"root": true, "extends": ["html-validate:recommended"], "rules":'
        ' {"long-title": "off", "attribute-boolean-style": "off"}}',
        encoding="utf-8",
    )
    run = subprocess.run(
        [str(command), "--formatter", "text", "."], cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
