"""Two custodians decide within some days of each other, and only while they are custodians."""

from datetime import timedelta
from uuid import UUID

import pytest

from retention.approvals import Approval, enough, has_agreed
from tests.evidence import at

NOW = at("2026-11-20 14:00")
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
ANNE, BRUNO = UUID(int=1), UUID(int=2)


def agreed(who: UUID, ago: timedelta = timedelta(0), is_theirs: bool = True) -> Approval:
    """Return an agreement given so long before NOW, that waits a week."""
    return Approval(who, f"{who.int}", "Vie en danger", NOW - ago, NOW - ago + WEEK, is_theirs)


@pytest.mark.parametrize(
    ("approvals", "decided"),
    [
        ([agreed(ANNE), agreed(BRUNO)], True),
        ([agreed(ANNE, WEEK - SECOND), agreed(BRUNO)], True),
        ([agreed(ANNE, WEEK), agreed(BRUNO)], False),
        ([agreed(ANNE, is_theirs=False), agreed(BRUNO)], False),
        ([agreed(ANNE), agreed(ANNE)], False),
        ([agreed(ANNE)], False),
        ([], False),
    ],
)
def test_two_different_agreements_that_count_decide(
    approvals: list[Approval], decided: bool
) -> None:
    """One that is as old as it may wait counts no more, nor does a former custodian's."""
    assert enough(approvals, NOW) is decided


def test_whoever_agreed_too_long_ago_may_agree_again() -> None:
    """What counts no more keeps nobody from deciding anew."""
    old, fresh = agreed(ANNE, WEEK), agreed(BRUNO)
    assert not has_agreed([old, fresh], ANNE, NOW)
    assert has_agreed([old, fresh], BRUNO, NOW)
