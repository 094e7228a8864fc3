"""Whose word is taken."""

from uuid import uuid4

from retention.intake.senders import Senders

SITE, OTHER = uuid4(), uuid4()
SENDERS = Senders({"10.99.0.1": SITE, "fd00::1": OTHER}, {"gw.sites.example": OTHER})


def test_a_sender_is_known_by_its_address_in_whichever_form() -> None:
    """A socket of both families writes IPv4 within IPv6, and the scope after an address."""
    assert SENDERS.site_at("10.99.0.1") == SITE
    assert SENDERS.site_at("::ffff:10.99.0.1") == SITE
    assert SENDERS.site_at("fd00:0::1%eth0") == OTHER
    assert SENDERS.site_at("10.99.0.2") is None


def test_a_sender_is_known_by_a_name_in_its_certificate() -> None:
    """One of its DNS names, in any case (RFC 4343)."""
    assert SENDERS.site_named(["other.example", "GW.sites.example"]) == OTHER
    assert SENDERS.site_named([]) is None
