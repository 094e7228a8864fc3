"""A person known by the code printed on a ticket: made findable where the key is, on the server.

No row holds a code, for whoever read it could go online: the archive knows a ticket by a keyed
digest. So the digest goes into the question, with the last digits for people to compare, and the
custodians' machines, which have no key, find by it what the code earned. Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from territory.errors import ConfigurationError, Fault
from territory.rules.ticket_codes import Typo, code_digest, parse_code

PURPOSE: Final = "ticket"
"""Of the keyring's key that digests codes."""
_SHOWN_DIGITS: Final = 4


def findable(asked: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """Return what is asked; of the ticket that it names, if any, the digest and the last digits.

    Args:
        asked: the parts of a question, as `ask` takes them.
        key: `keyring.derive(PURPOSE)`.

    Raises:
        ConfigurationError: what is written is no ticket's code; a slip is told by its check digit.
    """
    if asked.get("identifier_kind") != "ticket":
        return dict(asked)
    code = parse_code(str(asked.get("identifier") or ""))
    if isinstance(code, Typo):
        raise ConfigurationError([Fault("ticket", "expected the twelve digits printed on one")])
    last = f"…{code[-_SHOWN_DIGITS:]}"
    return {**asked, "identifier": last, "digest": code_digest(code, key).hex()}
