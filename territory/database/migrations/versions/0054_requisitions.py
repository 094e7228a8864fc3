"""The numbered register of requisitions, approvals by two custodians, and a second factor.

The desk alone reads the register. Retention sees no more of it than what tells how many are late
and which have been closed for so long that they end.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=nullable, comment=f"[audit] {meaning}")


_REQUISITION = (
    _column("id", sa.Uuid(), "Opaque identifier."),
    _column("year", sa.Integer(), "Year of entry, at Paris."),
    _column("number", sa.Integer(), "1, 2, 3... in that year, without a gap."),
    _column("state", sa.Text(), "Where it stands; see retention/desk/states.py."),
    _column("received_at", _INSTANT, "The act reached us at."),
    _column("registered_at", _INSTANT, "Entered at."),
    _column("registered_by", sa.Text(), "Login of the custodian who entered it."),
    _column("authority", sa.Text(), "Who asks: the service or court."),
    _column("agent_name", sa.Text(), "The agent who signed the act."),
    _column("agent_rank", sa.Text(), "Their rank or quality."),
    _column("agent_unit", sa.Text(), "Their unit."),
    _column("contact", sa.Text(), "Professional address or phone to answer to."),
    _column("magistrate", sa.Text(), "Who authorised or mandated it; empty: nobody named."),
    _column("reference", sa.Text(), "The authority's own number of procedure."),
    _column("issued_on", sa.Date(), "Date of the act: the law of that day applies."),
    _column("ground", sa.Text(), "Code of the legal ground; empty: none is given."),
    _column("condition", sa.Text(), "Case of CPP 60-1-2 invoked; empty: none."),
    _column("categories", postgresql.ARRAY(sa.Text()), "Legal categories asked."),
    _column("kind", sa.Text(), "What kind of question it is."),
    _column("question", postgresql.JSONB(), "What is asked, as a case file writes it."),
    _column(
        "faults", postgresql.ARRAY(sa.Text()), "Codes of what was found wrong; empty: nothing."
    ),
    _column("deadline_at", _INSTANT, "To be answered by."),
    _column("deadline_asked", sa.Boolean(), "Set by the act; else our own rule."),
    _column("urgency", sa.Text(), "Why it is urgent; empty: it is not."),
    _column("document_sha256", sa.LargeBinary(), "Of the scanned act.", nullable=True),
    _column("document_type", sa.Text(), "Media type by its signature; empty: no act."),
    _column("document_sealed", sa.LargeBinary(), "The act, age file.", nullable=True),
    _column("case_id", sa.Uuid(), "The case that travelled.", nullable=True),
    _column("closed_at", _INSTANT, "Answered, refused or withdrawn at.", nullable=True),
)
_STEP = (
    _column("requisition_id", sa.Uuid(), "Of which."),
    _column("number", sa.Integer(), "1, 2, 3... in their order."),
    _column("at", _INSTANT, "When."),
    _column("act", sa.Text(), "What was done; see retention/desk/states.py."),
    _column("state", sa.Text(), "Where it stood afterwards."),
    _column("login", sa.Text(), "By whom."),
    _column("told", sa.Text(), "Reason, digest or number that goes with it; empty: none."),
)
_APPROVAL = (
    _column("subject", sa.Uuid(), "What is decided on: a requisition, a hold."),
    _column("act", sa.Text(), "What is decided: a stable word."),
    _column("operator_id", sa.Uuid(), "Who agrees."),
    _column("login", sa.Text(), "Their login."),
    _column("reason", sa.Text(), "Why, in their own words."),
    _column("approved_at", _INSTANT, "When."),
)


def _staff(name: str, type_: sa.types.TypeEngine[Any], meaning: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=f"[staff] {meaning}", **{"nullable": False, **more})


_SECOND_FACTOR = (
    _staff("operator_id", sa.Uuid(), "Whose."),
    _staff("secret_sealed", sa.LargeBinary(), "TOTP secret (RFC 6238), sealed at rest."),
    _staff("made_at", _INSTANT, "Shown to its owner at."),
    _staff("confirmed_at", _INSTANT, "First good code at; none: not yet in use.", nullable=True),
    _staff("last_step", sa.BigInteger(), "Last 30 s step used; none before.", server_default="0"),
    _staff("failed_attempts", sa.Integer(), "Wrong codes in a row.", server_default="0"),
    _staff("locked_until", _INSTANT, "No code is looked at before.", nullable=True),
)
_RIGHTS = """
    GRANT SELECT, INSERT ON archive.requisition, archive.requisition_step, archive.approval
        TO socle_desk;
    GRANT UPDATE (state, case_id, closed_at) ON archive.requisition TO socle_desk;
    GRANT SELECT (id, state, urgency, deadline_at, case_id, closed_at) ON archive.requisition
        TO socle_retention;
    GRANT SELECT ON archive.approval TO socle_retention;
    GRANT DELETE ON archive.requisition, archive.requisition_step, archive.approval, archive.case
        TO socle_retention;
    GRANT SELECT, INSERT, UPDATE, DELETE ON staff.second_factor TO socle_desk;
    GRANT SELECT (operator_id, confirmed_at), DELETE ON staff.second_factor TO socle_portal
"""


def upgrade() -> None:
    """Make the four tables and their rights, and let a sign-in say that a code was given."""
    op.create_table(
        "requisition",
        *_REQUISITION,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requisition")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_requisition_year")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["archive.case.id"], name=op.f("fk_requisition_case_id")
        ),
        schema="archive",
        comment="The numbered register of requisitions.",
    )
    op.create_table(
        "requisition_step",
        *_STEP,
        sa.PrimaryKeyConstraint("requisition_id", "number", name=op.f("pk_requisition_step")),
        sa.ForeignKeyConstraint(
            ["requisition_id"],
            ["archive.requisition.id"],
            name=op.f("fk_requisition_step_requisition_id"),
            ondelete="CASCADE",
        ),
        schema="archive",
        comment="What was done with a requisition, each instant kept.",
    )
    op.create_table(
        "approval",
        *_APPROVAL,
        sa.PrimaryKeyConstraint("subject", "act", "operator_id", name=op.f("pk_approval")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["staff.operator.id"], name=op.f("fk_approval_operator_id")
        ),
        schema="archive",
        comment="What one custodian agreed to; two different ones decide.",
    )
    op.create_table(
        "second_factor",
        *_SECOND_FACTOR,
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_second_factor")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["staff.operator.id"], name=op.f("fk_second_factor_operator_id")
        ),
        schema="staff",
        comment="An operator's second factor: time-based one-time codes.",
    )
    op.add_column(
        "sign_in",
        _staff("proved_at", _INSTANT, "Second factor given at; none: not given.", nullable=True),
        schema="staff",
    )
    op.execute(
        "COMMENT ON TABLE archive.case IS 'Cases that travelled: the question and its segments.'"
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
