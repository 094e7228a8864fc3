"""Mail addresses: what is one, what may deceive, and that nothing but one recipient fits in.

Expected A-labels are those of Node.js's `url.domainToASCII`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.errors import ProtocolError
from territory.messages.addresses import LONGEST, MailAddress, scripts_of

CYRILLIC_PAYPAL = "p\u0430ypal"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("anne@commercy.fr", "anne@commercy.fr"),
        ("  Anne.Martin+wifi@Commercy.FR ", "Anne.Martin+wifi@commercy.fr"),
        ("o'brien@mail.example", "o'brien@mail.example"),
        ("anne@mairie-étain.fr", "anne@xn--mairie-tain-hbb.fr"),
        ("anne@straße.de", "anne@xn--strae-oqa.de"),
        ("anna@пошта.укр", "anna@xn--80a1acn3a.xn--j1amh"),
        ("anne@xn--80a1acn3a.xn--j1amh", "anne@xn--80a1acn3a.xn--j1amh"),
        ("anne@mairie-e\u0301tain.fr", "anne@xn--mairie-tain-hbb.fr"),
    ],
)
def test_what_is_written_to(typed: str, written: str) -> None:
    """The local part as typed, the domain in ASCII and in lower case (RFC 5891 §4.4)."""
    assert str(MailAddress.parse(typed)) == written


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "anne",
        "anne@",
        "@commercy.fr",
        "anne@commercy",
        "anne@commercy.1",
        "anne@127.0.0.1",
        "anne@[127.0.0.1]",
        "anne@commercy..fr",
        "anne@-commercy.fr",
        "anne@commercy-.fr",
        "anne@commercy.fr.",
        ".anne@commercy.fr",
        "anne.@commercy.fr",
        "an..ne@commercy.fr",
        '"anne martin"@commercy.fr',
        "anne martin@commercy.fr",
        "anne@martin@commercy.fr",
        "Anne <anne@commercy.fr>",
        "anne@commercy.fr,eve@evil.example",
        "anne@commercy.fr;eve@evil.example",
        "anne@commercy.fr\r\nBcc: eve@evil.example",
        "anne\r\nBcc: eve@evil.example@commercy.fr",
        "anne%0d%0aBcc:eve@commercy.fr",
        "anne\x00@commercy.fr",
        "zoé@commercy.fr",
        "anne@comm\u2028ercy.fr",
        "anne@ex\u200dample.fr",
        "a" * 65 + "@commercy.fr",
        "a@" + "b" * 64 + ".fr",
        "a@" + ".".join(["b" * 60] * 5) + ".example",
        "a" * 100_000,
    ],
)
def test_what_is_no_address(typed: str) -> None:
    """Nothing that a header, a second recipient or a quoted name would fit into (RFC 5321)."""
    with pytest.raises(ProtocolError, match="bad-address"):
        MailAddress.parse(typed)


@pytest.mark.parametrize(
    "domain", [f"{CYRILLIC_PAYPAL}.com", "gооgle.fr", "αpple.com", "ab\u0661.fr"]
)
def test_a_label_of_two_scripts(domain: str) -> None:
    """A look-alike that mixes scripts is refused (Unicode UTS 39 §5.1)."""
    with pytest.raises(ProtocolError):
        MailAddress.parse(f"anne@{domain}")


def test_a_look_alike_of_one_script_is_shown_for_what_it_is() -> None:
    """A whole name in another script is lawful: its A-label shows that it is not the known one."""
    assert str(MailAddress.parse("anne@\u0430\u0440\u0440\u04cf\u0435.com")) == (
        "anne@xn--80ak6aa92e.com"
    )


def test_scripts_of_letters_only() -> None:
    """Digits and hyphens belong to no script."""
    assert scripts_of("caf\u00e9-2026") == {"LATIN"}
    assert scripts_of(CYRILLIC_PAYPAL) == {"LATIN", "CYRILLIC"}


def test_capitals_make_no_second_address() -> None:
    """What limits and contacts are counted by is the same however it is written."""
    assert MailAddress.parse("Anne@Commercy.FR").key == MailAddress.parse("anne@commercy.fr").key


@given(st.text(max_size=300))
def test_anything_typed(typed: str) -> None:
    """Whatever is typed, it is a short ASCII address without blanks, or refused."""
    try:
        written = str(MailAddress.parse(typed))
    except ProtocolError:
        return
    assert written.isascii()
    assert written.isprintable()
    assert written.count("@") == 1
    assert len(written) <= LONGEST
    assert not set(written) & set(' <>,;:"\\()[]')


def test_what_counts_as_one_mailbox() -> None:
    """Capitals and what follows a plus sign make no other; a plus sign alone is a name."""
    anne = MailAddress.parse("anne@commercy.fr").mailbox
    assert MailAddress.parse("Anne+wifi+1@Commercy.FR").mailbox == anne
    assert MailAddress.parse("annette@commercy.fr").mailbox != anne
    assert MailAddress.parse("+33612345678@commercy.fr").mailbox == "+33612345678@commercy.fr"
