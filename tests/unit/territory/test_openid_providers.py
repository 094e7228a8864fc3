"""Identity providers as settings: what is asked, what is kept, and every fault at once."""

from pathlib import Path
from typing import Any

import pytest

from territory.errors import ConfigurationError
from territory.openid_providers import PROFILES, read_providers
from territory.settings import Settings

FRANCECONNECT = {
    "profile": "franceconnect",
    "issuer": "https://oidc.franceconnect.gouv.fr/api/v2",
    "client_id": "ours",
    "client_secret": "sesame",
}


def settings(**providers: Any) -> Settings:
    """Return settings with these providers."""
    return Settings(openid_connect=providers)


def test_no_more_is_asked_than_is_kept() -> None:
    """FranceConnect: nothing kept, nothing asked but who vouches; each claim brings its scope."""
    bare = read_providers(settings(fc=FRANCECONNECT))["fc"]
    assert (bare.name, bare.scopes, bare.level) == ("FranceConnect", ("openid",), "eidas1")
    full = read_providers(settings(fc={**FRANCECONNECT, "keeps": ["birthdate", "email"]}))["fc"]
    assert full.scopes == ("openid", "birthdate", "email")
    assert "sesame" not in repr(full)


@pytest.mark.parametrize(
    ("profile", "level", "enough", "weak"),
    [
        ("franceconnect", "eidas1", "eidas3", "eidas0"),
        ("franceconnect", "eidas2", "eidas2", "eidas1"),
        ("proconnect", "eidas1", "https://proconnect.gouv.fr/assurance/self-asserted", ""),
        ("proconnect", "eidas2", "eidas3", "https://proconnect.gouv.fr/assurance/self-asserted"),
    ],
)
def test_a_level_is_reached_or_not(profile: str, level: str, enough: str, weak: str) -> None:
    """What answers a level asked, and what is weaker."""
    section = {**FRANCECONNECT, "profile": profile, "level": level}
    accepted = read_providers(settings(one=section))["one"].accepted_levels
    assert enough in accepted
    assert weak not in accepted


def test_the_hosts_a_phone_must_reach_before_log_in() -> None:
    """The issuer's, the federation's, and those of the settings; none below another of them."""
    section = {**FRANCECONNECT, "hosts": ["fc.assure.ameli.fr"]}
    assert read_providers(settings(fc=section))["fc"].hosts == (
        "franceconnect.gouv.fr",
        "fc.assure.ameli.fr",
    )


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Profile, name, issuer, claims, level, key: each with its setting."""
    wrong = {
        "a": {**FRANCECONNECT, "profile": "facebook"},
        "b": {**FRANCECONNECT, "profile": "plain"},
        "c": {**FRANCECONNECT, "issuer": "http://idp.example"},
        "d": {**FRANCECONNECT, "issuer": "https://idp.example/"},
        "e": {**FRANCECONNECT, "keeps": ["religion"]},
        "f": {**FRANCECONNECT, "level": "eidas9"},
        "g": {**FRANCECONNECT, "decryption_key": tmp_path / "absent"},
    }
    with pytest.raises(ConfigurationError) as told:
        read_providers(settings(**wrong))
    assert [fault.key for fault in told.value.faults] == [
        "openid_connect.a.profile",
        "openid_connect.b.name",
        "openid_connect.c.issuer",
        "openid_connect.d.issuer",
        "openid_connect.e.keeps",
        "openid_connect.f.level",
        "openid_connect.g.decryption_key",
    ]


def test_a_provider_in_clear_is_for_the_demonstration_alone() -> None:
    """On loopback, and nowhere else."""
    section = {**FRANCECONNECT, "issuer": "http://127.0.0.1:4000"}
    read = read_providers(Settings(demo=True, openid_connect={"fc": section}))
    assert read["fc"].issuer == "http://127.0.0.1:4000"
    with pytest.raises(ConfigurationError):
        read_providers(settings(fc=section))


def test_a_claim_that_may_be_kept_has_a_scope() -> None:
    """In each profile."""
    for profile in PROFILES.values():
        assert profile.scope_of
        assert profile.scopes[0] == "openid"
