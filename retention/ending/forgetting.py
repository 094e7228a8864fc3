"""What the database itself forgets: traces of which no segment is made, each on its own day.

One table: what, of which category, beyond which instant. The purge deletes by it, and the standing
counts by it what ought to be gone and is not (CPCE L39-3), so that both can only mean the same.
Days whose facts reached their term unsealed go too: sealing late prolongs nothing.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from retention.categories import oldest_kept
from retention.manifests.manifest import GRACE_DAYS
from retention.sealing import index
from retention.sealing.facts import Connection
from retention.sealing.slices import midnight
from territory.database.tables.columns import Category
from territory.law.durations import Duration, Law, add_months, end_of

_NO_SESSION: Final = "NOT EXISTS (SELECT FROM live.session s WHERE s.admission_id = admission.id)"
_NO_RIGHT: Final = (
    "NOT EXISTS (SELECT FROM live.admission a WHERE a.id = admission_id AND a.ends_at >= $1)"
)
_WITH_BINDING: Final = """
    WITH forgotten AS (DELETE FROM live.admission WHERE {over} RETURNING id)
    DELETE FROM live.binding b USING forgotten f WHERE b.admission_id = f.id
"""
_WITH_PORTS: Final = """
    WITH gone AS (DELETE FROM territory.port_blocks WHERE valid_until < $1)
    DELETE FROM source.site_public_address WHERE {over}
"""
_TICKET: Final = """
    EXISTS (SELECT FROM live.ticket_sheet s WHERE s.id = sheet_id AND (revoked_at < $1
        OR first_used_at IS NOT NULL AND least(s.last_day + 1,
            first_used_at + make_interval(secs => s.use_seconds)) < $1
        OR first_used_at IS NULL AND s.last_first_use < $1::timestamptz::date))
"""
_WITH_SHEET: Final = """
    WITH over AS (DELETE FROM live.ticket WHERE {over} RETURNING id)
    DELETE FROM live.ticket_sheet s WHERE s.made_at < $1 AND NOT EXISTS (
        SELECT FROM live.ticket t WHERE t.sheet_id = s.id AND t.id NOT IN (SELECT id FROM over))
"""
_WITH_CASE: Final = """
    WITH gone AS (DELETE FROM archive.requisition WHERE {over} RETURNING id, case_id),
        agreed AS (DELETE FROM archive.approval a USING gone g WHERE a.subject = g.id)
    DELETE FROM archive.case c USING gone g WHERE c.id = g.case_id
"""
_CASE_ALONE: Final = """
    opened_at < $1 AND NOT EXISTS (SELECT FROM archive.requisition r WHERE r.case_id = "case".id)
"""
_WITH_APPROVALS: Final = """
    WITH gone AS (DELETE FROM archive.hold WHERE {over} RETURNING id)
    DELETE FROM archive.approval a USING gone g WHERE a.subject = g.id
"""
_DELETE: Final = "DELETE FROM {table} WHERE {over}"
_COUNT: Final = "SELECT count(*) FROM {table} WHERE {over}"


@dataclass(frozen=True, slots=True)
class Horizon:
    """Before which instants the live tables hold nothing of a category any more."""

    source: datetime
    security: datetime
    sealed: datetime
    """Every day before it has been sealed, or should have been."""
    commands: datetime
    """What had to be done before it is over: who asked is in the audit log."""
    account: datetime
    identity: datetime
    consent: datetime
    audit: datetime
    counts: datetime
    """Of daily counts, which are about nobody: a setting."""
    register: datetime
    """Of the register of requisitions, from the day a line is closed."""


def horizon_of(law: Law, now: datetime, counts_years: int, register: Duration) -> Horizon:
    """Return the horizons at `now`.

    Daily counts are kept by whole months of `counts_years`, a closed requisition for `register`.
    """
    today = now.date()

    def of(category: Category) -> datetime:
        return midnight(oldest_kept(law, category, today))

    return Horizon(
        source=of(Category.SOURCE),
        security=of(Category.SECURITY),
        sealed=midnight(today - timedelta(days=GRACE_DAYS + 1)),
        commands=now - timedelta(days=1),
        account=of(Category.ACCOUNT),
        identity=of(Category.IDENTITY),
        consent=of(Category.CONSENT),
        audit=of(Category.AUDIT),
        counts=midnight(date(today.year - counts_years, today.month, 1)),
        register=midnight(add_months(today, -register.months)),
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """Rows of one table that are over beyond a horizon."""

    category: Category
    horizon: str
    """Field of Horizon: `$1`."""
    table: str
    over: str
    """Condition of the rows that are over."""
    delete: str = _DELETE

    def deletion(self) -> str:
        """Return the statement that takes them away."""
        return self.delete.format(table=self.table, over=self.over)

    def counting(self) -> str:
        """Return the statement that counts them."""
        return _COUNT.format(table=self.table, over=self.over)


_SOURCE, _SECURITY = Category.SOURCE, Category.SECURITY
_OPERATION, _ACCOUNT, _IDENTITY = Category.OPERATION, Category.ACCOUNT, Category.IDENTITY
TRACES: Final = (
    Trace(
        _SOURCE,
        "sealed",
        "live.admission",
        f"ends_at < $1 AND guest_id IS NULL AND {_NO_SESSION}",
        _WITH_BINDING,
    ),
    Trace(_SOURCE, "source", "live.admission", f"ends_at < $1 AND {_NO_SESSION}", _WITH_BINDING),
    Trace(Category.TRAFFIC, "commands", "live.sealed_use", _NO_RIGHT),
    Trace(_SOURCE, "source", "live.set_aside", "received_at < $1"),
    Trace(_SOURCE, "source", "source.site_public_address", "valid_until < $1", _WITH_PORTS),
    Trace(_SECURITY, "security", "live.discard", "day < $1::timestamptz::date"),
    Trace(_OPERATION, "commands", "live.command", "deadline < $1"),
    Trace(_SOURCE, "commands", "live.block", "until < $1"),
    Trace(_SOURCE, "security", "live.ticket", _TICKET, _WITH_SHEET),
    Trace(_SECURITY, "commands", "live.guess", "began_at < $1"),
    Trace(_SOURCE, "commands", "live.challenge", "expires_at < $1"),
    Trace(_SECURITY, "security", "live.message_budget", "began_on < $1::timestamptz::date"),
    Trace(
        _SECURITY,
        "commands",
        "live.message_budget",
        "scope NOT IN ('site', 'organisation')"
        " AND began_on + ('1 ' || span)::interval < $1::timestamptz",
    ),
    Trace(_OPERATION, "security", "live.sms_failure", "day < $1::timestamptz::date"),
    Trace(_ACCOUNT, "account", "account.contact", "valid_until < $1"),
    Trace(_IDENTITY, "identity", "identity.contact", "valid_until < $1"),
    Trace(_SOURCE, "commands", "live.openid_request", "expires_at < $1"),
    Trace(_SOURCE, "commands", "live.sponsor_request", "expires_at < $1"),
    Trace(_ACCOUNT, "commands", "live.invitation", "expires_at < $1"),
    Trace(_ACCOUNT, "account", "account.account", "closed_at < $1"),
    Trace(_IDENTITY, "identity", "identity.person", "ended_at < $1"),
    Trace(Category.AUDIT, "audit", "live.transmission", "sent_at < $1"),
    Trace(Category.AUDIT, "audit", "archive.key_ceremony", "prepared_at < $1"),
    Trace(
        Category.AUDIT,
        "register",
        "archive.hold",
        "ends_on < $1::timestamptz::date",
        _WITH_APPROVALS,
    ),
    Trace(Category.AUDIT, "register", "archive.requisition", "closed_at < $1", _WITH_CASE),
    Trace(Category.AUDIT, "register", "archive.case", _CASE_ALONE),
    Trace(_OPERATION, "counts", "live.daily_count", "day < $1::timestamptz::date"),
    Trace(_OPERATION, "counts", "live.site_day", "day < $1::timestamptz::date"),
)
"""All that leaves by a clock of its own; accounts nobody uses are closed before, consents after."""

_CLOSE_UNUSED: Final = "SELECT account.close_unused($1)"
_FORGET_CONSENTS: Final = "SELECT consent.forget($1)"
_OVERDUE_CONSENTS: Final = "SELECT consent.overdue($1)"


async def forget(connection: Connection, law: Law, horizon: Horizon, today: date) -> None:
    """Delete what is beyond its horizon, and drop unsealed days whose facts' end has come."""
    await connection.execute(_CLOSE_UNUSED, horizon.account)
    for trace in TRACES:
        await connection.execute(trace.deletion(), getattr(horizon, trace.horizon))
    await connection.execute(_FORGET_CONSENTS, horizon.consent)
    for category, day in await _ended_days(connection, law, today):
        await index.drop_day(connection, category, day)


async def count_overdue(
    connection: Connection, law: Law, horizon: Horizon, today: date
) -> Counter[Category]:
    """Return how many rows, by category, are beyond their horizon; a day left whole counts one."""
    overdue: Counter[Category] = Counter()
    for trace in TRACES:
        instant = getattr(horizon, trace.horizon)
        overdue[trace.category] += await connection.fetchval(trace.counting(), instant)
    overdue[Category.CONSENT] += await connection.fetchval(_OVERDUE_CONSENTS, horizon.consent)
    overdue[Category.AUDIT] += await index.count_audit_before(connection, horizon.audit)
    overdue.update(Category(name) for name, _ in await _ended_days(connection, law, today))
    return overdue


async def _ended_days(connection: Connection, law: Law, today: date) -> list[tuple[str, date]]:
    # What stands under a sealed day is of a clock that was behind: it has yet to be sealed.
    sealed = max(await index.indexed_days(connection), default=date.min)
    held = [each for each in await index.held_until(connection, today) if each[1] > sealed]
    return [(name, day) for name, day in held if end_of(law, Category(name), day).has_come(today)]
