"""``init`` and ``new``: what writes an author's files, each only where there is none yet."""

import os
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from newsarchive.commands import terminal

if TYPE_CHECKING:
    from newsarchive.config import Config
    from newsarchive.entry import Entry, Moment

ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 10
#: of a file's name, the part made from the title
_LONGEST_SLUG = 80


def make_id() -> str:
    """A new permanent id: ten letters and figures that nobody else will have."""
    import secrets

    return "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))


@click.group(
    invoke_without_command=True,
    epilog="""\b
Example:
  newsarchive new article "Cent ans de pages" --tag presse --edit
""",
)
@click.pass_context
def new(context: click.Context) -> None:
    """Begin an article, or an update of a story."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@new.command(
    epilog="""\b
Examples:
  newsarchive new article "Cent ans de pages"
  newsarchive new article "Crue" --date 2026-06-19 --tag climat --tag Seine --edit
"""
)
@click.argument("title")
@click.option("--date", metavar="DATE", help="2023-11-17 21:00, a day, month or year; else now.")
@click.option("--edit", is_flag=True, help="Open it in $VISUAL or $EDITOR.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="May be given several times.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="Likewise.")
@click.pass_context
def article(
    context: click.Context, /, title: str, date: str | None, edit: bool, **names: tuple[str, ...]
) -> None:
    """Create an article's file, and print its path."""
    from newsarchive import dates, entryfile

    config = terminal.settings(context)
    if not title.strip():
        raise click.ClickException('TITLE: a text is wanted, as in "Cent ans de pages"')
    _printable(title, *names["tags"], *names["authors"])
    moment = dates.parse(date, config.zone) if date else _now(config)
    text = entryfile.new_article(
        title, id=make_id(), date=moment, tags=names["tags"], authors=names["authors"]
    )
    day = dates.unparse(moment)[:10]
    stem = f"{day}-{_slug(title)}" if len(day) == 10 else _slug(title)
    _create(config, f"{day[:4]}/{stem}.md", text, edit=edit)


@new.command(
    epilog="""\b
Examples:
  newsarchive new update 2023/affaire-altman
  newsarchive new update articles/2023/affaire-altman "Un accord" --key --edit
"""
)
@click.argument("story")
@click.argument("title", default="")
@click.option("--edit", is_flag=True, help="Open it in $VISUAL or $EDITOR.")
@click.option("--key", is_flag=True, help="It is a key event of the story.")
@click.pass_context
def update(context: click.Context, story: str, title: str, edit: bool, key: bool) -> None:
    """Create the file of a story's update, and print its path.

    STORY is its path on the site, its folder, or its file.
    """
    from newsarchive import entryfile

    config = terminal.settings(context)
    _printable(title)
    folder = _story_folder(config, story)
    moment = _now(config)
    stem = moment.at.strftime("%Y-%m-%d-%H%M") + (f"-{_slug(title)}" if title.strip() else "")
    text = entryfile.new_update(title, id=make_id(), date=moment, key=key)
    _create(config, f"{folder}/{stem}.md", text, edit=edit)


def _printable(*texts: str) -> None:
    for text in texts:
        if "\ufffd" in terminal.plain(text):
            raise click.ClickException(
                f"a character that no page may hold: {terminal.plain(text)}; retype the text"
            )


def _now(config: "Config") -> "Moment":
    """The time it is, to the minute, where the site is."""
    from newsarchive.entry import Moment

    return Moment(datetime.now(config.zone).replace(second=0, microsecond=0))


def _slug(title: str) -> str:
    from newsarchive.permalink import slug

    whole = slug(title)
    if len(whole) <= _LONGEST_SLUG:
        return whole
    return whole[: _LONGEST_SLUG + 1].rpartition("-")[0] or whole[:_LONGEST_SLUG]


def _create(config: "Config", path: str, text: str, *, edit: bool) -> None:
    import subprocess

    from newsarchive import articles

    editor = _editor() if edit else []
    made = articles.create(config.articles_dir, path, text)
    click.echo(terminal.shown(made))
    if editor:
        try:
            subprocess.run([*editor, str(made)], check=False)  # noqa: S603 - the author's own editor
        except OSError as error:
            raise click.ClickException(f"{editor[0]}: {error.strerror}; set $EDITOR") from None


def _editor() -> list[str]:
    import shlex

    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not words:
        raise click.ClickException("--edit opens $VISUAL or $EDITOR, and neither is set")
    return words


def _story_folder(config: "Config", story: str) -> str:
    """The folder of a story, relative to the articles folder.

    Raises:
        click.ClickException: there is no such article, or it has no folder: says what to do.
    """
    for path in _candidates(config, story):
        for index in ("index.md", "_index.md"):
            if path and (config.articles_dir / path / index).is_file():
                return _leading(config, path, f"{path}/{index}")
        if path and (config.articles_dir / f"{path}.md").is_file():
            raise click.ClickException(_no_folder(config, path))
    raise click.ClickException(
        f"{story}: no such article in {terminal.shown(config.articles_dir)};"
        " give its path on the site, as 2023/affaire-altman"
    )


def _candidates(config: "Config", story: str) -> tuple[str, ...]:
    """What may be meant, relative to the articles folder and without ``.md``: as on disk first."""
    from urllib.parse import unquote, urlsplit

    from newsarchive.permalink import ARTICLES, path_of_file

    root, found = config.articles_dir.resolve(), []
    on_disk = Path(story).resolve()
    if on_disk.is_relative_to(root):
        found.append(on_disk.relative_to(root).as_posix())
    address = unquote(urlsplit(story).path if "://" in story else story).strip("/")
    found.append(address.removeprefix(ARTICLES.strip("/") + "/"))
    paths = [path_of_file(path) for path in found if ".." not in PurePosixPath(path).parts]
    return tuple(path for path in paths if path not in {"", "."})


def _read(config: "Config", file: str, *, has_updates: bool) -> "Entry | None":
    """The article that a file is."""
    from newsarchive import articles, entryfile
    from newsarchive.reading import site_of

    try:
        data, _ = articles.read(config.articles_dir, file)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None
    role = entryfile.Role(has_updates=has_updates)
    parsed = entryfile.parse(file, data, site_of(config), role)
    if not parsed.entries and not parsed.section:
        raise click.ClickException(f"{file}: cannot be read; newsarchive check says what is wrong")
    return parsed.entries[0] if parsed.entries else None


def _leading(config: "Config", folder: str, index: str) -> str:
    if _read(config, index, has_updates=True) is None:
        raise click.ClickException(
            f"{folder}: a section, not an article; to make it one, add type: story to {index}"
        )
    return folder


def _no_folder(config: "Config", path: str) -> str:
    """What to do about a story that is a single file."""
    file = f"{path}.md"
    entry = _read(config, file, has_updates=False)
    if entry is not None and entry.is_story:
        day = f"{_now(config).at:%Y-%m-%d %H:%M}"
        return f"{file} is a story in one file: write the heading ## {day} Title in it"
    return f"{file} is a single file: move it to {path}/index.md, and it can have updates"
