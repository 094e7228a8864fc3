"""A mail address a guest may type: checked before anything is written to it. Pure.

The local part is a dot-atom of ASCII (RFC 5321 §4.1.2), so that it can carry neither a line end nor
a second recipient. The domain is written in ASCII: an internationalised one becomes its A-labels
(RFC 5891), which is also how it is shown, so that a look-alike of a known name is seen for what it
is; a label that mixes scripts is refused (Unicode UTS 39 §5.1).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import idna

from territory.errors import ProtocolError

LONGEST: Final = 254
"""Characters of an address (RFC 5321 §4.5.3.1.3, erratum 1690)."""
_LONGEST_LOCAL: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL: Final = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address that mail can be written to."""

    local: str
    """Before the @, as typed."""
    domain: str
    """After it: ASCII, lower case."""

    @classmethod
    def parse(cls, text: str) -> "MailAddress":
        """Return the address a guest typed.

        Raises:
            ProtocolError: `bad-address`, or `mixed-scripts` where its domain may deceive.
        """
        local, at, domain = text.strip().rpartition("@")
        if not at or len(text) > LONGEST or len(local) > _LONGEST_LOCAL:
            raise ProtocolError("bad-address")
        if not _LOCAL.fullmatch(local):
            raise ProtocolError("bad-address")
        address = cls(local, _ascii_domain(domain))
        if len(str(address)) > LONGEST:
            raise ProtocolError("bad-address")
        return address

    @property
    def key(self) -> str:
        """The same for every way of writing it in capitals: what it is known by."""
        return str(self).lower()

    @property
    def mailbox(self) -> str:
        """What counts as one mailbox where letters are counted: at many providers, whatever follows
        a plus sign leads to the same (RFC 5233)."""
        local, at, domain = self.key.rpartition("@")
        return f"{local.partition('+')[0] or local}{at}{domain}"

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def _ascii_domain(domain: str) -> str:
    """Return a domain in A-labels, lower case; one without a dot, or of digits only, is none."""
    written = domain.lower()
    if not written.isascii():
        written = _a_labels(unicodedata.normalize("NFC", written))
    labels = written.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise ProtocolError("bad-address")
    if not _LAST_LABEL.fullmatch(labels[-1]):
        raise ProtocolError("bad-address")
    return written


def _a_labels(domain: str) -> str:
    if any(len(scripts_of(label)) > 1 for label in domain.split(".")):
        raise ProtocolError("mixed-scripts")
    try:
        return idna.encode(domain).decode("ascii")
    except idna.IDNAError as fault:
        raise ProtocolError("bad-address") from fault


def scripts_of(label: str) -> set[str]:
    """Return the scripts of a label's letters, by the first word of each letter's Unicode name."""
    letters = (character for character in label if unicodedata.category(character)[0] in "LM")
    return {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in letters} - {"COMBINING"}
