"""A case that the desk prepared, made again where open accounts can be read: on the server.

The desk's role reads no account and no identity (CJEU C-470/21), so what it prepares holds those
that have ended, sealed, and says what it could not see. Whoever works on the server adds the
others, sealed at once for the two custodians, and reads none of them.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from retention.cases.case_file import CaseFile, opened_for
from retention.cases.prepare import PreparedCase, load_holders, seal_extracts
from retention.sealing.vault import VAULTED
from territory.database import tables
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault


def reaches_accounts(file: CaseFile) -> bool:
    """Whether an account or an identity that is still open may belong to the answer."""
    act = file.requisition
    return any(opened_for(question, act) & {*VAULTED} for question in file.questions)


async def load_waiting_case(db: AsyncConnection, case: UUID) -> CaseFile:
    """Return a case of the register that waits for its answer.

    Raises:
        ConfigurationError: none waits, or its custodians do not have the keys it names: the desk
            may write the register, and nothing is sealed for whom it alone names.
    """
    made, line = tables.case, tables.requisition
    query = (
        select(made.c.question)
        .outerjoin_from(made, line, line.c.case_id == made.c.id)
        .where(made.c.id == case, made.c.answered_at.is_(None), line.c.closed_at.is_(None))
    )
    content = (await db.execute(query)).scalar_one_or_none()
    if content is None:
        raise ConfigurationError([Fault("CASE", "expected one that waits for its answer")])
    file = CaseFile.model_validate(content)
    known = {holder.login: holder.recipient for holder in await load_holders(db)}
    if any(known.get(one.login) != one.recipient for one in (file.first, file.second)):
        raise ConfigurationError([Fault("CASE", "expected custodians with the keys they have now")])
    return file


def with_held(file: CaseFile, held: Mapping[Category, pa.Table], now: datetime) -> PreparedCase:
    """Return a case with what the database holds of accounts at `now`, sealed for its two."""
    extracts = seal_extracts(held, file.questions, file.requisition, (file.first, file.second))
    records = tuple(extract.record for extract in extracts)
    told = file.model_copy(update={"extracts": records, "prepared_at": now})
    return PreparedCase(told, extracts)
