"""How far something has followed the catalogue's change log, as it keeps that with what it made."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the change log of one catalogue."""

    #: which catalogue, and which version of this program followed it
    made: str
    #: of the last change that was followed
    sequence: int
    #: microseconds from 1970 UTC: embargoes that ended by then
    until: int
    #: the last change there was when it was begun: up to there it is made as a whole
    whole: int = 0

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """What ``unparse`` wrote; None for anything else."""
        made, *numbers = text.split(" ")
        if len(numbers) != 3 or not all(each.lstrip("-").isdecimal() for each in numbers):
            return None
        return cls(made, *map(int, numbers))

    def unparse(self) -> str:
        """As it is kept."""
        return f"{self.made} {self.sequence} {self.until} {self.whole}"

    @property
    def is_whole(self) -> bool:
        """Whether all is in that there was when it was begun."""
        return self.sequence >= self.whole

    def follows(self, catalogue: str) -> bool:
        """Whether it is of a catalogue, by what that says of its making."""
        return self.made.partition(".")[0] == catalogue

    def reached(self, sequence: int, until: int) -> "Position":
        """Further on."""
        return replace(self, sequence=sequence, until=until)
