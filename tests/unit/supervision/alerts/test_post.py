"""When a message that was not taken is tried again, and when no more."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from supervision.alerts.letters import Written
from supervision.alerts.post import after_failure, attempt
from supervision.alerts.records import Message
from territory.errors import Unavailable
from territory.messages.webhook import AskedToWait
from tests.unit.supervision.alerts.ground import HOUR, MINUTE, NOW

MESSAGE = Message(
    UUID(int=1), "anne", Written("Panne", "Muet.", "critical", "https://x.example"), NOW, NOW
)
AWAY = Unavailable("the service answers (502)")


def test_later_each_time_until_it_is_a_day_old() -> None:
    """Half a minute, then twice as long, half an hour at most; a day, and it is given up."""
    message, now, pauses = MESSAGE, NOW, []
    while message.is_waiting:
        message = after_failure(message, AWAY, now)
        pauses.append(message.next_try_at - now)
        now = message.next_try_at
    assert pauses[:3] == [timedelta(seconds=30), MINUTE, 2 * MINUTE]
    assert max(pauses) == HOUR / 2
    assert message.given_up_at is not None
    assert timedelta(days=1) <= message.given_up_at - NOW < timedelta(days=1) + HOUR
    assert message.failure == str(AWAY)
    assert len(pauses) == message.tries < 60


def test_a_service_that_asks_for_rest_gets_it() -> None:
    """As long as it says, however often it was tried."""
    for tries in (0, 9):
        tried = after_failure(replace(MESSAGE, tries=tries), AskedToWait("429", 7.0), NOW)
        assert tried.next_try_at - NOW == timedelta(seconds=7)


async def test_who_is_no_longer_named_is_not_written_to() -> None:
    """The message ends, and says why."""
    tried = await attempt(MESSAGE, {}, NOW)
    assert tried.given_up_at == NOW
    assert not tried.is_waiting
