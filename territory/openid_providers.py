"""Who may vouch for a guest: identity providers (OpenID Connect), and what is asked of each.

A profile is what a federation's documents say, as data; a territory's settings add its own client
and choose what is kept. Nothing is kept but the provider's own name for the person unless a setting
lists more: every claim kept is civil identity, for five years after the account ends (CPCE R10-13).
Below the portal, so that packages can open the providers' hosts before log-in, too.

FranceConnect and ProConnect: from their documents (partner documentation, version 2), not tried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from territory.errors import ConfigurationError, Fault
from territory.settings import Settings
from territory.settings.portal import OpenidProviderSettings

WELL_KNOWN = "/.well-known/openid-configuration"
"""What follows the issuer in its document's address (OpenID Connect Discovery 1.0 §4)."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Profile:
    """What a federation asks of its clients, and what can be had of it."""

    name: str
    """As guests read it on the button; empty: the settings name it."""
    scopes: tuple[str, ...]
    """Always asked."""
    scope_of: Mapping[str, str]
    """The scope that brings each claim which may be kept."""
    levels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What is answered (`acr`) that satisfies what is asked (`acr_values`), weakest first; none:
    the provider tells no level."""
    hosts: tuple[str, ...] = ()
    """Names a phone must reach before log-in, beside the issuer's; each with those below it."""
    has_secret_in_body: bool = False
    """Whether the token endpoint wants the secret in the form, not in a header."""
    signs_userinfo: bool = False
    """Whether user info in clear JSON must be refused."""
    ends_session: bool = False
    """Whether the guest is signed out of the provider again once they are identified."""


_PIVOT = ("given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry", "email")
_EIDAS = ("eidas1", "eidas2", "eidas3")
_ASSURANCE = "https://proconnect.gouv.fr/assurance/"
_TWO_FACTORS = (f"{_ASSURANCE}self-asserted-2fa", f"{_ASSURANCE}consistency-checked-2fa")
_ONE_FACTOR = (f"{_ASSURANCE}self-asserted", f"{_ASSURANCE}consistency-checked")

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "plain": Profile(
            name="",
            scopes=("openid",),
            scope_of={"email": "email", "given_name": "profile", "family_name": "profile"},
        ),
        "franceconnect": Profile(
            name="FranceConnect",
            scopes=("openid",),
            scope_of={claim: claim for claim in _PIVOT},
            levels={word: frozenset(_EIDAS[place:]) for place, word in enumerate(_EIDAS)},
            hosts=("franceconnect.gouv.fr",),
            has_secret_in_body=True,
            signs_userinfo=True,
            ends_session=True,
        ),
        "proconnect": Profile(
            name="ProConnect",
            scopes=("openid", "email"),
            scope_of={
                claim: claim for claim in ("given_name", "usual_name", "email", "siret", "uid")
            },
            levels={
                "eidas1": frozenset((*_EIDAS, *_ONE_FACTOR, *_TWO_FACTORS)),
                "eidas2": frozenset((*_EIDAS[1:], *_TWO_FACTORS)),
            },
            hosts=("proconnect.gouv.fr", "agentconnect.gouv.fr"),
            has_secret_in_body=True,
            signs_userinfo=True,
            ends_session=True,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider of this territory: its profile and our own client there."""

    code: str
    """Its name in settings, addresses and rows."""
    name: str
    """As guests read it."""
    issuer: str
    """Its identifier: an address without a final slash, compared octet for octet."""
    client_id: str
    """Ours at this provider."""
    client_secret: str = field(repr=False)
    """Ours at this provider."""
    profile: Profile
    """What its federation says."""
    level: str = ""
    """What is asked as `acr_values`; empty: nothing."""
    keeps: tuple[str, ...] = ()
    """Claims that are kept as civil identity, beside the subject."""
    extra_hosts: tuple[str, ...] = ()
    """More names that a phone must reach before log-in."""
    decryption_key: RSAKey | None = field(default=None, repr=False)
    """Opens encrypted user info (JWE)."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What is asked: no more than what is kept needs."""
        wanted = (self.profile.scope_of[claim] for claim in self.keeps)
        return tuple(dict.fromkeys((*self.profile.scopes, *wanted)))

    @property
    def accepted_levels(self) -> frozenset[str]:
        """The `acr` that will do; empty: any, or none."""
        return self.profile.levels.get(self.level, frozenset())

    @property
    def own_host(self) -> str:
        """The name in its issuer, which answers in https whatever else does."""
        return urlsplit(self.issuer).hostname or ""

    @property
    def document(self) -> str:
        """The address of its own description, open to whoever reaches it."""
        return self.issuer + WELL_KNOWN

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that a phone must reach before log-in, each with those below it."""
        told = dict.fromkeys((self.own_host, *self.profile.hosts, *self.extra_hosts))
        return tuple(name for name in told if not any(name.endswith(f".{other}") for other in told))


def read_providers(settings: Settings) -> Mapping[str, Provider]:
    """Return the providers of the settings, by code.

    Raises:
        ConfigurationError: lists everything about them that cannot be used.
    """
    faults = [
        Fault(f"openid_connect.{code}.{key}", expected)
        for code, section in settings.openid_connect.items()
        for key, expected in _faults(section, demo=settings.demo)
    ]
    if faults:
        raise ConfigurationError(faults)
    return {code: _provider(code, section) for code, section in settings.openid_connect.items()}


def _faults(section: OpenidProviderSettings, *, demo: bool) -> Iterator[tuple[str, str]]:
    profile = PROFILES.get(section.profile)
    if profile is None:
        yield "profile", f"expected one of {', '.join(PROFILES)}"
        return
    if not (section.name or profile.name):
        yield "name", "expected what guests read on the button"
    parts = urlsplit(section.issuer)
    is_safe = parts.scheme == "https" or (demo and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or section.issuer.endswith("/"):
        yield "issuer", "expected an https address without a final slash"
    strange = [claim for claim in section.keeps if claim not in profile.scope_of]
    if strange:
        known = ", ".join(profile.scope_of)
        yield "keeps", f"expected some of {known}, found {', '.join(strange)}"
    if section.level and section.level not in profile.levels:
        yield "level", f"expected one of {', '.join(profile.levels) or 'none'}"
    yield from _key_faults(section)


def _key_faults(section: OpenidProviderSettings) -> Iterator[tuple[str, str]]:
    try:
        _decryption_key(section)
    except (OSError, ValueError, JoseError) as fault:
        yield (
            "decryption_key",
            f"expected a readable RSA private key in PEM: {type(fault).__name__}",
        )


def _decryption_key(section: OpenidProviderSettings) -> RSAKey | None:
    if section.decryption_key is None:
        return None
    return RSAKey.import_key(section.decryption_key.read_bytes())


def _provider(code: str, section: OpenidProviderSettings) -> Provider:
    profile = PROFILES[section.profile]
    return Provider(
        code=code,
        name=section.name or profile.name,
        issuer=section.issuer,
        client_id=section.client_id,
        client_secret=section.client_secret.get_secret_value(),
        profile=profile,
        level=section.level or next(iter(profile.levels), ""),
        keeps=tuple(section.keeps),
        extra_hosts=tuple(section.hosts),
        decryption_key=_decryption_key(section),
    )
