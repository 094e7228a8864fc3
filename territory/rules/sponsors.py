"""Who may let a guest in: an organisation's domains and addresses. Pure."""

from collections.abc import Collection


def may_sponsor(address: str, listed: Collection[str]) -> bool:
    """Whether an address is listed, or is of a listed domain (`@commune.example`).

    A sub-domain is another domain: whoever has one need not be of the place.
    """
    known = {entry.lower() for entry in listed}
    _, at, domain = address.lower().rpartition("@")
    return bool(at) and (address.lower() in known or f"@{domain}" in known)
