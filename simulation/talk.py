"""What a browser asks a gateway at its own address, and what it is answered. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Self


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a browser to the gateway's log-in address, or of anyone to a controller."""

    method: str
    """GET, POST."""
    path: str
    """Decoded, with its leading slash."""
    raw_query: str = ""
    """All after the first `?`, as received."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Decoded; the first of a name counts."""
    form: Mapping[str, str] = field(default_factory=dict)
    """What a POST carries as application/x-www-form-urlencoded; the first of a name counts."""
    body: bytes = b""
    """What it carries, as received."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int = 200
    text: str = ""
    """The body."""
    content_type: str = "text/html"
    location: str = ""
    """Where a redirect leads."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """More of them: Set-Cookie, for instance."""

    @classmethod
    def redirect(cls, location: str) -> Self:
        """Send the browser elsewhere."""
        return cls(302, "Moved\n", "text/plain", location)

    @classmethod
    def page(cls, title: str, body: str = "", refresh: str = "") -> Self:
        """Show a small page; with `refresh`, one that leads there at once."""
        lead = f'<meta http-equiv="refresh" content="0;url={escape(refresh)}">' if refresh else ""
        return cls(text=f"<!doctype html>{lead}<title>{escape(title)}</title>{body}\n")

    @classmethod
    def refusal(cls, text: str = "The gateway cannot read this request.\n") -> Self:
        """Say that a request makes no sense."""
        return cls(400, text, "text/plain")
