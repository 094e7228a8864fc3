"""A telephone number a guest may type: a mobile one, of a country that is written to. Pure.

The list of countries is what keeps others from being paid for our messages: numbers that cost the
sender and earn their operator are mostly elsewhere, and those at home are not mobile ones.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from territory.errors import ProtocolError
from territory.settings.messages import FRENCH

LONGEST: Final = 32
"""Characters of a number as it is typed."""
BLOCK_DIGITS: Final = 4
"""A block is the numbers that differ in so many last digits."""
_MOBILE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that messages can be written to."""

    e164: str
    """As `+33612345678`."""
    country: str
    """ISO 3166-1."""

    @classmethod
    def parse(cls, text: str, region: str, countries: Collection[str]) -> "PhoneNumber":
        """Return the number a guest typed, or a provider told.

        Args:
            text: as typed: `06 12 34 56 78`, `+33 6...`, `0033...`.
            region: country of a number without its prefix.
            countries: whose numbers are written to.

        Raises:
            ProtocolError: `bad-number`, `foreign-number` or `not-mobile`.
        """
        if len(text) > LONGEST:
            raise ProtocolError("bad-number")
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException as fault:
            raise ProtocolError("bad-number") from fault
        country = phonenumbers.region_code_for_number(number)
        if country is None or not phonenumbers.is_valid_number(number) or number.extension:
            raise ProtocolError("bad-number")
        if country not in countries:
            raise ProtocolError("foreign-number")
        if phonenumbers.number_type(number) not in _MOBILE:
            raise ProtocolError("not-mobile")
        return cls(phonenumbers.format_number(number, PhoneNumberFormat.E164), country)

    @property
    def block(self) -> str:
        """What it has in common with its neighbours, as `+3361234`."""
        return self.e164[:-BLOCK_DIGITS]

    @property
    def shown(self) -> str:
        """As people write it, with blanks."""
        number = phonenumbers.parse(self.e164)
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def read_country_codes(codes: Collection[str]) -> frozenset[str]:
    """Return country codes that numbers are known of.

    Raises:
        ProtocolError: `bad-country`: one of them is none.
    """
    if not set(codes) <= set(phonenumbers.SUPPORTED_REGIONS):
        raise ProtocolError("bad-country")
    return frozenset(codes)


def meant(text: str) -> frozenset[str]:
    """Return the numbers that a text may mean, as `+33612345678`; empty: none.

    Without its country's prefix a number is one of a territory of France.
    """
    found = (_valid(text, region) for region in FRENCH)
    return frozenset(number for number in found if number)


def _valid(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
