"""A provider's failure in French, whatever a dialect says of it."""

import pytest

from portal.console.text_messages import STATES, french
from portal.messages.spending import State
from territory.errors import Unavailable
from territory.messages.sms_dialects import DIALECTS


@pytest.mark.parametrize("provider", DIALECTS)
@pytest.mark.parametrize("status", [200, 401, 402, 403, 429, 500])
def test_what_a_provider_answers_is_told_in_french(provider: str, status: int) -> None:
    """No English word is left, and a technician still reads the status."""
    with pytest.raises(Unavailable) as fault:
        DIALECTS[provider].read(status, b"{}")
    told = french(str(fault.value))
    assert told != str(fault.value)
    assert "sms." not in told
    assert " it " not in f" {told.lower()} "
    assert status == 200 or f"({status})" in told


def test_silence_is_told_too() -> None:
    """No connection, no answer; a reason of tomorrow is shown as it is."""
    assert french("sms.provider: no answer: ClientConnectorError") == "Fournisseur injoignable"
    assert french("sms.provider: it did not answer in time") == "Pas de réponse à temps"
    assert french("sms.provider: of tomorrow") == "of tomorrow"


def test_every_state_has_its_words() -> None:
    """Each colour is said, too."""
    assert set(STATES) == set(State)
