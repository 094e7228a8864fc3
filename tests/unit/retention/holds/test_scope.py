"""Which rows of a day a hold preserves, and which die with the day."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pytest

from retention.cases import late_ports
from retention.cases.lookup import Outcome, find
from retention.cases.question import Question, ask
from retention.holds import scope
from retention.holds.scope import Opened, in_scope, rights_used, vaults_of
from retention.sealing.columns import SECURITY_SLICES, SOURCE_SLICES, TRAFFIC_SLICES
from territory.database.tables.columns import Category

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PUBLIC = "192.0.2.10"


def source(device: str, first: int, last: int, **more: Any) -> dict[str, Any]:
    """Return a slice of 17 November, between two hours, one of whose ports is the device's."""
    return {
        "public_address": PUBLIC,
        "port_first": 1024,
        "port_last": 2047,
        "from": datetime(2026, 11, 17, first, tzinfo=UTC),
        "until": datetime(2026, 11, 17, last, tzinfo=UTC),
        "from_uncertainty_seconds": 0,
        "until_uncertainty_seconds": 0,
        "until_is": "stop",
        "device": device,
        "site": "verdun",
        "session": device * 2,
        "user_name": f"u-{device}",
        **more,
    }


def day(*rows: dict[str, Any], late: tuple[dict[str, Any], ...] = ()) -> list[Opened]:
    """Return an opened day: source rows, a supplement, and what hangs on each of their devices."""
    every = (*rows, *late)
    traffic = [{"session": row["session"]} for row in every]
    security = [{"device": row["device"]} for row in every]
    return [
        (Category.SOURCE, pa.Table.from_pylist(list(rows), SOURCE_SLICES)),
        (Category.SOURCE, pa.Table.from_pylist(list(late), SOURCE_SLICES)),
        (Category.TRAFFIC, pa.Table.from_pylist(traffic, TRAFFIC_SLICES)),
        (Category.SECURITY, pa.Table.from_pylist(security, SECURITY_SLICES)),
    ]


def address(at: str = "2026-11-17T10:30:00+00:00", **more: Any) -> Question:
    """Ask who had the public address."""
    return ask(NOW, public_address=PUBLIC, at=at, **more)


def interval(**more: Any) -> Question:
    """Ask about the morning."""
    return ask(NOW, since="2026-11-17T08:00:00+00:00", until="2026-11-17T12:00:00+00:00", **more)


A, B, C = (
    source("aa:aa:aa:aa:aa:aa", 10, 11),
    source("bb:bb:bb:bb:bb:bb", 10, 11, port_first=2048, port_last=3071),
    source("cc:cc:cc:cc:cc:cc", 14, 15),
)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        (address(), "ab"),
        (address(port=2000), "a"),
        (address(at="2026-11-17T11:00:30+00:00", uncertainty_seconds=60), "ab"),
        (address(at="2026-11-17T12:00:00+00:00"), ""),
        (interval(kind="device", device=A["device"]), "a"),
        (interval(kind="device", device=C["device"]), ""),
        (interval(kind="site", site="verdun"), "ab"),
        (interval(kind="site", site="commercy"), ""),
        (interval(kind="person", identifier_kind="email", identifier="b@exemple.fr"), "b"),
    ],
)
def test_only_rows_that_may_meet_the_question(question: Question, kept: str) -> None:
    """What a question of each kind is about, with the traffic and security rows of it."""
    names = {0: frozenset([B["user_name"]])}
    found = in_scope(day(A, B, C), [question], names)
    assert "".join(device[0] for device in found[0]["device"].to_pylist()) == kept
    assert [table.num_rows for table in found] == [len(kept), 0, len(kept), len(kept)]


def test_a_row_is_kept_once_and_in_its_own_part() -> None:
    """Two questions about it; what a supplement told stays in a part of its own."""
    found = in_scope(day(A, late=(B,)), [address(), interval(kind="site", site="verdun")], {})
    assert [table.num_rows for table in found] == [1, 1, 2, 2]
    assert in_scope([], [address()], {}) == []


def test_an_end_told_late_is_kept_with_the_session_it_ends() -> None:
    """Base: last seen at 11, until 21 perhaps; a supplement: it stopped at 12. Of a hold on 15:00
    alone the device is as gone as of the whole day; another session's end stays out."""
    lost = {**A, "until_is": "last_seen", "until_uncertainty_seconds": 36_000}
    stop = source(A["device"], 10, 12)
    question = address(at="2026-11-17T15:00:00+00:00")
    found = in_scope(day(lost, B, late=(stop, source(B["device"], 10, 12))), [question], {})
    assert [table.num_rows for table in found[:2]] == [1, 1]
    rows = [(part, row) for part in (0, 1) for row in found[part].to_pylist()]
    assert find(rows[:1], question).outcome is Outcome.POSSIBLE
    assert find(rows, question).outcome is Outcome.NOTHING


def test_a_port_told_late_keeps_whom_it_leads_to() -> None:
    """The gateway told the translation after the day was sealed, without a device: it is kept with
    whoever had its private address meanwhile, and nobody else is."""
    inside = {"public_address": None, "port_first": None, "port_last": None}
    a, b = ({**one, **inside, "address": f"10.0.0.{n}"} for n, one in enumerate((A, B), 1))
    alone = dict.fromkeys(("device", "session", "user_name", "nas"))
    told = {**A, **alone, "address": "10.0.0.1", "until_is": "change"}
    elsewhere = {**told, "site": "commercy"}
    question = address(port=2000)
    found = in_scope(day(a, b, late=(told,)), [question], {})
    assert [table.num_rows for table in found] == [1, 1, 1, 1]
    rows = pa.concat_tables(found[:2])
    assert rights_used(rows, question, frozenset()) == {A["user_name"]}
    assert in_scope(day(a, late=(elsewhere,)), [question], {})[0].num_rows == 0
    assert in_scope(day(a, late=(told,)), [address(port=3000)], {})[0].num_rows == 0


def test_a_device_is_held_against_the_translations_of_its_address_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A site tells tens of thousands late, and other sites have the same private addresses."""
    held = Mock(wraps=late_ports.meets)
    monkeypatch.setattr(late_ports, "meets", held)
    monkeypatch.setattr(scope, "meets", held)
    inside = {"public_address": None, "port_first": None, "port_last": None}
    alone = dict.fromkeys(("device", "session", "user_name", "nas"))
    told = [{**A, **alone, "address": "10.0.0.1", "site": f"s{n}"} for n in range(30)]
    own = [{**A, **inside, "address": "10.0.0.1", "site": f"s{n}"} for n in range(30)]
    assert in_scope(day(*own, late=(*told,)), [address(port=2000)], {})[0].num_rows == 30
    assert held.call_count == 60, "each device's row, and each translation's own"


def test_whose_accounts_follow_is_told_by_each_question_alone() -> None:
    """The rights used in the rows that one question is about, of all that were kept."""
    [rows, *_] = in_scope(day(A, B, C), [interval(kind="site", site="verdun")], {})
    assert rights_used(rows, address(port=2000), frozenset()) == {A["user_name"]}
    assert rights_used(rows, interval(kind="device", device=C["device"]), frozenset()) == set()


@pytest.mark.parametrize(
    ("question", "vaults"),
    [
        (interval(kind="person", identifier_kind="phone", identifier="0612345678"), "ai"),
        (interval(kind="person", identifier_kind="account", identifier="g"), "ai"),
        (interval(kind="person", identifier_kind="user_name", identifier="n"), "ai"),
        (address(), ""),
        (address(categories=("source", "account")), "a"),
        (address(categories=("identity",)), "ai"),
    ],
)
def test_a_person_s_account_and_identity_are_in_scope(question: Question, vaults: str) -> None:
    """Whatever is asked of them; of whom a device or an address leads to, where it is asked."""
    assert "".join(sorted(vault[0] for vault in vaults_of([question]))) == vaults
    assert vaults_of([question, address()]) == vaults_of([question])
