"""What benchmarks of one run share: the options, one PostgreSQL, and servers once started.

Everything opened through the arena is closed with it, in reverse order.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any, Self, TypeVar, cast

from tests.benchmarks.postgres import Cluster

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how often to measure."""

    seconds: float
    """Each measured window."""
    rounds: int
    """Windows of each side; they alternate, ours first."""
    subscribers: int
    """People known to the servers."""


class Arena:
    """Opens what a benchmark asks for, once, and closes it all at the end."""

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self.options = options
        self.say = say
        self._stack = ExitStack()
        self._opened: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def share(self, name: str, make: Callable[[], AbstractContextManager[_T]]) -> _T:
        """What `make` opens, the same for every benchmark that asks for `name`."""
        if name not in self._opened:
            self.say(f"starting {name}")
            self._opened[name] = self._stack.enter_context(make())
        return cast("_T", self._opened[name])

    def cluster(self) -> Cluster:
        """The one PostgreSQL that every side keeps its data in."""
        return self.share("PostgreSQL", Cluster)


def alternate(rounds: int, *sides: Callable[[], _T]) -> list[list[_T]]:
    """Each side's results over the rounds, the sides measured in turn, never at once."""
    results: list[list[_T]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, found in zip(sides, results, strict=True):
            found.append(side())
    return results


def middle(values: list[float]) -> float:
    """The median, rounded for reading."""
    return round(median(values), 2)
