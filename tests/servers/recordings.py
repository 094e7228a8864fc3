"""The recorded exchanges of tests/data, read as values."""

from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True, slots=True)
class Step:
    """What a phone asked of the recorded gateway, and where it was sent."""

    asked: str
    location: str


def steps() -> dict[str, Step]:
    """Return the browser's side of the recorded CoovaChilli exchange, by name, in order."""
    asked: dict[str, str] = {}
    located: dict[str, str] = {}
    for line in (DATA / "portal/coovachilli-1.7.txt").read_text().splitlines():
        name, direction, *rest = line.split(" ")
        (asked if direction == ">" else located)[name] = rest[-1]
    return {name: Step(asked[name], located[name]) for name in asked}


def packets(kind: str) -> list[bytes]:
    """Return the packets of one kind of the recorded CoovaChilli exchange, in order."""
    lines = (DATA / "simulation/coovachilli-1.7.txt").read_text().splitlines()
    return [bytes.fromhex(line.split()[-1]) for line in lines if line.split()[0] == kind]
