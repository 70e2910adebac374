"""Full-text search: what engines are asked, the words of the languages, one file per engine."""

from newsarchive.config import Config
from newsarchive.search.engine import Engine
from newsarchive.search.vocabulary import Vocabulary

INDEX = "search"
WORDS = "words.sqlite3"


def open_engine(config: Config) -> Engine:
    """The engine of the settings, on its index in the data folder.

    Raises:
        SearchError: its library is not installed.
    """
    folder = config.data_dir / f"{INDEX}-{config.search_engine}"
    if config.search_engine == "tantivy":
        from newsarchive.search.tantivy import TantivyEngine  # noqa: PLC0415 - an extra

        return TantivyEngine(folder)
    from newsarchive.search.whoosh import WhooshEngine  # noqa: PLC0415 - the other one

    return WhooshEngine(folder)


def open_vocabulary(config: Config) -> Vocabulary:
    """The words of the archive."""
    return Vocabulary(config.data_dir / WORDS)
