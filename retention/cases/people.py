"""Who a question is about: from a person to the names of their rights, and back to the person.

    guests_of      a person described --> identity --> account or contact
                   a ticket's code, digested --> ticket
    names_of       account, contact or ticket --> names of the rights it earned
    accounts_of    names of rights that were used --> account, contact or ticket
    identities_of  account or contact --> identity

An answer and a hold go the same way, each with what it may keep of it. By the question's number.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from retention.cases.opening import Opening, Told
from retention.cases.question import PersonQuestion, Question
from retention.cases.selection import Criterion
from territory.database.tables.columns import Category
from territory.messages.numbers import meant

_E164 = re.compile(r"\+\d{4,15}")
"""A number as the portal writes it."""
_NOBODY: frozenset[str] = frozenset()


def guests_of(opening: Opening, questions: Mapping[int, Question]) -> dict[int, frozenset[str]]:
    """Return the accounts, contacts and tickets of each person asked about."""
    people = {n: q for n, q in questions.items() if isinstance(q, PersonQuestion)}
    known = {
        number: frozenset([question.identifier])
        for number, question in people.items()
        if question.identifier_kind == "account"
    }
    tickets = {n: Criterion("digest", frozenset([q.digest])) for n, q in people.items() if q.digest}
    for number, rows in opening.gather_people(Category.ACCOUNT, tickets).items():
        known[number] = frozenset(row["guest"] for _, row in rows)
    described = {n: q for n, q in people.items() if q.identifier_kind in ("email", "phone")}
    kinds = frozenset({"account", "openid_connect", "sponsor", "email", "phone"})
    everyone = dict.fromkeys(described, Criterion("kind", kinds))
    for number, rows in opening.gather_people(Category.IDENTITY, everyone).items():
        who = described[number]
        known[number] = frozenset(row["guest"] for _, row in rows if _is(who, row["claims"]))
    return known


def _is(who: PersonQuestion, claims: str | None) -> bool:
    """Whether what somebody told is what the person asked about is known by."""
    told = json.loads(claims) if claims else {}
    if who.identifier_kind == "email":
        return str(told.get("email", "")).strip().casefold() == who.identifier.casefold()
    phone = str(told.get("phone", ""))
    asked = _numbers(who.identifier)
    return phone in asked or (not _E164.fullmatch(phone) and bool(asked & _numbers(phone)))


@lru_cache
def _numbers(phone: str) -> frozenset[str]:
    """Return the numbers that a text may mean; its digits where they are none of a known plan."""
    digits = re.sub(r"\D", "", phone)
    return meant(phone) or frozenset([digits] if digits else [])


def names_of(
    opening: Opening,
    questions: Mapping[int, Question],
    guests: Mapping[int, frozenset[str]],
) -> dict[int, frozenset[str]]:
    """Return the names of the rights of each person asked about."""
    names = {
        number: frozenset([question.identifier])
        for number, question in questions.items()
        if isinstance(question, PersonQuestion) and question.identifier_kind == "user_name"
    }
    theirs = {number: Criterion("guest", one_of) for number, one_of in guests.items()}
    for number, rows in opening.gather_people(Category.ACCOUNT, theirs).items():
        names[number] = frozenset(row["user_name"] for _, row in rows if row["user_name"])
    return names


def accounts_of(
    opening: Opening,
    names: Mapping[int, frozenset[str]],
    guests: Mapping[int, frozenset[str]],
) -> dict[int, list[Told]]:
    """Return the rights of these `names`, and the accounts, contacts or tickets they came from.

    With the accounts and contacts among `guests`, whether or not they had one of these rights.
    """
    by_name = {number: Criterion("user_name", one_of) for number, one_of in names.items()}
    rights = opening.gather_people(Category.ACCOUNT, by_name)
    theirs = {
        number: Criterion("guest", guests.get(number, _NOBODY) | {row["guest"] for _, row in rows})
        for number, rows in rights.items()
    }
    gathered = opening.gather_people(Category.ACCOUNT, theirs)
    return {
        number: [
            (vouched, row)
            for vouched, row in rows
            if row["user_name"] is None or row["user_name"] in names[number]
        ]
        for number, rows in gathered.items()
    }


def identities_of(
    opening: Opening, accounts: Mapping[int, Sequence[Told]]
) -> dict[int, list[Told]]:
    """Return who is behind these accounts and contacts."""
    theirs = {
        number: Criterion("guest", frozenset(row["guest"] for _, row in rows))
        for number, rows in accounts.items()
    }
    return opening.gather_people(Category.IDENTITY, theirs)
