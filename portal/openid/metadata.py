"""A provider's own description of itself (OpenID Connect Discovery 1.0 §3, §4.3). Pure.

The document names the addresses to which guests are sent and from which keys come, so it is only
believed where it names the issuer that the settings name, and where each address is as safe as
the issuer's own.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from territory.errors import ProtocolError

_LONGEST = 2000


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    issuer: str = Field(max_length=_LONGEST)
    authorization_endpoint: str = Field(max_length=_LONGEST)
    token_endpoint: str = Field(max_length=_LONGEST)
    jwks_uri: str = Field(max_length=_LONGEST)
    userinfo_endpoint: str = Field(default="", max_length=_LONGEST)
    end_session_endpoint: str = Field(default="", max_length=_LONGEST)
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """What we use of the document."""

    issuer: str
    """The provider's identifier."""
    authorization_endpoint: str
    """Where guests are sent."""
    token_endpoint: str
    """Where a code is exchanged."""
    jwks_uri: str
    """Where its public keys are."""
    userinfo_endpoint: str = ""
    """Where claims are had; empty: nowhere."""
    end_session_endpoint: str = ""
    """Where a guest is signed out (RP-Initiated Logout 1.0); empty: nowhere."""
    names_itself: bool = False
    """Whether its answers must carry `iss` (RFC 9207 §3)."""


def read_metadata(document: bytes, issuer: str) -> Metadata:
    """Return what the document of the provider `issuer` says.

    Raises:
        ProtocolError: `provider-document`: unreadable, another's, or an address that is not safe.
    """
    try:
        told = _Document.model_validate_json(document)
    except ValidationError as fault:
        raise ProtocolError("provider-document") from fault
    metadata = Metadata(
        issuer=told.issuer,
        authorization_endpoint=told.authorization_endpoint,
        token_endpoint=told.token_endpoint,
        jwks_uri=told.jwks_uri,
        userinfo_endpoint=told.userinfo_endpoint,
        end_session_endpoint=told.end_session_endpoint,
        names_itself=told.authorization_response_iss_parameter_supported,
    )
    if told.issuer != issuer or not all(_is_as_safe(url, issuer) for url in _addresses(metadata)):
        raise ProtocolError("provider-document")
    return metadata


def _addresses(metadata: Metadata) -> tuple[str, ...]:
    needed = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
    optional = (metadata.userinfo_endpoint, metadata.end_session_endpoint)
    return (*needed, *filter(None, optional))


def _is_as_safe(url: str, issuer: str) -> bool:
    """Whether an address has the issuer's scheme, a host, no account and no odd characters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_clean = url.isascii() and url.isprintable() and " " not in url
    same = parts.scheme == urlsplit(issuer).scheme
    return is_clean and same and bool(parts.hostname) and "@" not in parts.netloc
