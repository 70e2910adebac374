"""``init``: a folder becomes an archive; what is there already stays as it is."""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.commands import terminal
from newsarchive.commands.writes import make_id

if TYPE_CHECKING:
    from newsarchive.config import Config

#: what newsarchive.toml says of each key, in its order
EXPLAINED = {
    "title": "name of the site",
    "description": "one sentence under it",
    "site_url": "where readers find the site: scheme and host, no path",
    "language": "of the pages, and of entries that name no other: fr, en, en-GB",
    "timezone": "of dates that name no other",
    "tag_authority": "part of every permanent id (RFC 4151); never change it, whatever the host",
    "articles_dir": "the Markdown files; relative to the folder of this file",
    "data_dir": "what is made from them; may be deleted at any time",
    "host": "address that serve listens on; 0.0.0.0 is every one this machine has",
    "port": "port that serve listens on",
    "page_size": "entries on a page of a list",
    "running_days": "days for which an open story leads the home page after its last update",
    "feed_full_text": "whether feeds give whole texts; false: summaries",
    "feed_markdown": "whether feeds give the Markdown too (source:markdown)",
    "search_engine": "what looks for words: whoosh; tantivy for large archives (an extra)",
    "access_log": "a line for each request on standard error: text, json or none",
    "hub": "WebSub hub that is told of what is new, as https://hub.example.org/; empty for none",
}

EXAMPLES = {
    "en": (
        "Hello",
        "Example",
        """\
This article is a file, `articles/{path}`. Open it in an editor, change a word and save:
the page has changed before you are back.

A story that develops is a folder. Its `index.md` says what is known, and each dated file
beside it, such as `2023-11-18.md`, is an update with an address of its own, in every feed.""",
    ),
    "fr": (
        "Bienvenue",
        "Exemple",
        """\
Cet article est un fichier, `articles/{path}`. Ouvrez-le dans un éditeur, changez un mot,
enregistrez : la page a changé avant que vous n’y reveniez.

Une affaire qui évolue est un dossier. Son `index.md` dit ce que l’on sait, et chaque fichier
daté à côté de lui, comme `2023-11-18.md`, est un épisode qui a son adresse, dans tous les flux.""",
    ),
}


@click.command(
    epilog="""\b
Examples:
  newsarchive init my-archive --title "The Harbour Record" --timezone Europe/London
  newsarchive init --language fr --authority example.org,2026
"""
)
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--title", metavar="TEXT", help="Name of the site; else the folder's name.")
@click.option("--language", metavar="CODE", help="fr, en, en-GB…; else the one of your shell.")
@click.option("--timezone", metavar="NAME", help="As Europe/Paris; else the one of this machine.")
@click.option("--authority", metavar="HOST[,DATE]", help="For permanent ids; else one is made.")
@click.option(
    "--site-url", envvar="NEWSARCHIVE_SITE_URL", metavar="URL", help="As https://example.org."
)
def init(folder: Path, **wanted: str | None) -> None:
    """Make a folder an archive.

    It gets settings, an example article and a .gitignore. What is there already is never
    overwritten.
    """
    from newsarchive import articles
    from newsarchive.config import FILE, load_config

    text = _settings(folder.resolve(), wanted, str(datetime.now().astimezone().year))
    made = []
    # an archive may carry its settings in its articles folder
    if (folder / FILE).exists() or (folder / "articles" / FILE).exists():
        config = load_config(environ={}, directory=folder)
        _say_what_is_missing(config, text)
    else:
        _try(text)
        folder.mkdir(parents=True, exist_ok=True)
        made.append(articles.create(folder, FILE, text))
        config = load_config(folder / FILE, environ={})
    if not (config.articles_dir.is_dir() and any(config.articles_dir.iterdir())):
        config.articles_dir.mkdir(parents=True, exist_ok=True)
        made.append(_example(config))
    if not (folder / ".gitignore").exists():
        made.append(articles.create(folder, ".gitignore", "/data/\n"))
    for path in made:
        click.echo(f"made {terminal.shown(path)}")
    go = "" if folder.resolve() == Path.cwd() else f"cd {terminal.shown(folder)}\n  "
    click.echo(f'\nNext:\n  {go}newsarchive serve --open\n  newsarchive new article "A title"')


def _settings(folder: Path, wanted: dict[str, str | None], year: str) -> str:
    """The text of newsarchive.toml: what is chosen, and all the rest as comments."""
    import json

    from newsarchive.config import Config

    chosen = {
        "title": wanted["title"] or folder.name or "Archive",
        "language": wanted["language"] or _language(),
        "timezone": wanted["timezone"] or _timezone(),
        "tag_authority": _authority(wanted["authority"], wanted["site_url"], folder.name, year),
    }
    if wanted["site_url"]:
        chosen["site_url"] = wanted["site_url"]
    lines = ["# Settings. Each can also be set in the environment, as NEWSARCHIVE_TITLE and so on."]
    for key, explained in EXPLAINED.items():
        value = chosen.get(key, getattr(Config(), key))
        plain = value if isinstance(value, int) else str(value)
        written = json.dumps(plain, ensure_ascii=False)  # TOML writes these as JSON does
        lines += ["", f"# {explained}", f"{'' if key in chosen else '# '}{key} = {written}"]
    return "\n".join(lines) + "\n"


def _language() -> str:
    """The language of the shell, if the site speaks it."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "fr" if said.startswith("fr") else "en"


def _timezone() -> str:
    """The time zone of this machine."""
    named = os.environ.get("TZ", "").lstrip(":")
    linked = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    good = r"(?!Etc/)[A-Z]\w+(/[\w+-]+)+"
    return next((name for name in (named, linked) if re.fullmatch(good, name)), "UTC")


def _authority(given: str | None, site_url: str | None, folder: str, year: str) -> str:
    """A name that nobody else has, and when it was ours (RFC 4151, 2.1)."""
    if given:
        return given if "," in given else f"{given},{year}"
    from urllib.parse import urlsplit

    host = (urlsplit(site_url).hostname or "") if site_url else ""
    if re.search(r"[a-z]", host) and "." in host:
        return f"{host},{year}"
    import secrets

    from newsarchive.permalink import slug

    name = re.sub(r"[^a-z0-9-]", "", slug(folder))[:40].strip("-") or "archive"
    return f"{name}-{secrets.token_hex(4)}.invalid,{year}"


def _try(text: str) -> None:
    """Read the settings before they are written.

    Raises:
        ConfigError: one of them cannot be meant.
    """
    from tempfile import TemporaryDirectory

    from newsarchive.config import FILE, load_config
    from newsarchive.errors import ConfigError

    with TemporaryDirectory(prefix="newsarchive-") as folder:
        path = Path(folder) / FILE
        path.write_text(text, encoding="utf-8")
        try:
            load_config(path, environ={})
        except ConfigError as error:
            said = str(error).removeprefix(f"{path}: {error.key}: ")
            option = error.key.removeprefix("tag_").replace("_", "-")
            raise ConfigError(f"--{option}", "", said) from None


def _say_what_is_missing(config: "Config", text: str) -> None:
    """Of settings that are there already: the one line that makes ids permanent."""
    if config.origins["tag_authority"] == "default":
        line = next(line for line in text.splitlines() if line.startswith("tag_authority"))
        click.echo(f"newsarchive.toml is left as it is; add this line to it:\n{line}")
    else:
        click.echo("newsarchive.toml is left as it is")


def _example(config: "Config") -> Path:
    from newsarchive import articles, entryfile, permalink
    from newsarchive.entry import Moment

    title, tag, body = EXAMPLES["fr" if config.language.startswith("fr") else "en"]
    now = datetime.now(config.zone).replace(second=0, microsecond=0)
    path = f"{now:%Y}/{now:%Y-%m-%d}-{permalink.slug(title)}.md"
    text = entryfile.new_article(
        title, id=make_id(), date=Moment(now), tags=[tag], body=body.format(path=path)
    )
    return articles.create(config.articles_dir, path, text)
