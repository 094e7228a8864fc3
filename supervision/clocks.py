"""Whose clock is wrong, a NAS's or ours: the NAS that tell their time are compared. Pure."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from supervision.signs import CLOCK_UNTIL_SECONDS

LEAST_NAS: Final = 3
"""That must tell their time before they can be believed against us."""


def own_error(offsets: Sequence[float]) -> float:
    """Return by how much our own clock is behind, in seconds; 0 where nothing speaks against it.

    Half of the fleet does not go wrong by as much at once: where its median is off, we are.

    Args:
        offsets: by how much each NAS that tells its time is ahead of us.
    """
    if len(offsets) < LEAST_NAS:
        return 0.0
    common = median(offsets)
    return common if abs(common) > CLOCK_UNTIL_SECONDS else 0.0
