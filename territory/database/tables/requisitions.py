"""The register of requisitions, what was done with each, and what two custodians decided together.

A line is written once and never changed but for where it stands; what comes later is a step. An act
that comes back corrected is a new line, and the old one says by which it was replaced. The scanned
act is sealed (age) to every custodian of the day it came, so that the server cannot read it.
"""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from territory.database.tables.columns import Category, column, metadata

_AUDIT = Category.AUDIT
_INSTANT = DateTime(timezone=True)

requisition = Table(
    "requisition",
    metadata,
    column("id", Uuid, _AUDIT, "Opaque identifier.", primary_key=True),
    column("year", Integer, _AUDIT, "Year of entry, at Paris."),
    column("number", Integer, _AUDIT, "1, 2, 3... in that year, without a gap."),
    column("state", Text, _AUDIT, "Where it stands; see retention/desk/states.py."),
    column("received_at", _INSTANT, _AUDIT, "The act reached us at."),
    column("registered_at", _INSTANT, _AUDIT, "Entered at."),
    column("registered_by", Text, _AUDIT, "Login of the custodian who entered it."),
    column("authority", Text, _AUDIT, "Who asks: the service or court."),
    column("agent_name", Text, _AUDIT, "The agent who signed the act."),
    column("agent_rank", Text, _AUDIT, "Their rank or quality."),
    column("agent_unit", Text, _AUDIT, "Their unit."),
    column("contact", Text, _AUDIT, "Professional address or phone to answer to."),
    column("magistrate", Text, _AUDIT, "Who authorised or mandated it; empty: nobody named."),
    column("reference", Text, _AUDIT, "The authority's own number of procedure."),
    column("issued_on", Date, _AUDIT, "Date of the act: the law of that day applies."),
    column("ground", Text, _AUDIT, "Code of the legal ground; empty: none is given."),
    column("condition", Text, _AUDIT, "Case of CPP 60-1-2 invoked; empty: none."),
    column("categories", ARRAY(Text), _AUDIT, "Legal categories asked."),
    column("kind", Text, _AUDIT, "What kind of question it is."),
    column("question", JSONB, _AUDIT, "What is asked, as a case file writes it."),
    column("faults", ARRAY(Text), _AUDIT, "Codes of what was found wrong; empty: nothing."),
    column("deadline_at", _INSTANT, _AUDIT, "To be answered by."),
    column("deadline_asked", Boolean, _AUDIT, "Set by the act; else our own rule."),
    column("urgency", Text, _AUDIT, "Why it is urgent; empty: it is not."),
    column("document_sha256", LargeBinary, _AUDIT, "Of the scanned act.", nullable=True),
    column("document_type", Text, _AUDIT, "Media type by its signature; empty: no act."),
    column("document_sealed", LargeBinary, _AUDIT, "The act, age file.", nullable=True),
    column(
        "case_id",
        Uuid,
        _AUDIT,
        "The case that travelled.",
        ForeignKey("archive.case.id"),
        nullable=True,
    ),
    column("closed_at", _INSTANT, _AUDIT, "Answered, refused or withdrawn at.", nullable=True),
    UniqueConstraint("year", "number", name="uq_requisition_year"),
    schema="archive",
    comment="The numbered register of requisitions.",
)

requisition_step = Table(
    "requisition_step",
    metadata,
    column(
        "requisition_id",
        Uuid,
        _AUDIT,
        "Of which.",
        ForeignKey("archive.requisition.id", ondelete="CASCADE"),
    ),
    column("number", Integer, _AUDIT, "1, 2, 3... in their order."),
    column("at", _INSTANT, _AUDIT, "When."),
    column("act", Text, _AUDIT, "What was done; see retention/desk/states.py."),
    column("state", Text, _AUDIT, "Where it stood afterwards."),
    column("login", Text, _AUDIT, "By whom."),
    column("told", Text, _AUDIT, "Reason, digest or number that goes with it; empty: none."),
    PrimaryKeyConstraint("requisition_id", "number"),
    schema="archive",
    comment="What was done with a requisition, each instant kept.",
)

approval = Table(
    "approval",
    metadata,
    column("subject", Uuid, _AUDIT, "What is decided on: a requisition, a hold."),
    column("act", Text, _AUDIT, "What is decided: a stable word."),
    column("operator_id", Uuid, _AUDIT, "Who agrees.", ForeignKey("staff.operator.id")),
    column("login", Text, _AUDIT, "Their login."),
    column("reason", Text, _AUDIT, "Why, in their own words."),
    column("approved_at", _INSTANT, _AUDIT, "When."),
    PrimaryKeyConstraint("subject", "act", "operator_id"),
    schema="archive",
    comment="What one custodian agreed to; two different ones decide.",
)
