"""Guesses, counted in the database that all processes share."""

import asyncio
from datetime import timedelta

from portal.guest.parts import Portal
from portal.people.guesses import Guesser, Limit, forgive, may_guess
from tests.conftest import FixedClock

KEY = b"a key of guesses"
OF_DEVICE = Limit("device", 3, timedelta(minutes=10))
OF_SITE = Limit("site", 5, timedelta(minutes=10))


def who(device: str) -> list[Guesser]:
    """Return a device at the one site."""
    return [Guesser(OF_DEVICE, device), Guesser(OF_SITE, "town hall")]


async def test_one_that_is_shut_out_shuts_out_nobody_else(
    portal: Portal, clock: FixedClock
) -> None:
    """What is not looked at counts against nobody: else one device, which is refused for long,
    uses up what all of its site may do."""

    async def may(device: str) -> bool:
        return await may_guess(portal.pool, KEY, who(device), clock.now())

    assert [await may("eve") for _ in range(20)] == [True] * 3 + [False] * 17
    assert [await may("anne") for _ in range(3)] == [True, True, False]
    clock.advance(minutes=10)
    assert await may("eve")


async def test_a_thousand_at_once_are_as_many_as_may_be(portal: Portal, clock: FixedClock) -> None:
    """Counted before they are looked at."""
    asked = (may_guess(portal.pool, KEY, who("eve"), clock.now()) for _ in range(50))
    assert sum(await asyncio.gather(*asked)) == 3


async def test_what_was_right_leaves_room_for_another(portal: Portal, clock: FixedClock) -> None:
    """However often."""
    for _ in range(7):
        assert await may_guess(portal.pool, KEY, who("anne"), clock.now())
        await forgive(portal.pool, KEY, who("anne"), clock.now())
