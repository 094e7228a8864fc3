"""What plans limit and places keep to: quotas, hours, blocks, and what each guest has used.

`live.guest_day` is the one look-up that a plan with a limit a day or a month costs. It is counted
from live.session by `live.count_guests`, which adds to it what a session has told since it was
counted last and remembers that in `live.counted_session`, in one transaction: counting twice adds
nothing, and a session that has left live.session stays counted.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, default: str | None = None
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=default is None, server_default=default, comment=comment)


_PLAN = (
    _column("day_seconds", sa.Integer(), "[reference] A guest's time a day; none: any."),
    _column("month_seconds", sa.Integer(), "[reference] Time a month; none: any."),
    _column("day_octets", sa.BigInteger(), "[reference] Both ways a day; none: any."),
    _column("month_octets", sa.BigInteger(), "[reference] Both ways a month; none: any."),
    _column("devices", sa.Integer(), "[reference] Of one guest at once; none: any."),
    _column("hours", sa.Text(), "[reference] OSM opening_hours; none: the site's."),
    _column(
        "public_holidays",
        sa.Text(),
        "[reference] as_usual, or closed whatever the hours say.",
        "as_usual",
    ),
    _column("at_end", sa.Text(), "[reference] Once something is used up: cut, slow or ask.", "cut"),
    _column("slow_upload_bps", sa.BigInteger(), "[reference] bit/s from then on."),
    _column("slow_download_bps", sa.BigInteger(), "[reference] bit/s from then on."),
    _column("vlan", sa.Integer(), "[reference] VLAN its guests are put in."),
    _column("role", sa.Text(), "[reference] Role its guests get from the gateway."),
    _column(
        "methods",
        sa.ARRAY(sa.Text()),
        "[reference] Identification methods that open it; none listed: any.",
        "{}",
    ),
    _column(
        "least_level",
        sa.Text(),
        "[reference] Identification level it takes at least: none, ticket, contact or identity.",
        "none",
    ),
)
_SITE = (
    _column("hours", sa.Text(), "[reference] OSM opening_hours; none: always open."),
    _column(
        "closed_days",
        sa.ARRAY(sa.Text()),
        "[reference] ISO dates and first/last dates on which it is closed whatever its hours.",
        "{}",
    ),
    _column(
        "mac_authentication",
        sa.Boolean(),
        "[reference] Whether plans may let returning devices in by their MAC here.",
        "true",
    ),
)

_GUEST_KEY = """
    -- Who a guest is over sites and devices: their ticket or account, else the device itself.
    CREATE FUNCTION live.guest_key(guest_id uuid, device macaddr) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(guest_id::text, device::text)
    $$
"""

_SPLIT_BY_DAY = """
    -- What a session has told since it was counted: its seconds [before, total) after its start,
    -- cut at each midnight of Europe/Paris. Octets lie between two records, and nobody knows when
    -- they passed: they are spread over that time so that the parts add up to the whole exactly.
    CREATE FUNCTION live.split_by_day(started_at timestamptz, seconds_before bigint, seconds bigint,
        octets_before bigint, octets bigint)
    RETURNS TABLE (day date, day_seconds bigint, day_octets bigint)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        WITH span AS (
            SELECT greatest(seconds - seconds_before, 0) AS total,
                greatest(octets - octets_before, 0) AS amount,
                started_at + seconds_before * interval '1 second' AS since
        ), days AS (
            SELECT span.*, greatest(
                    (since AT TIME ZONE 'Europe/Paris')::date,
                    ((since + total * interval '1 second') AT TIME ZONE 'Europe/Paris')::date - 62
                ) AS first,
                ((since + greatest(total - 1, 0) * interval '1 second')
                    AT TIME ZONE 'Europe/Paris')::date AS last
            FROM span
        ), cut AS (
            SELECT days.*, one::date AS day,
                CASE WHEN one::date = first THEN 0 ELSE least(total, greatest(0, round(
                    extract(epoch FROM (one AT TIME ZONE 'Europe/Paris') - since))))
                END::numeric AS low,
                CASE WHEN one::date = last THEN total ELSE least(total, greatest(0, round(
                    extract(epoch FROM ((one + interval '1 day') AT TIME ZONE 'Europe/Paris')
                        - since))))
                END::numeric AS high
            FROM days, generate_series(first::timestamp, last::timestamp, interval '1 day') one
        )
        SELECT day, (high - low)::bigint,
            CASE WHEN total = 0 THEN amount
                ELSE (floor(amount * high / total) - floor(amount * low / total))::bigint END
        FROM cut
    $$
"""

_COUNT_GUESTS = """
    CREATE FUNCTION live.count_guests(now timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        counted bigint;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107606);  -- one counts; the next finds it counted
        WITH news AS MATERIALIZED (
            SELECT s.session_key, live.guest_key(a.guest_id, s.device) AS guest, s.started_at,
                coalesce(c.seconds, 0) AS seconds_before, coalesce(c.octets, 0) AS octets_before,
                greatest(s.session_seconds, coalesce(c.seconds, 0)) AS seconds,
                greatest(s.upload_octets + s.download_octets, coalesce(c.octets, 0)) AS octets
            FROM territory.plan p
            JOIN live.admission a ON a.plan_id = p.id
            JOIN live.session s ON s.admission_id = a.id
            LEFT JOIN live.counted_session c ON c.session_key = s.session_key
            WHERE s.device IS NOT NULL AND coalesce(
                p.day_seconds, p.month_seconds, p.day_octets, p.month_octets) IS NOT NULL
                AND (c.session_key IS NULL OR s.session_seconds > c.seconds
                    OR s.upload_octets + s.download_octets > c.octets)
        ), added AS (
            INSERT INTO live.guest_day AS known (guest, day, seconds, octets)
            SELECT guest, day, sum(day_seconds), sum(day_octets)
            FROM news CROSS JOIN LATERAL live.split_by_day(
                started_at, seconds_before, seconds, octets_before, octets)
            GROUP BY guest, day
            ON CONFLICT (guest, day) DO UPDATE SET
                seconds = known.seconds + excluded.seconds,
                octets = known.octets + excluded.octets
        )
        INSERT INTO live.counted_session AS known (session_key, seconds, octets, counted_at)
        SELECT session_key, seconds, octets, now FROM news
        ON CONFLICT (session_key) DO UPDATE SET seconds = excluded.seconds,
            octets = excluded.octets, counted_at = excluded.counted_at;
        GET DIAGNOSTICS counted = ROW_COUNT;
        DELETE FROM live.guest_day
            WHERE day < date_trunc('month', now AT TIME ZONE 'Europe/Paris')::date;
        DELETE FROM live.counted_session k WHERE k.counted_at < now - interval '31 days'
            AND NOT EXISTS (SELECT FROM live.session s WHERE s.session_key = k.session_key);
        RETURN counted;
    END $$
"""

_GUEST_USED = """
    -- What a guest has used today and this month: what is counted, and what is not yet.
    CREATE FUNCTION live.guest_used(the_guest uuid, the_device macaddr, now timestamptz,
        OUT day_seconds bigint, OUT month_seconds bigint,
        OUT day_octets bigint, OUT month_octets bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        today date := (now AT TIME ZONE 'Europe/Paris')::date;
        first date := date_trunc('month', today)::date;
    BEGIN
        SELECT coalesce(sum(u.seconds) FILTER (WHERE u.day = today), 0),
            coalesce(sum(u.seconds), 0),
            coalesce(sum(u.octets) FILTER (WHERE u.day = today), 0),
            coalesce(sum(u.octets), 0)
        INTO day_seconds, month_seconds, day_octets, month_octets
        FROM (
            SELECT d.day, d.seconds, d.octets FROM live.guest_day d
            WHERE d.guest = live.guest_key(the_guest, the_device) AND d.day >= first
            UNION ALL
            SELECT n.day, n.day_seconds, n.day_octets
            FROM (
                SELECT a.id, a.plan_id FROM live.admission a WHERE a.guest_id = the_guest
                UNION ALL
                SELECT a.id, a.plan_id
                FROM live.binding b JOIN live.admission a ON a.id = b.admission_id
                WHERE the_guest IS NULL AND b.device = the_device AND a.guest_id IS NULL
            ) a
            JOIN territory.plan p ON p.id = a.plan_id AND coalesce(
                p.day_seconds, p.month_seconds, p.day_octets, p.month_octets) IS NOT NULL
            JOIN live.session s ON s.admission_id = a.id AND s.device IS NOT NULL
            LEFT JOIN live.counted_session c ON c.session_key = s.session_key
            CROSS JOIN LATERAL live.split_by_day(s.started_at, coalesce(c.seconds, 0),
                s.session_seconds, coalesce(c.octets, 0), s.upload_octets + s.download_octets) n
            WHERE n.day >= first
        ) u;
    END $$
"""

_GUEST_FACTS = """
    -- What a decision needs of a guest beyond their admission, for plans that limit more and for
    -- devices that come back by their MAC address. A session that has missed three interim
    -- records, and a margin (territory.rules.session), is stale: it holds nobody back.
    CREATE FUNCTION live.guest_facts(the_admission uuid, the_device macaddr, now timestamptz,
        OUT guest_id uuid, OUT method text, OUT terms_version text, OUT ssid text,
        OUT day_seconds bigint, OUT month_seconds bigint,
        OUT day_octets bigint, OUT month_octets bigint,
        OUT other_devices bigint, OUT is_elsewhere boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        place uuid;
        still timestamptz;
    BEGIN
        SELECT a.guest_id, a.method, a.terms_version, n.ssid, a.site_id,
            now - (3 * p.interim_seconds + 300) * interval '1 second'
        INTO guest_id, method, terms_version, ssid, place, still
        FROM live.admission a JOIN territory.plan p ON p.id = a.plan_id
        LEFT JOIN territory.network n ON n.id = a.network_id
        WHERE a.id = the_admission;
        SELECT u.day_seconds, u.month_seconds, u.day_octets, u.month_octets
        INTO day_seconds, month_seconds, day_octets, month_octets
        FROM live.guest_used(guest_id, the_device, now) u;
        SELECT count(DISTINCT s.device) INTO other_devices
        FROM live.admission a JOIN live.session s ON s.admission_id = a.id
        WHERE a.guest_id = guest_facts.guest_id AND s.ended_at IS NULL
            AND s.last_seen_at > still AND s.device <> the_device;
        SELECT EXISTS (
            SELECT FROM live.binding b JOIN live.session s ON s.admission_id = b.admission_id
            WHERE b.device = the_device AND s.device = the_device AND s.site_id <> place
                AND s.ended_at IS NULL AND s.last_seen_at > still
        ) INTO is_elsewhere;
    END $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION live.count_guests, live.guest_used, live.guest_facts FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.count_guests, live.guest_facts TO socle_radius;
    GRANT EXECUTE ON FUNCTION live.guest_used, live.guest_facts TO socle_portal;
    GRANT SELECT ON live.block TO socle_radius;
    GRANT SELECT, INSERT, DELETE ON live.block TO socle_portal;
    GRANT SELECT, DELETE ON live.block TO socle_retention
"""


def upgrade() -> None:
    """Add columns, tables, then the functions that count and look up."""
    for column in _PLAN:
        op.add_column("plan", column, schema="territory")
    for column in _SITE:
        op.add_column("site", column, schema="territory")
    op.add_column(
        "admission",
        _column("guest_id", sa.Uuid(), "[source] Its ticket or account; none: the device alone."),
        schema="live",
    )
    op.create_index(
        "ix_admission_guest_id",
        "admission",
        ["guest_id"],
        schema="live",
        postgresql_where=sa.text("guest_id IS NOT NULL"),
    )
    _make_tables()
    for function in (_GUEST_KEY, _SPLIT_BY_DAY, _COUNT_GUESTS, _GUEST_USED, _GUEST_FACTS):
        op.execute(function)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _make_tables() -> None:
    op.create_table(
        "guest_day",
        sa.Column(
            "guest",
            sa.Text(),
            nullable=False,
            comment="[source] The ticket's or account's id, else the device.",
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="[traffic] Day in Europe/Paris."),
        sa.Column("seconds", sa.BigInteger(), nullable=False, comment="[traffic] Time online."),
        sa.Column("octets", sa.BigInteger(), nullable=False, comment="[traffic] Both ways."),
        sa.PrimaryKeyConstraint("guest", "day", name=op.f("pk_guest_day")),
        schema="live",
        comment="What each guest of a plan with a limit a day or a month has used this month.",
    )
    op.create_table(
        "counted_session",
        sa.Column("session_key", sa.Uuid(), nullable=False, comment="[source] Which."),
        sa.Column("seconds", sa.BigInteger(), nullable=False, comment="[traffic] Counted so far."),
        sa.Column("octets", sa.BigInteger(), nullable=False, comment="[traffic] Counted so far."),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[operation] Last counted at.",
        ),
        sa.PrimaryKeyConstraint("session_key", name=op.f("pk_counted_session")),
        schema="live",
        comment="How much of each session guest_day holds, so that nothing is counted twice.",
    )
    op.create_table(
        "block",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[operation] Opaque identifier."),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="[operation] device, ticket, account or admission.",
        ),
        sa.Column(
            "device", postgresql.MACADDR(), nullable=True, comment="[security] The device blocked."
        ),
        sa.Column(
            "subject_id",
            sa.Uuid(),
            nullable=True,
            comment="[security] The ticket, account or admission blocked.",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="[security] Why, in words."),
        sa.Column("author", sa.Text(), nullable=False, comment="[staff] Who decided it."),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, comment="[operation] Since."
        ),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[operation] Until; none: until it is lifted.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        schema="live",
        comment="Who may not go online, why, and until when.",
    )
