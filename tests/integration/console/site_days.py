"""A troubled day at one site and a good one at another, as supervision and RADIUS write them."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database import tables
from tests.integration.console.ground import Territory

TROUBLED = "salle-saint-mihiel"
REFUSED = (
    ("unknown_device", 41, 2),
    ("other_device", 23, 6),
    ("credential_expired", 9, 30),
    ("wrong_password", 3, 90),
)
"""Reason, how many, minutes since the last."""
ENDED = ((1, 34), (4, 61), (5, 12), (2, 7), (-3, 5))
"""Acct-Terminate-Cause, how many."""


async def add_days(db: AsyncConnection, made: Territory, now: datetime) -> None:
    """The troubled day of `TROUBLED`, and curves for it and for the town hall of Commercy."""
    await _add_samples(db, made, TROUBLED, now, down_hours=3)
    await _add_samples(db, made, "mairie-commercy", now, down_hours=0)
    await _add_changes(db, made, now)
    await _add_nas(db, made, now)
    await _add_answers(db, made, now)
    await _add_endings(db, made, now)
    await _add_counts(db, made, now)
    await db.execute(
        insert(tables.maintenance).values(
            id=uuid4(),
            site_id=made.sites["mediatheque-commercy"],
            begins_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=2),
            why="remplacement du commutateur",
            asked_by="technique@meuse.example",
            asked_at=now - timedelta(days=1),
        )
    )


async def _add_samples(
    db: AsyncConnection, made: Territory, code: str, now: datetime, *, down_hours: int
) -> None:
    rows = []
    for number in range(288, 0, -1):
        at = now - timedelta(minutes=5 * number)
        is_down = number <= 12 * down_hours
        afternoon = max(0, 9 - abs(at.hour - 15))
        rows.append(
            {
                "site_id": made.sites[code],
                "at": at,
                "open_sessions": 0 if is_down else afternoon * 2 + number % 3,
                "round_trip_seconds": None if is_down else 0.012,
                "state": "down" if is_down else "degraded" if 100 < number < 112 else "up",
            }
        )
    await db.execute(insert(tables.site_sample), rows)


async def _add_changes(db: AsyncConnection, made: Territory, now: datetime) -> None:
    misses = [
        {"seconds_before": 62.0, "round_trip_seconds": 0.0131, "tries": 2},
        {"seconds_before": 31.0, "round_trip_seconds": None, "tries": 3},
        {"seconds_before": 0.2, "round_trip_seconds": None, "tries": 3},
    ]
    radius = {"heard_seconds_before": 95.0, "open_sessions": 14, "overdue_sessions": 14}
    found = (
        (f"{TROUBLED}/accueil", "up", "down", "alone_silent", 3.0, {"readings": misses}),
        (f"{TROUBLED}/étage", "up", "down", "alone_silent", 3.0, {"readings": misses}),
        (f"{TROUBLED}/étage", "degraded", "up", "answers", 200.0, {"readings": misses[:1]}),
        (
            f"{TROUBLED}/étage",
            "up",
            "degraded",
            "lossy",
            215.0,
            {"readings": misses[:1], "radius": radius},
        ),
    )
    for where, previous, state, reason, hours, evidence in found:
        await db.execute(
            insert(tables.state_change).values(
                id=uuid4(),
                kind="access_point",
                equipment_id=made.access_points[where],
                site_id=made.sites[TROUBLED],
                previous=previous,
                state=state,
                reason=reason,
                consequence=False,
                planned=False,
                at=now - timedelta(hours=hours),
                evidence=evidence,
            )
        )
    standing = tables.equipment_state
    for place in ("accueil", "étage"):
        await db.execute(
            update(standing)
            .where(standing.c.equipment_id == made.access_points[f"{TROUBLED}/{place}"])
            .values(reason_code="alone_silent")
        )


async def _add_nas(db: AsyncConnection, made: Territory, now: datetime) -> None:
    seen, nas_id = tables.nas_seen, made.nas[TROUBLED]
    await db.execute(
        update(seen)
        .where(seen.c.nas_id == nas_id)
        .values(
            replies=900,
            reply_seconds=6.3,
            slow_replies=2,
            clock_offset_seconds=-190.0,
            refused_in_row=26,
            refused_since=now - timedelta(hours=2),
            last_accept_at=now - timedelta(hours=3),
        )
    )
    steps = [("redirect", 0.012), ("first_page", 0.031), ("identification", 0.08)]
    await db.execute(
        insert(tables.synthetic_visit).values(
            nas_id=nas_id,
            began_at=now - timedelta(minutes=6),
            outcome="failed",
            failed_step="access",
            said="L'usager d'essai a été refusé par RADIUS. Cause probable : le secret partagé.",
            steps=[{"step": step, "seconds": seconds} for step, seconds in steps],
            failures=3,
            counts_until=now + timedelta(minutes=24),
            last_good_at=now - timedelta(hours=3),
        )
    )


async def _add_answers(db: AsyncConnection, made: Territory, now: datetime) -> None:
    first = (now - timedelta(days=1)).date()
    await db.execute(text("SELECT live.ensure_days(:day, 2)"), {"day": first})
    answers = (*REFUSED, ("first_use", 480, 180))
    rows = [
        {
            "received_at": now - timedelta(minutes=minutes, seconds=number),
            "nas_id": made.nas[TROUBLED],
            "site_id": made.sites[TROUBLED],
            "outcome": "accept" if reason == "first_use" else "reject",
            "reason": reason,
        }
        for reason, many, minutes in answers
        for number in range(many)
    ]
    await db.execute(insert(tables.authentication), rows)


async def _add_endings(db: AsyncConnection, made: Territory, now: datetime) -> None:
    rows = [
        {
            "session_key": uuid4(),
            "nas_id": made.nas[TROUBLED],
            "site_id": made.sites[TROUBLED],
            "nas_handle": "chilli-3",
            "acct_session_id": f"e{cause}-{number}",
            "started_at": now - timedelta(hours=9),
            "last_seen_at": now - timedelta(hours=5),
            "ended_at": now - timedelta(hours=5),
            "session_seconds": 14_400,
            "upload_octets": 0,
            "download_octets": 0,
            "terminate_cause": cause,
        }
        for cause, many in ENDED
        for number in range(many)
    ]
    rows += [
        {
            **rows[0],
            "session_key": uuid4(),
            "acct_session_id": f"late-{number}",
            "ended_at": None,
            "terminate_cause": None,
        }
        for number in range(4)
    ]
    await db.execute(insert(tables.session), rows)


async def _add_counts(db: AsyncConnection, made: Territory, now: datetime) -> None:
    steps = {"arrived": 700, "identified": 560, "admitted": 541, "online": 498}
    await db.execute(
        insert(tables.daily_count),
        [
            {
                "day": now.date() - timedelta(days=1),
                "site_id": made.sites[TROUBLED],
                "step": step,
                "method": "click_through",
                "language": "fr",
                "reason": "",
                "visits": visits,
            }
            for step, visits in steps.items()
        ],
    )
