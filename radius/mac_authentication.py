"""Whether a User-Name that is a MAC address is its NAS presenting a device, or a person typing.

Stands between the packet's name and the proof (`access.py`): each NAS declares one way of writing
the address and one thing it shows as password; whatever is written any other way is refused. Pure.
"""

from dataclasses import dataclass

from territory.rules.mac_form import MacForm, given_password, write_mac
from territory.vocabulary import MacPassword, MacUserName


@dataclass(frozen=True, slots=True)
class MacAuthentication:
    """The form of MAC authentication one NAS declares, ready to be compared."""

    user_name: MacUserName
    """How it writes the address; NONE: it presents no device."""
    needs_call_check: bool
    """Whether Service-Type Call-Check must stand beside it, and then stands for a password."""
    password: bytes | None
    """The one it shows for every device; None: the User-Name itself."""

    def is_written(self, user_name: bytes, device: bytes) -> bool:
        """Whether `user_name` is how this NAS writes `device` (6 octets)."""
        return bool(user_name) and write_mac(device, self.user_name).encode() == user_name

    def password_for(self, user_name: bytes) -> bytes:
        """Return what has to be shown with `user_name`."""
        return user_name if self.password is None else self.password


def mac_authentication(form: MacForm, shared_secret: str) -> MacAuthentication:
    """Return what a NAS of this form and this shared secret shows."""
    return MacAuthentication(
        form.user_name,
        form.password is MacPassword.CALL_CHECK,
        _password(form.password, shared_secret),
    )


def _password(kind: MacPassword, shared_secret: str) -> bytes | None:
    match kind:
        case MacPassword.SHARED_SECRET:
            return shared_secret.encode()
        case MacPassword.GIVEN:
            return given_password(shared_secret).encode()
        case _:
            return None
