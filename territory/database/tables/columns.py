"""How a column is declared here: with what it means and the legal category it carries."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Column, MetaData
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


class Category(StrEnum):
    """Why a column may be kept and for how long (CPCE L34-1, R10-13, R10-14; CNIL 2021-122)."""

    REFERENCE = "reference"
    """The territory's own description: no person, kept while it is true."""
    STAFF = "staff"
    """Operators of the base, as professionals."""
    AUDIT = "audit"
    """Who did what with personal data: 12 months."""
    IDENTITY = "identity"
    """Civil identity: 5 years after the account ends."""
    ACCOUNT = "account"
    """Other subscription data: 1 year after closure."""
    SOURCE = "source"
    """Technical source data: 1 year."""
    TRAFFIC = "traffic"
    """Traffic data: 1 year under an injunction, else 3 months as security data."""
    SECURITY = "security"
    """Security of the installations: 3 months."""
    CONSENT = "consent"
    """Given for one purpose, by a box that nobody has to tick: until withdrawn (GDPR 6.1.a, 7)."""
    OPERATION = "operation"
    """Needed to run the service today and about no person."""


def column(
    name: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]],
    category: Category,
    comment: str,
    *arguments: Any,
    **options: Any,
) -> Column[Any]:
    """Return a column whose database comment says its category and its meaning, units included."""
    return Column(
        name,
        type_,
        *arguments,
        comment=f"[{category}] {comment}",
        info={"category": category},
        **{"nullable": False, **options},
    )
