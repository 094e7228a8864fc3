"""The ground: a schema for each legal category, a login role for each component, the tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_SCHEMAS = (
    "territory",
    "staff",
    "audit",
    "identity",
    "account",
    "source",
    "traffic",
    "security",
    "live",
    "archive",
)
_ROLES = ("socle_portal", "socle_radius", "socle_supervision", "socle_retention", "socle_desk")


def upgrade() -> None:
    """Make the schemas, the roles and the tables."""
    for schema in _SCHEMAS:
        op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for role in _ROLES:
        op.execute(_create_role(role))
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[audit] Opaque identifier."),
        sa.Column(
            "reference", sa.Text(), nullable=False, comment="[audit] The authority's own number."
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="[audit] When."),
        sa.Column("prepared_by", sa.Text(), nullable=False, comment="[audit] Who prepared it."),
        sa.Column(
            "question",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[audit] What is asked.",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="[audit] prepared or answered."),
        sa.Column(
            "segments",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="[audit] Segments that travel with it.",
        ),
        sa.Column(
            "answered_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[audit] Answer recorded at.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        schema="archive",
        comment="The numbered register of requisitions.",
    )
    op.create_table(
        "segment",
        sa.Column("day", sa.Date(), nullable=False, comment="[operation] UTC day of receipt."),
        sa.Column(
            "category", sa.Text(), nullable=False, comment="[operation] Legal category of its rows."
        ),
        sa.Column(
            "part",
            sa.Integer(),
            nullable=False,
            comment="[operation] 0, then 1, 2... for supplements.",
        ),
        sa.Column(
            "object_name",
            sa.Text(),
            nullable=False,
            comment="[operation] Name in the archive folder.",
        ),
        sa.Column("rows", sa.BigInteger(), nullable=False, comment="[operation] How many slices."),
        sa.Column(
            "sealed_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="[operation] SHA-256 of the sealed object.",
        ),
        sa.Column(
            "recipient",
            sa.Text(),
            nullable=False,
            comment="[operation] age public key it is sealed to.",
        ),
        sa.Column(
            "sealed_at", sa.DateTime(timezone=True), nullable=False, comment="[operation] When."
        ),
        sa.Column(
            "purge_on",
            sa.Date(),
            nullable=True,
            comment="[operation] Last resolved end; none: unknown.",
        ),
        sa.Column(
            "purged_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[operation] Its key was destroyed at.",
        ),
        sa.PrimaryKeyConstraint("day", "category", "part", name=op.f("pk_segment")),
        schema="archive",
        comment="Sealed segments.",
    )
    op.create_table(
        "entry",
        sa.Column(
            "number",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="[audit] 1, 2, 3... without a gap.",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="[audit] When."),
        sa.Column("operator_id", sa.Uuid(), nullable=True, comment="[audit] Who, if an operator."),
        sa.Column(
            "actor",
            sa.Text(),
            nullable=False,
            comment="[audit] Who, in words: a login or a component.",
        ),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="[audit] What was done: a stable word."
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="[audit] To what: a code or an identifier.",
        ),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[audit] Facts about it, without personal data.",
        ),
        sa.Column(
            "previous_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="[audit] Digest of the entry before; 32 octets.",
        ),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="[audit] SHA-256 over the previous digest and this entry.",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_entry")),
        schema="audit",
        comment="Append-only, chained: written through audit.append, never changed.",
    )
    op.create_table(
        "command",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[operation] Opaque identifier."),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="[operation] What is asked, e.g. disconnect."
        ),
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[operation] Of what.",
        ),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="[operation] Who asks."),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), nullable=False, comment="[operation] When."
        ),
        sa.Column(
            "deadline",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[operation] Useless after.",
        ),
        sa.Column(
            "result",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="[operation] What came of it.",
        ),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="[operation] Done at."
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
        schema="live",
        comment="What one component asks of another and waits for.",
    )
    op.create_table(
        "discard",
        sa.Column("day", sa.Date(), nullable=False, comment="[operation] UTC day."),
        sa.Column(
            "source_address",
            postgresql.INET(),
            nullable=False,
            comment="[operation] Where the packets came from.",
        ),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="[operation] Why they were silently discarded.",
        ),
        sa.Column("packets", sa.BigInteger(), nullable=False, comment="[operation] How many."),
        sa.Column(
            "first_at", sa.DateTime(timezone=True), nullable=False, comment="[operation] The first."
        ),
        sa.Column(
            "last_at", sa.DateTime(timezone=True), nullable=False, comment="[operation] The last."
        ),
        sa.PrimaryKeyConstraint("day", "source_address", "reason", name=op.f("pk_discard")),
        schema="live",
        comment="Packets nobody answered, for technicians: forged, unsigned, unknown NAS.",
    )
    op.create_table(
        "equipment_state",
        sa.Column("kind", sa.Text(), nullable=False, comment="[operation] access_point or nas."),
        sa.Column("equipment_id", sa.Uuid(), nullable=False, comment="[operation] Which."),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="[operation] up, degraded, down, unknown or asleep.",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="[operation] Why, in words."),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[operation] In this state since.",
        ),
        sa.Column(
            "checked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[operation] Last judged.",
        ),
        sa.Column(
            "round_trip_seconds",
            sa.Double(),
            nullable=True,
            comment="[operation] Last answer to a ping.",
        ),
        sa.PrimaryKeyConstraint("kind", "equipment_id", name=op.f("pk_equipment_state")),
        schema="live",
        comment="Health of the equipment.",
    )
    op.create_table(
        "session",
        sa.Column(
            "session_key",
            sa.Uuid(),
            nullable=False,
            comment="[source] MD5 of NAS, its handle, Acct-Session-Id and device.",
        ),
        sa.Column("nas_id", sa.Uuid(), nullable=False, comment="[source] Who reported it."),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[source] Where."),
        sa.Column(
            "nas_handle",
            sa.Text(),
            nullable=False,
            comment="[source] NAS-Identifier, else NAS address, as received.",
        ),
        sa.Column(
            "acct_session_id",
            sa.Text(),
            nullable=False,
            comment="[source] The NAS's own name for it.",
        ),
        sa.Column("admission_id", sa.Uuid(), nullable=True, comment="[source] The right it uses."),
        sa.Column("user_name", sa.Text(), nullable=True, comment="[source] User-Name as received."),
        sa.Column(
            "device", postgresql.MACADDR(), nullable=True, comment="[source] The guest's device."
        ),
        sa.Column(
            "address",
            postgresql.INET(),
            nullable=True,
            comment="[source] Its private IPv4 address, the last.",
        ),
        sa.Column(
            "address6",
            sa.ARRAY(postgresql.INET()),
            server_default="{}",
            nullable=False,
            comment="[source] Its IPv6 addresses.",
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] Start, or deduced from the first record.",
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] Last record received.",
        ),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[source] Ended at; none: open.",
        ),
        sa.Column(
            "session_seconds",
            sa.BigInteger(),
            nullable=False,
            comment="[traffic] Duration told by the NAS.",
        ),
        sa.Column(
            "upload_octets", sa.BigInteger(), nullable=False, comment="[traffic] From the guest."
        ),
        sa.Column(
            "download_octets", sa.BigInteger(), nullable=False, comment="[traffic] To the guest."
        ),
        sa.Column(
            "terminate_cause",
            sa.Integer(),
            nullable=True,
            comment="[traffic] Acct-Terminate-Cause.",
        ),
        sa.PrimaryKeyConstraint("session_key", name=op.f("pk_session")),
        schema="live",
        comment="A RADIUS accounting session, open or ended in the last unsealed days.",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_session_admission_id",
        "session",
        ["admission_id"],
        unique=False,
        schema="live",
        postgresql_where=sa.text("admission_id IS NOT NULL"),
    )
    op.create_index(
        "ix_session_open",
        "session",
        ["nas_id"],
        unique=False,
        schema="live",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[operation] Opaque identifier."),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), nullable=False, comment="[source] When."
        ),
        sa.Column("nas_id", sa.Uuid(), nullable=False, comment="[source] From whom."),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="[operation] Why it could not be recorded."
        ),
        sa.Column(
            "packet",
            sa.LargeBinary(),
            nullable=False,
            comment="[source] The whole packet, so that nothing is lost.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        schema="live",
        comment="Accounting packets the database refused, one by one.",
    )
    op.create_table(
        "authentication",
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[security] Server's clock at receipt.",
        ),
        sa.Column("nas_id", sa.Uuid(), nullable=False, comment="[security] Who asked."),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[security] Where."),
        sa.Column("admission_id", sa.Uuid(), nullable=True, comment="[security] The right shown."),
        sa.Column("device", postgresql.MACADDR(), nullable=True, comment="[security] The device."),
        sa.Column("outcome", sa.Text(), nullable=False, comment="[security] accept or reject."),
        sa.Column("reason", sa.Text(), nullable=False, comment="[security] Why."),
        schema="security",
        comment="Each answer to an Access-Request.",
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_table(
        "event",
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] Server's clock at receipt.",
        ),
        sa.Column("session_key", sa.Uuid(), nullable=False, comment="[source] Which session."),
        sa.Column(
            "kind",
            sa.SmallInteger(),
            nullable=False,
            comment="[source] Acct-Status-Type (RFC 2866 §5.1).",
        ),
        sa.Column("nas_id", sa.Uuid(), nullable=False, comment="[source] Who reported it."),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[source] Where."),
        sa.Column("admission_id", sa.Uuid(), nullable=True, comment="[source] The right it uses."),
        sa.Column("user_name", sa.Text(), nullable=True, comment="[source] Opaque User-Name."),
        sa.Column(
            "device", postgresql.MACADDR(), nullable=True, comment="[source] The guest's device."
        ),
        sa.Column(
            "address", postgresql.INET(), nullable=True, comment="[source] Private IPv4 address."
        ),
        sa.Column(
            "address6",
            sa.ARRAY(postgresql.INET()),
            server_default="{}",
            nullable=False,
            comment="[source] IPv6 addresses.",
        ),
        sa.Column(
            "nas_time",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[source] Event-Timestamp of the NAS.",
        ),
        sa.Column(
            "delay_seconds",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="[source] Acct-Delay-Time.",
        ),
        sa.Column(
            "session_seconds",
            sa.BigInteger(),
            nullable=False,
            comment="[source] Age of the session: dates its start.",
        ),
        schema="source",
        comment="Who had which address when, record by record.",
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="[reference] Short name people type; unique."
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="[reference] Name shown to guests."),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="[reference] commune, epci, departement, association, health...",
        ),
        sa.Column("siren", sa.Text(), nullable=True, comment="[reference] SIREN, 9 digits."),
        sa.Column(
            "contact_email",
            sa.Text(),
            nullable=False,
            comment="[reference] Address of the service, not of a person.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        schema="territory",
        comment="Who orders and answers for sites.",
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="[reference] Short name people type; unique."
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="[reference] Name shown to guests."),
        sa.Column(
            "session_seconds",
            sa.Integer(),
            nullable=False,
            comment="[reference] How long an admission lasts.",
        ),
        sa.Column(
            "idle_seconds",
            sa.Integer(),
            nullable=False,
            comment="[reference] Silence after which the gateway ends a session.",
        ),
        sa.Column(
            "interim_seconds",
            sa.Integer(),
            nullable=False,
            comment="[reference] Interval of interim accounting, 60 at least.",
        ),
        sa.Column(
            "upload_bps",
            sa.BigInteger(),
            nullable=True,
            comment="[reference] Guest's upload rate, bit/s.",
        ),
        sa.Column(
            "download_bps",
            sa.BigInteger(),
            nullable=True,
            comment="[reference] Guest's download rate, bit/s.",
        ),
        sa.Column(
            "session_octets",
            sa.BigInteger(),
            nullable=True,
            comment="[reference] Both ways; none: no limit.",
        ),
        sa.Column(
            "mac_authentication",
            sa.Boolean(),
            nullable=False,
            comment="[reference] A returning device is let in by its MAC.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_plan_code")),
        schema="territory",
        comment="A set of access rights.",
    )
    op.create_table(
        "event",
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[traffic] Server's clock at receipt.",
        ),
        sa.Column("session_key", sa.Uuid(), nullable=False, comment="[traffic] Which session."),
        sa.Column(
            "kind",
            sa.SmallInteger(),
            nullable=False,
            comment="[traffic] Acct-Status-Type (RFC 2866 §5.1).",
        ),
        sa.Column(
            "session_seconds",
            sa.BigInteger(),
            nullable=False,
            comment="[traffic] Duration told by the NAS.",
        ),
        sa.Column(
            "upload_octets",
            sa.BigInteger(),
            nullable=False,
            comment="[traffic] From the guest, cumulative.",
        ),
        sa.Column(
            "download_octets",
            sa.BigInteger(),
            nullable=False,
            comment="[traffic] To the guest, cumulative.",
        ),
        sa.Column(
            "terminate_cause",
            sa.Integer(),
            nullable=True,
            comment="[traffic] Acct-Terminate-Cause.",
        ),
        schema="traffic",
        comment="How long and how much, record by record.",
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[staff] Opaque identifier."),
        sa.Column(
            "login",
            sa.Text(),
            nullable=False,
            comment="[staff] Professional e-mail address, lower case.",
        ),
        sa.Column(
            "display_name", sa.Text(), nullable=False, comment="[staff] Name shown to colleagues."
        ),
        sa.Column(
            "role",
            sa.Text(),
            nullable=False,
            comment="[staff] administrator, technician, agent, mediator, custodian or dpo.",
        ),
        sa.Column(
            "organisation_id",
            sa.Uuid(),
            nullable=True,
            comment="[staff] Whose sites they see; none: the territory's.",
        ),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="[staff] Argon2id, encoded."),
        sa.Column(
            "age_recipient",
            sa.Text(),
            nullable=True,
            comment="[staff] A custodian's age public key.",
        ),
        sa.Column(
            "signing_key",
            sa.Text(),
            nullable=True,
            comment="[staff] A custodian's Ed25519 key, base64.",
        ),
        sa.Column(
            "failed_attempts",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="[staff] Wrong passwords in a row.",
        ),
        sa.Column(
            "locked_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[staff] No sign-in before.",
        ),
        sa.Column(
            "disabled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[staff] No sign-in since.",
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, comment="[staff] Made on."
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["territory.organisation.id"],
            name=op.f("fk_operator_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("login", name=op.f("uq_operator_login")),
        schema="staff",
        comment="A person who works with the base.",
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="[reference] Short name people type; unique."
        ),
        sa.Column(
            "organisation_id", sa.Uuid(), nullable=False, comment="[reference] Who answers for it."
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="[reference] Name shown to guests."),
        sa.Column(
            "insee", sa.Text(), nullable=True, comment="[reference] INSEE code of its commune."
        ),
        sa.Column(
            "postal_address", sa.Text(), nullable=True, comment="[reference] Street and town."
        ),
        sa.Column("latitude", sa.Double(), nullable=True, comment="[reference] WGS 84, degrees."),
        sa.Column("longitude", sa.Double(), nullable=True, comment="[reference] WGS 84, degrees."),
        sa.Column(
            "place_type",
            sa.Text(),
            nullable=False,
            comment="[reference] mairie, bibliotheque, salle_des_fetes...",
        ),
        sa.Column(
            "link",
            sa.Text(),
            nullable=False,
            comment="[reference] tunnel, radsec, cloud or private_network.",
        ),
        sa.Column(
            "plan_id", sa.Uuid(), nullable=False, comment="[reference] Rights of its guests."
        ),
        sa.Column(
            "listed", sa.Boolean(), nullable=False, comment="[reference] Shown on the public map."
        ),
        sa.Column(
            "package",
            sa.Text(),
            nullable=True,
            comment="[reference] Site package it was ordered as.",
        ),
        sa.Column(
            "welcome", sa.Text(), nullable=True, comment="[reference] The organisation's message."
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["territory.organisation.id"], name=op.f("fk_site_organisation_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["territory.plan.id"], name=op.f("fk_site_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
        schema="territory",
        comment="A place with public Wi-Fi.",
    )
    op.create_table(
        "site_public_address",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[source] Opaque identifier."),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[source] Which site."),
        sa.Column(
            "address",
            postgresql.INET(),
            nullable=False,
            comment="[source] Address the Internet sees.",
        ),
        sa.Column(
            "valid_from", sa.DateTime(timezone=True), nullable=False, comment="[source] Since."
        ),
        sa.Column(
            "valid_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[source] Until; none: still.",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["territory.site.id"], name=op.f("fk_site_public_address_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_public_address")),
        schema="source",
        comment="A site's public address, by interval.",
    )
    op.create_table(
        "sign_in",
        sa.Column(
            "token_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="[staff] SHA-256 of the cookie.",
        ),
        sa.Column("operator_id", sa.Uuid(), nullable=False, comment="[staff] Who."),
        sa.Column(
            "application", sa.Text(), nullable=False, comment="[staff] console, desk or demo."
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[staff] Signed in at.",
        ),
        sa.Column(
            "last_used_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[staff] Last page at.",
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[staff] Ends at the latest.",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["staff.operator.id"], name=op.f("fk_sign_in_operator_id")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_sign_in")),
        schema="staff",
        comment="An operator's browser that is signed in.",
    )
    op.create_table(
        "sign_in_link",
        sa.Column(
            "token_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="[staff] SHA-256 of the link's token.",
        ),
        sa.Column("operator_id", sa.Uuid(), nullable=False, comment="[staff] Who."),
        sa.Column(
            "application", sa.Text(), nullable=False, comment="[staff] console, desk or demo."
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[staff] Unusable after.",
        ),
        sa.Column(
            "used_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[staff] Used at; a link serves once.",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["staff.operator.id"], name=op.f("fk_sign_in_link_operator_id")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_sign_in_link")),
        schema="staff",
        comment="A single-use link that signs an operator in.",
    )
    op.create_table(
        "access_point",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "site_id", sa.Uuid(), nullable=False, comment="[reference] The place it stands in."
        ),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="[reference] Short name people type; unique."
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="[reference] Name technicians use."),
        sa.Column(
            "mac", postgresql.MACADDR(), nullable=True, comment="[reference] Its base MAC address."
        ),
        sa.Column(
            "management_address",
            postgresql.INET(),
            nullable=True,
            comment="[reference] Address that is polled.",
        ),
        sa.Column("model", sa.Text(), nullable=True, comment="[reference] Hardware."),
        sa.ForeignKeyConstraint(
            ["site_id"], ["territory.site.id"], name=op.f("fk_access_point_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_point")),
        sa.UniqueConstraint("code", name=op.f("uq_access_point_code")),
        schema="territory",
        comment="A radio.",
    )
    op.create_table(
        "gateway",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "site_id", sa.Uuid(), nullable=False, comment="[reference] The place it stands in."
        ),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="[reference] Short name people type; unique."
        ),
        sa.Column(
            "brand",
            sa.Text(),
            nullable=False,
            comment="[reference] Adapter that reads its redirects.",
        ),
        sa.Column(
            "login_address",
            sa.Text(),
            nullable=False,
            comment="[reference] host[:port] a hand-back may go to, no other.",
        ),
        sa.Column(
            "portal_base",
            sa.Text(),
            nullable=True,
            comment="[reference] The exact portal address the gateway is configured with.",
        ),
        sa.Column(
            "portal_secret_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="[reference] uamsecret or faskey, sealed at rest.",
        ),
        sa.Column("model", sa.Text(), nullable=True, comment="[reference] Hardware."),
        sa.ForeignKeyConstraint(
            ["site_id"], ["territory.site.id"], name=op.f("fk_gateway_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway")),
        sa.UniqueConstraint("code", name=op.f("uq_gateway_code")),
        schema="territory",
        comment="What redirects a phone to the portal.",
    )
    op.create_table(
        "network",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "site_id", sa.Uuid(), nullable=False, comment="[reference] The place it stands in."
        ),
        sa.Column("ssid", sa.Text(), nullable=False, comment="[reference] Name phones show."),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="[reference] public or staff; staff is never archived.",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["territory.site.id"], name=op.f("fk_network_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network")),
        schema="territory",
        comment="One SSID of a site.",
    )
    op.create_table(
        "admission",
        sa.Column(
            "id",
            sa.Uuid(),
            nullable=False,
            comment="[source] Opaque identifier; also sent as Class.",
        ),
        sa.Column(
            "user_name",
            sa.Text(),
            nullable=False,
            comment="[source] Opaque random User-Name of its credential.",
        ),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[source] Where."),
        sa.Column(
            "network_id",
            sa.Uuid(),
            nullable=True,
            comment="[source] On which network, when the gateway tells.",
        ),
        sa.Column("plan_id", sa.Uuid(), nullable=False, comment="[source] Rights granted."),
        sa.Column(
            "method",
            sa.Text(),
            nullable=False,
            comment="[source] How the guest identified; click_through: not at all.",
        ),
        sa.Column(
            "language",
            sa.Text(),
            nullable=False,
            comment="[operation] Language of the guest's pages.",
        ),
        sa.Column(
            "terms_version",
            sa.Text(),
            nullable=False,
            comment="[source] Version of the terms accepted.",
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, comment="[source] Granted at."
        ),
        sa.Column(
            "credential_expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] First use must come before.",
        ),
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] The right ends at.",
        ),
        sa.Column(
            "device",
            postgresql.MACADDR(),
            nullable=True,
            comment="[source] Device of the first use.",
        ),
        sa.Column(
            "bound_at", sa.DateTime(timezone=True), nullable=True, comment="[source] First used at."
        ),
        sa.Column(
            "revoked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[source] Ended early at.",
        ),
        sa.Column(
            "revoked_reason", sa.Text(), nullable=True, comment="[source] Why it ended early."
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["territory.network.id"], name=op.f("fk_admission_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["territory.plan.id"], name=op.f("fk_admission_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["territory.site.id"], name=op.f("fk_admission_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission")),
        sa.UniqueConstraint("user_name", name=op.f("uq_admission_user_name")),
        schema="live",
        comment="A right to go online, with a one-shot credential whose password is derived.",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_admission_device",
        "admission",
        ["device", "site_id"],
        unique=False,
        schema="live",
        postgresql_where=sa.text("device IS NOT NULL"),
    )
    op.create_table(
        "nas",
        sa.Column("id", sa.Uuid(), nullable=False, comment="[reference] Opaque identifier."),
        sa.Column(
            "site_id", sa.Uuid(), nullable=False, comment="[reference] The place it stands in."
        ),
        sa.Column("gateway_id", sa.Uuid(), nullable=False, comment="[reference] Its gateway."),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="[reference] Short name people type; unique."
        ),
        sa.Column(
            "source_address",
            postgresql.INET(),
            nullable=False,
            comment="[reference] Address its packets come from.",
        ),
        sa.Column(
            "identifier", sa.Text(), nullable=True, comment="[reference] NAS-Identifier it sends."
        ),
        sa.Column(
            "shared_secret_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="[reference] Shared secret, sealed at rest.",
        ),
        sa.Column(
            "require_message_authenticator",
            sa.Text(),
            nullable=False,
            comment="[reference] always or when-present (CVE-2024-3596).",
        ),
        sa.Column(
            "limit_proxy_state",
            sa.Boolean(),
            nullable=False,
            comment="[reference] Refuse Proxy-State in unsigned requests.",
        ),
        sa.Column(
            "coa_port",
            sa.Integer(),
            nullable=False,
            comment="[reference] UDP port that takes Disconnect and CoA.",
        ),
        sa.Column(
            "attribute_sets",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="[reference] Vendors' attributes it understands.",
        ),
        sa.ForeignKeyConstraint(
            ["gateway_id"], ["territory.gateway.id"], name=op.f("fk_nas_gateway_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["territory.site.id"], name=op.f("fk_nas_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nas")),
        sa.UniqueConstraint("code", name=op.f("uq_nas_code")),
        sa.UniqueConstraint("source_address", name=op.f("uq_nas_source_address")),
        schema="territory",
        comment="Who sends us RADIUS.",
    )
    op.create_table(
        "nas_seen",
        sa.Column("nas_id", sa.Uuid(), nullable=False, comment="[operation] Which."),
        sa.Column(
            "last_access_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[operation] Last good Access-Request.",
        ),
        sa.Column(
            "last_accounting_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[operation] Last good record.",
        ),
        sa.Column(
            "unsigned_packets",
            sa.BigInteger(),
            nullable=False,
            comment="[operation] Without Message-Authenticator.",
        ),
        sa.Column(
            "accepts",
            sa.BigInteger(),
            nullable=False,
            comment="[operation] Access-Accepts since ever.",
        ),
        sa.Column(
            "rejects",
            sa.BigInteger(),
            nullable=False,
            comment="[operation] Access-Rejects since ever.",
        ),
        sa.ForeignKeyConstraint(["nas_id"], ["territory.nas.id"], name=op.f("fk_nas_seen_nas_id")),
        sa.PrimaryKeyConstraint("nas_id", name=op.f("pk_nas_seen")),
        schema="live",
        comment="What RADIUS last saw of each NAS.",
    )


def _create_role(role: str) -> str:
    """Return the statement that makes `role` unless another database of the server has."""
    return f"""
        DO $$ BEGIN
            CREATE ROLE {role} LOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """
