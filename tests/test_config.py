"""Settings: where they come from, what is refused and how it is said."""

from pathlib import Path

import pytest

from newsarchive.config import FILE, load_config
from newsarchive.errors import ConfigError


def write(folder: Path, text: str, name: str = FILE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_without_a_file_there_are_sensible_settings(tmp_path: Path) -> None:
    config = load_config(environ={}, directory=tmp_path)
    assert config.articles_dir == tmp_path / "articles"
    assert config.data_dir == tmp_path / "data"
    assert config.site_url == "http://127.0.0.1:8000"
    assert set(config.origins.values()) == {"default"}


def test_the_file_is_found_upwards_and_its_paths_are_relative_to_it(tmp_path: Path) -> None:
    file = write(tmp_path, 'title = "Le Phare"\narticles_dir = "textes"\nport = 8080\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    config = load_config(environ={}, directory=tmp_path / "a" / "b")
    assert (config.title, config.port) == ("Le Phare", 8080)
    assert config.articles_dir == tmp_path / "textes"
    assert config.data_dir == tmp_path / "data"
    assert config.origins["title"] == str(file)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'title = "Le Phare"\nport = 8080\n')
    environ = {"NEWSARCHIVE_PORT": "9000", "NEWSARCHIVE_ARTICLES_DIR": "x", "HOME": "/"}
    config = load_config(environ=environ, directory=tmp_path)
    assert (config.title, config.port) == ("Le Phare", 9000)
    assert config.articles_dir == tmp_path / "x"
    assert config.origins["port"] == "NEWSARCHIVE_PORT"


def test_an_archive_can_carry_its_own_settings(tmp_path: Path) -> None:
    write(tmp_path / "articles", 'title = "Emportée"\nlanguage = "fr"\n')
    config = load_config(environ={}, directory=tmp_path)
    assert (config.title, config.language) == ("Emportée", "fr")
    assert config.data_dir == tmp_path / "data"


def test_the_settings_an_archive_carries_go_with_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "articles", 'title = "Emportée"\n')
    environ = {"NEWSARCHIVE_ARTICLES_DIR": str(tmp_path / "others")}
    assert load_config(environ=environ, directory=tmp_path).title == "Archive"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('titel = "x"\n', "titel: not a setting; there are title, description"),
        ("port = 99999\n", "port: a number from 0 to 65535 is wanted"),
        ("port = true\n", "port: a number"),
        ('language = "klingon"\n', "language: a language is wanted, as fr or en-GB"),
        ('timezone = "Europe/Atlantis"\n', "timezone: a time zone is wanted, as Europe/Paris"),
        ('timezone = "../../etc/passwd"\n', "timezone: a time zone is wanted"),
        ('site_url = "example.org"\n', "site_url: scheme and host are wanted"),
        ('site_url = "https://example.org/blog"\n', "site_url: scheme and host are wanted"),
        ('site_url = "https://[::1"\n', "site_url: scheme and host are wanted"),
        ('tag_authority = "example.org"\n', "tag_authority: a host and a date when it was yours"),
        ("title = 3\n", "title: a text in quotes is wanted"),
        ('title = ""\n', "title: a text in quotes is wanted"),
        ("title = \n", "is not TOML"),
        ('data_dir = "articles/data"\n', "data_dir: cannot lie inside articles_dir"),
    ],
)
def test_a_bad_setting_is_one_clear_line(tmp_path: Path, text: str, told: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(environ={}, directory=tmp_path)
    assert told in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_variable_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="NEWSARCHIVE_TITEL: titel: not a setting"):
        load_config(environ={"NEWSARCHIVE_TITEL": "x"}, directory=tmp_path)


def test_a_missing_file_that_was_named_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml", environ={}, directory=tmp_path)


def test_the_carried_file_cannot_move_the_folders(tmp_path: Path) -> None:
    write(tmp_path / "articles", 'data_dir = "/tmp/x"\n')
    with pytest.raises(ConfigError, match="cannot be set by the file inside the articles folder"):
        load_config(environ={}, directory=tmp_path)
