"""The catalogue for its owner: problems, drafts, everything."""

from collections.abc import Iterator

from newsarchive.catalogue.rows import RowReader, entries_of, said
from newsarchive.entry import Entry, Problem, Severity


class InspectionReader(RowReader):
    """What no visitor is shown."""

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files, by path and line."""
        rows = self.rows(
            "SELECT file, line, message, remedy, severity FROM problem ORDER BY file, line, message"
        )
        return tuple(Problem(r[0], r[1], r[2], r[3], Severity(r[4])) for r in rows)

    def unknown_keys(self) -> tuple[tuple[str, str, int, int], ...]:
        """Unknown keys: name, the first file and line, in how many files."""
        rows = self.rows(
            "SELECT name, file, min(line), (SELECT count(DISTINCT file) FROM unknown_key o"
            " WHERE o.name = u.name) FROM unknown_key u WHERE file = (SELECT min(file) FROM"
            " unknown_key o WHERE o.name = u.name) GROUP BY name ORDER BY name"
        )
        return tuple((r[0], r[1], r[2], r[3]) for r in rows)

    def claims(self) -> tuple[tuple[str, str, str], ...]:
        """The id, path and file of every entry."""
        return tuple((r[0], r[1], r[2]) for r in self.rows("SELECT id, path, file FROM entry"))

    def every_entry(self, *, bodies: bool = True) -> Iterator[Entry]:
        """Every entry with its body, drafts and the embargoed too, by file and line."""
        body = ", body" if bodies else ""
        for row in self.rows(f"SELECT path FROM entry ORDER BY file, {said('line')}"):
            rows = self.rows(f"SELECT metadata, digest{body} FROM entry WHERE path = ?", (row[0],))
            yield from entries_of(rows)
