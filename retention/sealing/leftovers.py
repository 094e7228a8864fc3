"""What a killed run left, told apart from what an absent or older archive folder no longer names.

Both look alike: files that no manifest names. A run seals one day after another and throws away
what is left before it begins, so a killed one leaves the next day's files, or the next parts of a
supplement or of a hold, and nothing else. Anything else was named by a manifest that is not there
any more, and destroying its key would destroy evidence. Pure: names in, a judgement out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from retention.manifests.chain import Chain

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.([a-z]+)\.(\d+)\.[0-9a-f]{16}\.parquet\.age")


@dataclass(frozen=True, slots=True)
class IndexedSegment:
    """A segment as the database's index knows it."""

    object_name: str
    is_purged: bool


def contradiction(chain: Chain, indexed: Iterable[IndexedSegment]) -> str | None:
    """Return an object that the index knows more of than the chain; None where there is none.

    The index follows the chain, always: a chain that is behind it has lost its end.
    """
    named = chain.objects()
    held = named - chain.ended().keys()
    ahead = (
        each.object_name
        for each in indexed
        if each.object_name not in named or (each.is_purged and each.object_name in held)
    )
    return next(ahead, None)


def unexplained(chain: Chain, strays: Iterable[str], first_held: date | None) -> list[str]:
    """Return the objects that no manifest names and that no killed run can have left.

    Args:
        chain: the manifests that are there.
        strays: objects, or keys of objects, that none of them names.
        first_held: the oldest day in the database, with which an empty chain would begin.
    """
    told = {name: _NAME.fullmatch(name) for name in strays}
    parts = {(m[1], m[2], int(m[3])) for m in told.values() if m}
    return sorted(
        name
        for name, match in told.items()
        if not (match and _may_be_left(chain, match, parts, first_held))
    )


def _may_be_left(
    chain: Chain, told: re.Match[str], parts: set[tuple[str, str, int]], first_held: date | None
) -> bool:
    day, category, part = told[1], told[2], int(told[3])
    if part == 0:
        return day == str(chain.next_day() or first_held)
    sealed = {str(link.day): link.day for link in chain.days()}
    if day not in sealed:
        return False
    following = chain.next_part(sealed[day], category)
    return part >= following and all((day, category, n) in parts for n in range(following, part))
