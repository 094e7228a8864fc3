"""Keys of WireGuard, judged by Debian's own `wg`."""

import base64
import subprocess

import pytest

from territory.wireguard.keys import new_pair, new_preshared_key, parse_key, public_of


def wg(command: str, given: str = "") -> str:
    """Return what `wg` prints."""
    done = subprocess.run(
        ["wg", command], input=given, capture_output=True, text=True, timeout=100, check=True
    )
    return done.stdout.strip()


def test_a_public_key_is_what_wg_makes_of_the_private_one() -> None:
    """Of ours, and of one that `wg genkey` made."""
    pair = new_pair()
    assert wg("pubkey", pair.private) == pair.public
    private = wg("genkey")
    assert public_of(private) == wg("pubkey", private)


def test_keys_are_made_by_chance_and_do_not_show_themselves() -> None:
    """Neither in two pairs, nor in what is printed of one."""
    pair = new_pair()
    assert pair != new_pair()
    assert pair.private not in repr(pair)
    assert len(base64.b64decode(new_preshared_key())) == 32


@pytest.mark.parametrize("text", ["", "x", "é" * 44, "AAAA", "A" * 43, "A" * 60])
def test_what_is_no_key_is_refused(text: str) -> None:
    """32 octets in base64, no more, no less."""
    with pytest.raises(ValueError, match="32 octets in base64"):
        parse_key(text)
