"""A record and the sessions of its name: whose it is, and under which key."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg.pgproto import pgproto
from hypothesis import given
from hypothesis import strategies as st

from radius.accounting import Record, read_accounting_request
from radius.reused_sessions import Known, in_order, place_all, place_one, report_of
from territory.rules.session import Session, fold
from territory.rules.session_key import later_session_key
from tests.unit.radius.sample import NAS, NOW, STATION, accounting, attribute

NAMED = attribute(44, b"s-1") + attribute(31, STATION)


def record(kind: int, seconds: int, *more: bytes, **changes: Any) -> Record:
    """Return a record received so many seconds after NOW."""
    packet = accounting(attribute(40, kind), NAMED, *more)
    read = read_accounting_request(packet, NAS, NOW + timedelta(seconds=seconds))
    assert isinstance(read, Record)
    return read._replace(**changes)


START, END = record(1, 0), record(2, 90, attribute(46, 90))
KEY = START.session_key


def known(*records: Record, key: UUID = KEY, first_key: UUID | None = None) -> Known:
    """Return the one session that these records make."""
    (session,) = fold(map(report_of, records))
    return Known(key, first_key, session)


def test_a_record_of_the_known_session_keeps_its_key() -> None:
    """The event is as told; without an age, the row counts it from the start."""
    placed = place_one(record(3, 60), [known(START)])
    assert (placed.told.session_key, placed.told.first_key, placed.is_new) == (KEY, None, False)
    assert (placed.told.session_seconds, placed.row.session_seconds) == (0, 60)
    assert placed.row.started_at == NOW


def test_a_start_after_the_end_gets_a_key_of_its_own() -> None:
    """Made of the name's first key and its beginning: the same in every server."""
    again = record(1, 200)
    placed = place_one(again, [known(START, END)])
    key = later_session_key(KEY, again.started_at)
    assert (placed.told.session_key.bytes, placed.told.first_key) == (key, KEY)
    assert placed.is_new
    assert placed.row == placed.told


def test_what_follows_finds_the_newest() -> None:
    """An interim of the second session, among two."""
    again = record(1, 200)
    second = known(again, key=UUID(int=7), first_key=KEY)
    first = known(START, END, first_key=KEY)
    told = record(3, 260, attribute(46, 60))
    assert place_one(told, [first, second]).told.session_key == UUID(int=7)
    assert place_one(END, [first, second]).told.session_key == KEY


def test_a_name_nothing_is_known_of_is_its_own_first() -> None:
    """Its row has left in between."""
    placed = place_one(START, [])
    assert (placed.told, placed.row, placed.is_new) == (START, START, False)


def test_placed_records_are_sorted_by_key() -> None:
    """Two batches must lock the same rows in the same order."""
    keys = [pgproto.UUID(bytes((n, *bytes(15)))) for n in (3, 1, 2)]
    told = [START._replace(session_key=key) for key in keys]
    assert [each.row.session_key.bytes[0] for each in place_all(told, {})] == [1, 2, 3]


def test_later_keys_differ_by_their_beginnings() -> None:
    """To the microsecond, before 1970 too."""
    instants = [NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=40_000)]
    assert len({later_session_key(KEY, instant) for instant in instants}) == 3


@given(st.permutations([record(3, n // 2, attribute(42, n)) for n in range(6)]))
def test_records_have_one_order(told: list[Record]) -> None:
    """By receipt, and by content where those are equal."""
    assert [each.upload_octets for each in in_order(told)] == list(range(6))


def test_a_report_is_what_the_record_tells() -> None:
    """With its delay, its age, its counters and its cause."""
    told = record(2, 90, attribute(46, 80), attribute(41, 10), attribute(42, 5), attribute(49, 1))
    report = report_of(told)
    assert report.happened_at == told.ended_at
    assert report.begins_at == told.started_at
    assert (report.upload_octets, report.terminate_cause) == (5, 1)
    assert fold([report]) == [
        Session(NOW, told.last_seen_at, told.ended_at, 80, *fold([report])[0][4:6], 1)
    ]


def test_two_sessions_never_share_a_key() -> None:
    """A record that cannot be of a session, and begins at its very instant, has an instant more."""
    again = record(1, 200)
    taken = UUID(bytes=later_session_key(KEY, again.started_at))
    ended = record(2, 260, attribute(46, 60))
    older = record(3, 600, attribute(46, 400))
    placed = place_one(older, [known(START, END), known(again, ended, key=taken, first_key=KEY)])
    assert placed.is_new
    assert placed.told.session_key not in {KEY, taken}
