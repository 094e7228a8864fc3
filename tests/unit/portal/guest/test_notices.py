"""A refused log-in always says what to do next, in words of ours."""

import pytest

from portal.gateways.vocabulary import Arrival, Refusal, Situation
from portal.guest.notices import NOTICES, notice_of
from territory.identifiers import MacAddress

PHONE = MacAddress.parse("8a:56:7e:f9:10:e4")


@pytest.mark.parametrize(
    ("refusal", "reply", "word"),
    [
        (Refusal.REJECTED, "", "rejected"),
        (Refusal.NO_ANSWER, "", "no-answer"),
        (Refusal.OTHER, "", "other"),
        (None, "", "other"),
        (Refusal.REJECTED, "Votre temps de connexion est termine. [ended]", "ended"),
        (Refusal.REJECTED, "Vous avez utilise tout votre volume. [used_up]", "used_up"),
        (Refusal.REJECTED, "Code refuse [credential_expired]", "rejected"),
        (Refusal.REJECTED, "Code refuse [made up] ", "rejected"),
        (Refusal.REJECTED, "<script>alert(1)</script>", "rejected"),
        (Refusal.REJECTED, "[used_up] ignored when not last", "rejected"),
        (Refusal.REJECTED, "[left]", "left"),
    ],
)
def test_the_word_of_a_refusal(refusal: Refusal | None, reply: str, word: str) -> None:
    """RADIUS's own reason where it is one of ours, else what the gateway means."""
    arrival = Arrival(Situation.REFUSED, PHONE, refusal=refusal, reply=reply)
    assert notice_of(arrival) == word


def test_every_refusal_has_its_notice() -> None:
    """And every notice says what to do next."""
    assert {refusal.value for refusal in Refusal} <= set(NOTICES)
    assert all(notice.title and notice.advice for notice in NOTICES.values())


def test_news_is_not_shown_as_a_failure() -> None:
    """Having logged off, new terms, a time that is over: nobody did anything wrong."""
    assert {word for word, notice in NOTICES.items() if not notice.is_bad} == {
        "left",
        "terms",
        "ended",
        "closed",
    }
