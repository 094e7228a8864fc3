"""The link that ends an organisation's letters: made again for each, and by nobody else."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from portal.people.newsletter import LINK_PATH, link_of, read_link

KEY = b"k" * 32


@given(st.uuids())
def test_a_link_leads_back_to_its_consent(consent_id: UUID) -> None:
    """The same link each time, in an address's own letters; another key reads nothing."""
    link = link_of(consent_id, KEY)
    assert link == link_of(consent_id, KEY)
    token = link.removeprefix(LINK_PATH)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert read_link(token, KEY) == consent_id
    assert read_link(token, b"x" * 32) is None


@given(st.text(max_size=80))
def test_anything_else_leads_nowhere(token: str) -> None:
    """Nor does it raise, whatever it is."""
    assert read_link(token, KEY) is None


def test_a_signature_of_another_consent_is_none() -> None:
    """Two halves of two links make none."""
    one, other = (link_of(uuid4(), KEY).removeprefix(LINK_PATH) for _ in range(2))
    assert read_link(one[:21] + other[21:], KEY) is None
