"""Every Error-Cause has its words, and what to do next depends on it."""

import pytest

from radius.error_causes import NOT_OFFERED, WORDS, cause_label, words_of

RFC5176 = (201, 202, 401, 402, 403, 404, 405, 406, 407, 501, 502, 503, 504, 505, 506, 507, 508)
"""§3.5, the whole table."""
LATER = (509, 601)
"""RFC 5580 §4.6 Location-Info-Required, RFC 7930 §4 Response-Too-Big."""


def test_every_cause_of_the_rfcs_is_told() -> None:
    """In words of its own: no two causes read alike."""
    assert set(WORDS) == {*RFC5176, *LATER}
    assert len(set(WORDS.values())) == len(WORDS)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (503, "la passerelle ne connaît pas cette session"),
        (None, "la passerelle a refusé sans dire pourquoi"),
        (999, "refus de la passerelle, cause 999"),
    ],
)
def test_a_refusal_in_words(cause: int | None, words: str) -> None:
    """Also without a cause, as CoovaChilli and uspot refuse, or with one nobody knows."""
    assert words_of(cause) == words


def test_only_a_service_that_is_not_offered_is_asked_for_otherwise() -> None:
    """405 Unsupported Service, 406 Unsupported Extension: a Disconnect-Request may still work."""
    assert {405, 406} == NOT_OFFERED


def test_a_nas_cannot_make_labels_up() -> None:
    """A metric has a label for each known cause; a NAS may send any of 2^32."""
    assert [cause_label(cause) for cause in (503, None, 999, 2**32 - 1)] == [
        *("503", "none", "unknown", "unknown")
    ]
