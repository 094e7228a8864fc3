"""Operators of the base, their sign-ins, and the append-only chained audit log."""

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from territory.database.tables.columns import Category, column, metadata

_STAFF = Category.STAFF
_AUDIT = Category.AUDIT
_INSTANT = DateTime(timezone=True)

operator = Table(
    "operator",
    metadata,
    column("id", Uuid, _STAFF, "Opaque identifier.", primary_key=True),
    column("login", Text, _STAFF, "Professional e-mail address, lower case.", unique=True),
    column("display_name", Text, _STAFF, "Name shown to colleagues."),
    column("role", Text, _STAFF, "administrator, technician, agent, mediator, custodian or dpo."),
    column(
        "organisation_id",
        Uuid,
        _STAFF,
        "Whose sites they see; none: the territory's.",
        ForeignKey("territory.organisation.id"),
        nullable=True,
    ),
    column("password_hash", Text, _STAFF, "Argon2id, encoded.", nullable=True),
    column("age_recipient", Text, _STAFF, "A custodian's age public key.", nullable=True),
    column("signing_key", Text, _STAFF, "A custodian's Ed25519 key, base64.", nullable=True),
    column("failed_attempts", Integer, _STAFF, "Wrong passwords in a row.", server_default="0"),
    column("locked_until", _INSTANT, _STAFF, "No sign-in before.", nullable=True),
    column("disabled_at", _INSTANT, _STAFF, "No sign-in since.", nullable=True),
    column("created_at", _INSTANT, _STAFF, "Made on."),
    schema="staff",
    comment="A person who works with the base.",
)

sign_in = Table(
    "sign_in",
    metadata,
    column("token_digest", LargeBinary, _STAFF, "SHA-256 of the cookie.", primary_key=True),
    column("operator_id", Uuid, _STAFF, "Who.", ForeignKey("staff.operator.id")),
    column("application", Text, _STAFF, "console, desk or demo."),
    column("created_at", _INSTANT, _STAFF, "Signed in at."),
    column("last_used_at", _INSTANT, _STAFF, "Last page at."),
    column("expires_at", _INSTANT, _STAFF, "Ends at the latest."),
    column(
        "proved_at", _INSTANT, _STAFF, "Second factor given at; none: not given.", nullable=True
    ),
    schema="staff",
    comment="An operator's browser that is signed in.",
)

second_factor = Table(
    "second_factor",
    metadata,
    column(
        "operator_id", Uuid, _STAFF, "Whose.", ForeignKey("staff.operator.id"), primary_key=True
    ),
    column("secret_sealed", LargeBinary, _STAFF, "TOTP secret (RFC 6238), sealed at rest."),
    column("made_at", _INSTANT, _STAFF, "Shown to its owner at."),
    column(
        "confirmed_at", _INSTANT, _STAFF, "First good code at; none: not yet in use.", nullable=True
    ),
    column(
        "last_step", BigInteger, _STAFF, "Last 30 s step used; none before.", server_default="0"
    ),
    column("failed_attempts", Integer, _STAFF, "Wrong codes in a row.", server_default="0"),
    column("locked_until", _INSTANT, _STAFF, "No code is looked at before.", nullable=True),
    schema="staff",
    comment="An operator's second factor: time-based one-time codes.",
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    column("token_digest", LargeBinary, _STAFF, "SHA-256 of the link's token.", primary_key=True),
    column("operator_id", Uuid, _STAFF, "Who.", ForeignKey("staff.operator.id")),
    column("application", Text, _STAFF, "console, desk or demo."),
    column("expires_at", _INSTANT, _STAFF, "Unusable after."),
    column("used_at", _INSTANT, _STAFF, "Used at; a link serves once.", nullable=True),
    schema="staff",
    comment="A single-use link that signs an operator in.",
)

wall_link = Table(
    "wall_link",
    metadata,
    column("id", Uuid, _STAFF, "Opaque identifier.", primary_key=True),
    column("token_digest", LargeBinary, _STAFF, "SHA-256 of the link's token.", unique=True),
    column("name", Text, _STAFF, "Where the screen hangs, in words."),
    column(
        "organisation_id",
        Uuid,
        _STAFF,
        "Whose sites it shows; none: all.",
        ForeignKey("territory.organisation.id", ondelete="CASCADE"),
        nullable=True,
    ),
    column("made_by", Uuid, _STAFF, "By whom.", ForeignKey("staff.operator.id")),
    column("made_at", _INSTANT, _STAFF, "Made at."),
    column("expires_at", _INSTANT, _STAFF, "Shows nothing from then on."),
    column("revoked_at", _INSTANT, _STAFF, "Ended before, by an operator.", nullable=True),
    column("last_used_at", _INSTANT, _STAFF, "Last looked at.", nullable=True),
    schema="staff",
    comment="A link that shows the live page to whoever has it, and nothing else.",
)

audit_entry = Table(
    "entry",
    metadata,
    column(
        "number",
        BigInteger,
        _AUDIT,
        "1, 2, 3... without a gap.",
        primary_key=True,
        autoincrement=False,
    ),
    column("at", _INSTANT, _AUDIT, "When."),
    column("operator_id", Uuid, _AUDIT, "Who, if an operator.", nullable=True),
    column("actor", Text, _AUDIT, "Who, in words: a login or a component."),
    column("action", Text, _AUDIT, "What was done: a stable word."),
    column("subject", Text, _AUDIT, "To what: a code or an identifier."),
    column("detail", JSONB, _AUDIT, "Facts about it, without personal data."),
    column("previous_digest", LargeBinary, _AUDIT, "Digest of the entry before; 32 octets."),
    column("digest", LargeBinary, _AUDIT, "SHA-256 over the previous digest and this entry."),
    schema="audit",
    comment="Append-only, chained: written through audit.append, never changed.",
)

audit_anchor = Table(
    "anchor",
    metadata,
    column(
        "number",
        BigInteger,
        _AUDIT,
        "Of the last line removed.",
        primary_key=True,
        autoincrement=False,
    ),
    column("digest", LargeBinary, _AUDIT, "That line's: what stays follows it."),
    column("removed_at", _INSTANT, _AUDIT, "When."),
    schema="audit",
    comment="Where the audit log begins since its oldest lines reached their term.",
)
