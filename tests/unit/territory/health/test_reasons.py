"""The words technicians read."""

import pytest

from territory.health.reasons import Reason


@pytest.mark.parametrize("reason", Reason)
def test_a_cause_comes_with_a_first_thing_to_try(reason: Reason) -> None:
    """Whoever learns what is wrong learns what to do; sentences end as sentences."""
    words = reason.value
    assert bool(words.cause) == bool(words.first_thing)
    assert all(part.endswith((".", "?")) for part in (words.observed, words.cause) if part)


def test_the_words_are_one_text() -> None:
    """Observed, likely cause, first thing to try: in this order, in one line."""
    text = str(Reason.ALONE_SILENT.value)
    observed, cause, first_thing = (
        text.index(part) for part in ("Ne répond plus", "Cause probable :", "À essayer d’abord :")
    )
    assert observed < cause < first_thing
    assert "\n" not in text
