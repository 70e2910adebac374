"""The error tree: each error carries its subject and a sentence a user can act on.

ArchiveError
├── ConfigError          a setting that is unknown or has a bad value
├── QueryError           something a visitor asked that no list answers
├── DateError            a text that is no date
├── MetadataError        the head of a file cannot be read, or not within its bounds
├── ArticlesError        the articles folder, or a file to be written in it
├── CatalogueError       the catalogue cannot be opened, read or written
├── SearchError          the search index cannot be opened, read or written
└── WriterBusyError      another process is writing the catalogue
"""


class ArchiveError(Exception):
    """Base of every error this package raises on purpose.

    ``str(error)`` is one line, written for the person who can do something about it.
    """


class ConfigError(ArchiveError):
    """A setting is unknown or has a bad value."""

    def __init__(self, origin: str, key: str, message: str) -> None:
        #: where the value came from: a file, an environment variable, an option
        self.origin = origin
        #: the setting
        self.key = key
        super().__init__(f"{origin}: {key}: {message}" if key else f"{origin}: {message}")


class QueryError(ArchiveError):
    """A query parameter that cannot be read: names the parameter and what is allowed."""

    def __init__(self, parameter: str, allowed: str, **values: object) -> None:
        #: the query parameter
        self.parameter = parameter
        #: what is allowed, with ``%(name)s`` where ``values`` go, so that it can be translated
        self.allowed = allowed
        self.values = values
        super().__init__(f"{parameter}: {self.message}")

    @property
    def message(self) -> str:
        """What is allowed, in English."""
        return self.allowed % self.values


class DateError(ArchiveError):
    """A text that is no date this archive reads."""

    def __init__(self, text: str, message: str, remedy: str) -> None:
        #: the text as written
        self.text = text
        #: what is wrong with it
        self.message = message
        #: what to write instead
        self.remedy = remedy
        super().__init__(f"{message}: {text!r}; {remedy}")


class MetadataError(ArchiveError):
    """The metadata of a file cannot be read; never leaves the reading of that file."""

    def __init__(self, line: int, key: str, message: str, remedy: str) -> None:
        #: in the file; 1 is the first
        self.line = line
        #: what it is about; empty when that cannot be told
        self.key = key
        #: what is wrong
        self.message = message
        #: what to do about it
        self.remedy = remedy
        super().__init__(f"line {line}: {key}: {message}; {remedy}")


class ArticlesError(ArchiveError):
    """The articles folder is missing, or a file cannot be created in it."""

    def __init__(self, path: str, message: str) -> None:
        #: the file or folder
        self.path = path
        super().__init__(f"{path}: {message}")


class CatalogueError(ArchiveError):
    """The catalogue cannot be opened, read or written."""

    def __init__(self, path: str, message: str) -> None:
        #: the catalogue's file
        self.path = path
        super().__init__(f"{path}: {message}")


class SearchError(ArchiveError):
    """The search index cannot be opened, read or written."""

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        super().__init__(f"{path}: {message}")


class WriterBusyError(ArchiveError):
    """Another process holds the writer's lock."""

    def __init__(self, path: str, holder: str) -> None:
        #: the lock file
        self.path = path
        #: who holds it, as that process wrote it
        self.holder = holder
        super().__init__(
            f"{path}: the archive is being written by {holder}; only one may at a time"
        )
