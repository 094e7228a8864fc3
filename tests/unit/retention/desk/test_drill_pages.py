"""What the page of drills says of each pair, and to whom it says what to type."""

from datetime import timedelta

import pytest

from retention.desk.drill_pages import Standing, last_proofs, next_of, stands
from retention.keys.ceremonies import PairDrill
from tests.evidence import at

NOW = at("2026-11-20 14:00")
DAY = timedelta(days=1)
AB = PairDrill("anne", "bruno", NOW - 10 * DAY, NOW + 82 * DAY)
AC = PairDrill("anne", "clara", NOW - 90 * DAY, NOW + 2 * DAY)
BC = PairDrill("bruno", "clara", None, NOW)


@pytest.mark.parametrize(
    ("pair", "standing"),
    [(AB, Standing.DONE), (AC, Standing.SOON), (BC, Standing.OVERDUE)],
)
def test_a_pair_is_told_before_it_is_overdue(pair: PairDrill, standing: Standing) -> None:
    """A fortnight before, it is time; from its instant on, it is late."""
    assert stands(pair, NOW) is standing


def test_each_custodian_has_their_own_last_proof_and_next_drill() -> None:
    """Proved with anyone is proved; next comes the pair that is due first; strangers have none."""
    pairs = [AB, AC, BC]
    assert last_proofs(pairs) == {
        "anne": AB.proved_at,
        "bruno": AB.proved_at,
        "clara": AC.proved_at,
    }
    assert [next_of(who, pairs) for who in ("anne", "bruno", "dora")] == [AC, BC, None]
