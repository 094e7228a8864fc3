"""A day of a site as a picture."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.console.site_page.curve import HEIGHT, WIDTH, draw
from portal.console.site_page.portrait import Sample
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def sample(minutes_ago: int, people: int = 0, state: State = State.UP) -> Sample:
    """How the site was so long ago."""
    return Sample(NOW - timedelta(minutes=minutes_ago), people, state)


def test_people_rise_to_the_top_and_a_hole_is_no_line() -> None:
    """The most people touch the headroom; where nothing was sampled, nothing is drawn."""
    curve = draw([sample(65), sample(60, 8), sample(10, 4), sample(5)], NOW)
    assert curve is not None
    assert curve.line == "M1375 100L1380 6 M1430 53L1435 100"
    assert curve.area == "M1375 100L1380 6V100H1375Z M1430 53L1435 100V100H1430Z"
    assert curve.peak == sample(60, 8)
    assert [tick.hour for tick in curve.ticks] == [14, 20, 2, 8, 14]


def test_the_band_follows_the_state() -> None:
    """A sample stands for the five minutes after it; a hole ends what was before it."""
    down = [sample(15, state=State.DOWN), sample(10, state=State.DOWN)]
    curve = draw([sample(125), sample(120), *down, sample(5)], NOW)
    assert curve is not None
    assert [(band.x, band.width, band.state) for band in curve.bands] == [
        (1315, 10, State.UP),
        (1425, 10, State.DOWN),
        (1435, 5, State.UP),
    ]


def test_too_little_is_no_picture() -> None:
    """One sample is a dot, and says less than the figure beside it."""
    assert draw([], NOW) is None
    assert draw([sample(5, 3)], NOW) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 1439), st.integers(0, 9999), st.sampled_from(State)),
        min_size=2,
        unique_by=lambda each: each[0],
    )
)
def test_nothing_leaves_the_frame(days: list[tuple[int, int, State]]) -> None:
    """Whatever was sampled, in whatever rhythm: bands lie apart, in order, inside the day."""
    curve = draw([sample(*each) for each in sorted(days, reverse=True)], NOW)
    assert curve is not None
    end = 0
    for band in curve.bands:
        assert end <= band.x
        assert band.width >= 0
        end = band.x + band.width
    assert end <= WIDTH
    numbers = [int(part) for part in curve.line.replace("M", " ").replace("L", " ").split()]
    assert all(0 <= x <= WIDTH for x in numbers[::2])
    assert all(0 <= y <= HEIGHT for y in numbers[1::2])
