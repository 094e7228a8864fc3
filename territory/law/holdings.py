"""What each way of identifying oneself makes a site keep: method -> category -> data.

One table, read by the notices that guests read, by the page where an administrator enables a method
and by the tests that hold every table of the identity and account schemas to it. What every
connection leaves comes first; a method adds to it, and click-through adds nothing: what is not
collected need not be kept (CPCE R10-12). For how long is dated data: `territory.law.durations`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from territory.database.tables.columns import Category
from territory.vocabulary import IdentificationMethod as Method


class Datum(StrEnum):
    """One kind of thing that is kept about a guest."""

    DEVICE = "device"
    """MAC address, as the gateway saw it."""
    ADDRESSES = "addresses"
    """Private addresses of the device; public address and ports of the site."""
    PLACE_AND_DATES = "place-and-dates"
    """Where, from when to when, terms accepted."""
    AMOUNTS = "amounts"
    """Duration, volume and cause of the end of each session."""
    OUTCOMES = "outcomes"
    """Each demand to go online, accepted or refused, and why."""
    TICKET = "ticket"
    """Which ticket the device used."""
    GUEST_NUMBER = "guest-number"
    """The opaque number of an account or contact, with each connection."""
    EMAIL = "email"
    TELEPHONE = "telephone"
    NAME = "name"
    CLAIMS = "claims"
    """What an identity provider says of somebody, as far as its settings have it kept."""
    PROVIDER_NAME = "provider-name"
    """The opaque name that an identity provider gives its user here."""
    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    """Only what verifies it, never itself."""
    PROOF = "proof"
    """Codes sent: when, and whether they came back."""
    SPONSOR = "sponsor"
    """Who vouched for the guest: an address of the organisation."""
    NEWSLETTER = "newsletter"
    """An address given for an organisation's letters, and when that was agreed to."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Data of one legal category."""

    category: Category
    """Which duration and which key they have."""
    data: tuple[Datum, ...]
    """What they are, the plainest first."""


ALWAYS: Final = (
    Holding(Category.SOURCE, (Datum.DEVICE, Datum.ADDRESSES, Datum.PLACE_AND_DATES)),
    Holding(Category.TRAFFIC, (Datum.AMOUNTS,)),
    Holding(Category.SECURITY, (Datum.OUTCOMES,)),
)
"""Of every connection, however the guest identified (CPCE R10-13 IV and V, R10-14 IV)."""

AGREED: Final = Holding(Category.CONSENT, (Datum.NEWSLETTER,))
"""Of who ticked the box for an organisation's letters, and of nobody else (GDPR 6.1.a)."""

_NUMBER: Final = Holding(Category.SOURCE, (Datum.GUEST_NUMBER,))

ADDED: Final[Mapping[Method, tuple[Holding, ...]]] = {
    Method.CLICK_THROUGH: (),
    Method.TICKET: (Holding(Category.SOURCE, (Datum.TICKET,)),),
    Method.EMAIL_CODE: (
        Holding(Category.IDENTITY, (Datum.EMAIL,)),
        Holding(Category.ACCOUNT, (Datum.PROOF,)),
        _NUMBER,
    ),
    Method.SMS_CODE: (
        Holding(Category.IDENTITY, (Datum.TELEPHONE,)),
        Holding(Category.ACCOUNT, (Datum.PROOF,)),
        _NUMBER,
    ),
    Method.ACCOUNT: (
        Holding(Category.IDENTITY, (Datum.EMAIL,)),
        Holding(Category.ACCOUNT, (Datum.PASSWORD,)),
        _NUMBER,
    ),
    Method.OPENID_CONNECT: (
        Holding(Category.IDENTITY, (Datum.CLAIMS,)),
        Holding(Category.ACCOUNT, (Datum.PROVIDER_NAME,)),
        _NUMBER,
    ),
    Method.SPONSOR: (
        Holding(Category.IDENTITY, (Datum.NAME,)),
        Holding(Category.ACCOUNT, (Datum.SPONSOR,)),
        _NUMBER,
    ),
}
"""What a method makes a site keep beyond that (CPCE R10-13 I, II and IV)."""

_ORDER: Final = tuple(Category)


def kept_by(methods: Iterable[Method]) -> tuple[Holding, ...]:
    """Return all that a site with these methods keeps, by category, the longest kept first."""
    found: dict[Category, dict[Datum, None]] = {}
    for holding in (*ALWAYS, *(each for method in methods for each in ADDED[method])):
        found.setdefault(holding.category, {}).update(dict.fromkeys(holding.data))
    return tuple(
        Holding(category, tuple(found[category])) for category in _ORDER if category in found
    )


def asks_who(methods: Iterable[Method]) -> bool:
    """Whether any of these methods makes a site keep who its guests are."""
    return any(holding.category is Category.IDENTITY for holding in kept_by(methods))
