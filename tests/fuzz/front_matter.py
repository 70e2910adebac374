"""Any bytes are a file: what is wrong with it are problems, and nothing is ever raised."""

import sys
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["newsarchive"]):
    from newsarchive.entryfile import Role, Site, parse
    from newsarchive.sanitise import printable

SITE = Site(zone=ZoneInfo("Europe/Paris"), lang="fr", authority="example.org,2026")
ROLES = (Role(), Role(story="2024/recit"), Role(has_updates=True))
HEADS = (b"", b"---\n", b"+++\n", b"{\n", b"---\ntitle: T\ndate: 2024-01-01\n")


def one(data: bytes) -> None:
    """A file, in one of its roles."""
    role, head = ROLES[len(data) % len(ROLES)], HEADS[sum(data[:1]) % len(HEADS)]
    parsed = parse("2024/recit/2024-01-02.md", head + data, SITE, role)
    for entry in parsed.entries:
        assert entry.title == printable(entry.title)
        assert entry.path
        assert entry.id
    assert all(problem.line > 0 for problem in parsed.problems)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
