"""What a question about a site would get, told before anybody asks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from territory.rules.answerability import Answer, SiteFacts, judge

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SITE = SiteFacts(
    has_public_address=True,
    has_sessions=True,
    has_port_blocks=False,
    awaits_port_blocks=False,
    translations_at=None,
    peak=17,
    sharing=0,
    online=3,
)


@pytest.mark.parametrize(
    ("site", "answer", "devices", "word"),
    [
        (SITE, Answer.AMBIGUOUS, 17, "jusqu'à 17 appareils."),
        (replace(SITE, peak=0), Answer.AMBIGUOUS, 1, "jusqu'à un appareil."),
        (replace(SITE, peak=40, sharing=2), Answer.AMBIGUOUS, 40, "avec 2 autres lieux derrière"),
        (replace(SITE, has_port_blocks=True), Answer.SURELY, 1, "ses propres ports"),
        (replace(SITE, awaits_port_blocks=True), Answer.AMBIGUOUS, 17, "Rien ne dit depuis quand"),
        (replace(SITE, translations_at=NOW), Answer.SURELY, 1, "dit par quel port"),
        # Silent for days: nobody was online, or its log no longer comes.
        (
            replace(SITE, translations_at=NOW - timedelta(days=9), online=0),
            Answer.SURELY,
            1,
            "dit par quel port",
        ),
        (
            replace(SITE, translations_at=NOW - timedelta(days=9)),
            Answer.AMBIGUOUS,
            17,
            "ne dit plus ses traductions depuis le 11/11/2026",
        ),
        (
            replace(SITE, has_public_address=False, has_port_blocks=True),
            Answer.NOT,
            0,
            "Aucune adresse publique",
        ),
        (replace(SITE, has_sessions=False), Answer.NOT, 0, "Aucune session"),
    ],
)
def test_what_is_told_beforehand(site: SiteFacts, answer: Answer, devices: int, word: str) -> None:
    """Surely, ambiguous with how many, or not, because...; and what would make it sure."""
    told = judge(site, NOW)
    assert (told.answer, told.devices) == (answer, devices)
    assert word in told.why
    assert bool(told.remedy) is (answer is not Answer.SURELY)
    assert told.answer.french
