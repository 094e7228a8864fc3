"""What runs today: admissions, open sessions, what was last seen. Nothing here is kept.

A session row leaves once every day it touched is sealed, and what it has used counts on for its
right (`live.right_use`); an admission leaves soon after it ends.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, MACADDR

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_SOURCE = Category.SOURCE
_TRAFFIC = Category.TRAFFIC
_SECURITY = Category.SECURITY
_INSTANT = DateTime(timezone=True)
_SCHEMA = "live"

admission = Table(
    "admission",
    metadata,
    column("id", Uuid, _SOURCE, "Opaque identifier; also sent as Class.", primary_key=True),
    column("user_name", Text, _SOURCE, "Opaque random User-Name of its credential.", unique=True),
    column("site_id", Uuid, _SOURCE, "Where.", ForeignKey("territory.site.id")),
    column(
        "network_id",
        Uuid,
        _SOURCE,
        "On which network, when the gateway tells.",
        ForeignKey("territory.network.id"),
        nullable=True,
    ),
    column("plan_id", Uuid, _SOURCE, "Rights granted.", ForeignKey("territory.plan.id")),
    column("method", Text, _SOURCE, "How the guest identified; click_through: not at all."),
    column("language", Text, _OPERATION, "Language of the guest's pages."),
    column("terms_version", Text, _SOURCE, "Version of the terms accepted."),
    column("created_at", _INSTANT, _SOURCE, "Granted at."),
    column("credential_expires_at", _INSTANT, _SOURCE, "First use must come before."),
    column("ends_at", _INSTANT, _SOURCE, "The right ends at."),
    column("revoked_at", _INSTANT, _SOURCE, "Ended early at.", nullable=True),
    column("revoked_reason", Text, _SOURCE, "Why it ended early.", nullable=True),
    column(
        "guest_id", Uuid, _SOURCE, "Its ticket or account; none: the device alone.", nullable=True
    ),
    schema=_SCHEMA,
    comment="A right to go online, with a one-shot credential whose password is derived.",
    postgresql_with={"fillfactor": "80"},
)

binding = Table(
    "binding",
    metadata,
    column("admission_id", Uuid, _SOURCE, "The right that is used.", primary_key=True),
    column("device", MACADDR, _SOURCE, "Device of the first use."),
    column("site_id", Uuid, _SOURCE, "Where."),
    column("bound_at", _INSTANT, _SOURCE, "First used at."),
    schema=_SCHEMA,
    comment="Which device an admission belongs to, from its first use on.",
)
Index("ix_binding_device", binding.c.device, binding.c.site_id)

Index(
    "ix_admission_guest_id",
    admission.c.guest_id,
    postgresql_where=text("guest_id IS NOT NULL"),
)

Index(
    "ix_admission_revoked_at",
    admission.c.revoked_at,
    postgresql_where=text("revoked_at IS NOT NULL"),
)

session = Table(
    "session",
    metadata,
    column(
        "session_key",
        Uuid,
        _SOURCE,
        "MD5 of NAS, its handle, Acct-Session-Id and device.",
        primary_key=True,
    ),
    column("nas_id", Uuid, _SOURCE, "Who reported it: a NAS, or a gateway without RADIUS."),
    column("site_id", Uuid, _SOURCE, "Where."),
    column("nas_handle", Text, _SOURCE, "NAS-Identifier, else NAS address, as received."),
    column("acct_session_id", Text, _SOURCE, "The NAS's own name for it."),
    column("admission_id", Uuid, _SOURCE, "The right it uses.", nullable=True),
    column("user_name", Text, _SOURCE, "User-Name as received.", nullable=True),
    column("device", MACADDR, _SOURCE, "The guest's device.", nullable=True),
    column("address", INET, _SOURCE, "Its private IPv4 address, the last.", nullable=True),
    column("address6", ARRAY(INET), _SOURCE, "Its IPv6 addresses.", server_default="{}"),
    column("started_at", _INSTANT, _SOURCE, "Start, or deduced from the first record."),
    column("last_seen_at", _INSTANT, _SOURCE, "Last record received."),
    column("ended_at", _INSTANT, _SOURCE, "Ended at; none: open.", nullable=True),
    column("session_seconds", BigInteger, _TRAFFIC, "Duration told by the NAS."),
    column("upload_octets", BigInteger, _TRAFFIC, "From the guest."),
    column("download_octets", BigInteger, _TRAFFIC, "To the guest."),
    column(
        "terminate_cause",
        Integer,
        _TRAFFIC,
        "Acct-Terminate-Cause; negative: concluded by us, nobody told the end.",
        nullable=True,
    ),
    column("first_key", Uuid, _SOURCE, "First session of its name, if used again.", nullable=True),
    column(
        "upload_carried",
        BigInteger,
        _TRAFFIC,
        "Of its upload, before its counter fell.",
        server_default="0",
    ),
    column(
        "download_carried", BigInteger, _TRAFFIC, "Of its download, likewise.", server_default="0"
    ),
    schema=_SCHEMA,
    comment="A RADIUS accounting session, open or ended in the last unsealed days.",
    postgresql_with={"fillfactor": "70"},
)
Index(
    "ix_session_admission_id",
    session.c.admission_id,
    postgresql_where=text("admission_id IS NOT NULL"),
)
Index(
    "ix_session_first_key",
    session.c.first_key,
    postgresql_where=text("first_key IS NOT NULL"),
)
Index("ix_session_nas_id", session.c.nas_id)

sealed_use = Table(
    "sealed_use",
    metadata,
    column("admission_id", Uuid, _SOURCE, "The right, which still lives.", primary_key=True),
    column("session_seconds", BigInteger, _TRAFFIC, "Time online."),
    column("upload_octets", BigInteger, _TRAFFIC, "From the guest."),
    column("download_octets", BigInteger, _TRAFFIC, "To the guest."),
    schema=_SCHEMA,
    comment="What each right has used in sessions that left: no device, time or place of them.",
)

nas_seen = Table(
    "nas_seen",
    metadata,
    column("nas_id", Uuid, _OPERATION, "Which.", ForeignKey("territory.nas.id"), primary_key=True),
    column("last_access_at", _INSTANT, _OPERATION, "Last good Access-Request.", nullable=True),
    column("last_accounting_at", _INSTANT, _OPERATION, "Last good record.", nullable=True),
    column("unsigned_packets", BigInteger, _OPERATION, "Without Message-Authenticator."),
    column("accepts", BigInteger, _OPERATION, "Access-Accepts since ever."),
    column("rejects", BigInteger, _OPERATION, "Access-Rejects since ever."),
    column(
        "signed_since",
        _INSTANT,
        _OPERATION,
        "First signed Access-Request since it began to learn.",
        nullable=True,
    ),
    column(
        "unlearned_at",
        _INSTANT,
        _OPERATION,
        "A technician last made it forget that it signs.",
        nullable=True,
    ),
    column(
        "last_unsigned_at",
        _INSTANT,
        _OPERATION,
        "Last Access-Request without Message-Authenticator.",
        nullable=True,
    ),
    column(
        "old_secret_at",
        _INSTANT,
        _OPERATION,
        "In a rotation, last packet under the secret that goes.",
        nullable=True,
    ),
    column(
        "next_secret_at",
        _INSTANT,
        _OPERATION,
        "In a rotation, last packet under the secret that comes.",
        nullable=True,
    ),
    column("last_accept_at", _INSTANT, _OPERATION, "Last Access-Accept.", nullable=True),
    column(
        "refused_in_row",
        BigInteger,
        _OPERATION,
        "Access-Rejects since then, devices presented by their MAC left out.",
        server_default="0",
    ),
    column("refused_since", _INSTANT, _OPERATION, "The first of these.", nullable=True),
    column("replies", BigInteger, _OPERATION, "Access-Requests answered.", server_default="0"),
    column(
        "reply_seconds",
        Double,
        _OPERATION,
        "Sum from their receipt to their reply.",
        server_default="0",
    ),
    column("slow_replies", BigInteger, _OPERATION, "Of these, over a second.", server_default="0"),
    column(
        "clock_offset_seconds",
        Double,
        _OPERATION,
        "By how much its clock is ahead, a median; none: it did not say.",
        nullable=True,
    ),
    schema=_SCHEMA,
    comment="What RADIUS last saw of each NAS.",
)

translation_seen = Table(
    "translation_seen",
    metadata,
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Whose gateway tells its address translation.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    column("last_at", _INSTANT, _OPERATION, "Last one that was kept."),
    schema=_SCHEMA,
    comment="When each site's gateway last told a translation: whether its log still comes.",
)

tunnel_seen = Table(
    "tunnel_seen",
    metadata,
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Whose link.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    column("handshake_at", _INSTANT, _OPERATION, "Last, under its present key.", nullable=True),
    column(
        "next_handshake_at",
        _INSTANT,
        _OPERATION,
        "Last, under the key that a rotation brings in.",
        nullable=True,
    ),
    column("checked_at", _INSTANT, _OPERATION, "Last read."),
    schema=_SCHEMA,
    comment="What the hub last saw of each tunnel.",
)

gateway_seen = Table(
    "gateway_seen",
    metadata,
    column(
        "gateway_id",
        Uuid,
        _OPERATION,
        "Which.",
        ForeignKey("territory.gateway.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    column("arrived_at", _INSTANT, _OPERATION, "Last redirect that was believed.", nullable=True),
    column("refused_at", _INSTANT, _OPERATION, "Last redirect that was not.", nullable=True),
    column("refusal", Text, _OPERATION, "Why that one was not.", nullable=True),
    schema=_SCHEMA,
    comment="What the portal last saw of each gateway.",
)

controller_seen = Table(
    "controller_seen",
    metadata,
    column(
        "gateway_id",
        Uuid,
        _OPERATION,
        "Whose controller.",
        ForeignKey("territory.gateway.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    column("checked_at", _INSTANT, _OPERATION, "Last asked."),
    column(
        "answered_at",
        _INSTANT,
        _OPERATION,
        "Last list of its access points; none: never.",
        nullable=True,
    ),
    column(
        "trouble",
        Text,
        _OPERATION,
        "Why it did not answer, one of few words; none: it did.",
        nullable=True,
    ),
    column(
        "strangers",
        JSONB,
        _OPERATION,
        "Access points it has at that site and nobody described there:"
        " name, mac, site where it is described or null.",
    ),
    column(
        "missing",
        JSONB,
        _OPERATION,
        "Codes of access points described there that it does not have.",
    ),
    schema=_SCHEMA,
    comment="What supervision last heard from each gateway's controller.",
)

discard = Table(
    "discard",
    metadata,
    column("day", Date, _OPERATION, "UTC day."),
    column("source_address", INET, _OPERATION, "Where the packets came from."),
    column("reason", Text, _OPERATION, "Why they were silently discarded."),
    column("packets", BigInteger, _OPERATION, "How many."),
    column("first_at", _INSTANT, _OPERATION, "The first."),
    column("last_at", _INSTANT, _OPERATION, "The last."),
    column(
        "packet_kind",
        Text,
        _OPERATION,
        "Of an unknown sender: what it last sent, access-request...",
        nullable=True,
    ),
    column(
        "claimed_name",
        Text,
        _OPERATION,
        "Of an unknown sender: the NAS-Identifier or address it claims.",
        nullable=True,
    ),
    PrimaryKeyConstraint("day", "source_address", "reason"),
    schema=_SCHEMA,
    comment="Packets nobody answered, for technicians: forged, unsigned, unknown NAS.",
)

set_aside = Table(
    "set_aside",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column("received_at", _INSTANT, _SOURCE, "When."),
    column("nas_id", Uuid, _SOURCE, "From whom."),
    column("reason", Text, _OPERATION, "Why it could not be recorded."),
    column(
        "packet",
        LargeBinary,
        _SOURCE,
        "The packet, as far as records are made of it (CPCE L34-1 VI).",
    ),
    schema=_SCHEMA,
    comment="Accounting packets the database refused, one by one.",
)

spool_position = Table(
    "spool_position",
    metadata,
    column("reel_id", Uuid, _OPERATION, "Which file of a spool.", primary_key=True),
    column("sequence", BigInteger, _OPERATION, "Its records up to this number are entered."),
    column("noted_at", _INSTANT, _OPERATION, "Last moved at."),
    schema=_SCHEMA,
    comment="How far each file of a RADIUS spool is replayed: moves with what it entered.",
)

equipment_state = Table(
    "equipment_state",
    metadata,
    column("kind", Text, _OPERATION, "access_point or nas."),
    column("equipment_id", Uuid, _OPERATION, "Which."),
    column("state", Text, _OPERATION, "up, degraded, down, unknown or asleep."),
    column("reason", Text, _OPERATION, "Why, in words."),
    column("since", _INSTANT, _OPERATION, "In this state since."),
    column("checked_at", _INSTANT, _OPERATION, "Last judged."),
    column("round_trip_seconds", Double, _OPERATION, "Last answer to a ping.", nullable=True),
    column(
        "reason_code", Text, _OPERATION, "Why, as a code of supervision's reasons.", nullable=True
    ),
    column(
        "consequence",
        Boolean,
        _OPERATION,
        "Not its own fault: what it hangs on is down.",
        server_default="false",
    ),
    column(
        "planned",
        Boolean,
        _OPERATION,
        "During announced maintenance: nothing is told.",
        server_default="false",
    ),
    PrimaryKeyConstraint("kind", "equipment_id"),
    schema=_SCHEMA,
    comment="Health of the equipment.",
)

command = Table(
    "command",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column("kind", Text, _OPERATION, "What is asked, e.g. disconnect."),
    column("payload", JSONB, _OPERATION, "Of what."),
    column("requested_by", Text, _OPERATION, "Who asks."),
    column("requested_at", _INSTANT, _OPERATION, "When."),
    column("deadline", _INSTANT, _OPERATION, "Useless after."),
    column("result", JSONB, _OPERATION, "What came of it.", nullable=True),
    column("finished_at", _INSTANT, _OPERATION, "Done at.", nullable=True),
    column(
        "claimed_until",
        _INSTANT,
        _OPERATION,
        "A server works on it until; none: free.",
        nullable=True,
    ),
    schema=_SCHEMA,
    comment="What one component asks of another and waits for.",
)
Index("ix_command_requested_at", command.c.requested_at)

guest_day = Table(
    "guest_day",
    metadata,
    column("guest", Text, _SOURCE, "The ticket's or account's id, else the device."),
    column("day", Date, _TRAFFIC, "Day in Europe/Paris."),
    column("seconds", BigInteger, _TRAFFIC, "Time online."),
    column("octets", BigInteger, _TRAFFIC, "Both ways."),
    PrimaryKeyConstraint("guest", "day"),
    schema=_SCHEMA,
    comment="What each guest of a plan with a limit a day or a month has used this month.",
)

counted_session = Table(
    "counted_session",
    metadata,
    column("session_key", Uuid, _SOURCE, "Which.", primary_key=True),
    column("seconds", BigInteger, _TRAFFIC, "Counted so far."),
    column("octets", BigInteger, _TRAFFIC, "Counted so far."),
    column("counted_at", _INSTANT, _OPERATION, "Last counted at."),
    schema=_SCHEMA,
    comment="How much of each session guest_day holds, so that nothing is counted twice.",
)

block = Table(
    "block",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column("kind", Text, _OPERATION, "device, ticket, account or admission."),
    column("device", MACADDR, _SECURITY, "The device blocked.", nullable=True),
    column(
        "subject_id", Uuid, _SECURITY, "The ticket, account or admission blocked.", nullable=True
    ),
    column("reason", Text, _SECURITY, "Why, in words."),
    column("author", Text, Category.STAFF, "Who decided it."),
    column("created_at", _INSTANT, _OPERATION, "Since."),
    column("until", _INSTANT, _OPERATION, "Until; none: until it is lifted.", nullable=True),
    schema=_SCHEMA,
    comment="Who may not go online, why, and until when.",
)

waiting = Table(
    "waiting",
    metadata,
    column(
        "token", Text, _SOURCE, "The gateway's own name of the client (rhid).", primary_key=True
    ),
    column("gateway_id", Uuid, _SOURCE, "Who is to be told."),
    column("admission_id", Uuid, _SOURCE, "The right it goes by."),
    column("device", MACADDR, _SOURCE, "The device."),
    column("address", INET, _SOURCE, "Its private IPv4 address, where told.", nullable=True),
    column("rights", Text, _OPERATION, "Minutes, kbit/s and kByte, as the gateway is told them."),
    column("asked_at", _INSTANT, _SOURCE, "The guest was admitted at."),
    column(
        "acknowledged_at",
        _INSTANT,
        _SOURCE,
        "The gateway said that it let it in; none: not yet.",
        nullable=True,
    ),
    schema=_SCHEMA,
    comment="Who was admitted at a gateway that comes and asks, for a few minutes.",
)
