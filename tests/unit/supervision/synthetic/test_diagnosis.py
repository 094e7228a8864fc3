"""Each step that is not reached has words, which fit what stood there."""

import pytest

from simulation.synthetic_guest import LogIn, Reached, Step, Trouble
from supervision.synthetic.diagnosis import words_of

ORDER = list(Step)


def until(step: Step, trouble: Trouble) -> LogIn:
    """Return a log-in that came as far as before `step`."""
    return LogIn(tuple(Reached(one, 0.1) for one in ORDER[: ORDER.index(step)]), trouble)


@pytest.mark.parametrize(
    ("step", "trouble", "seen"),
    [
        (Step.REDIRECT, Trouble(error="wifi.example leads nowhere"), "ne mène nulle part"),
        (Step.REDIRECT, Trouble(), "ne renvoie pas au portail"),
        (Step.FIRST_PAGE, Trouble(error="no answer"), "portail ne répond pas"),
        (Step.FIRST_PAGE, Trouble(status=400), "(400)"),
        (Step.IDENTIFICATION, Trouble(status=503), "aucun accès (503)"),
        (Step.IDENTIFICATION, Trouble(status=200, page="Lieu fermé"), "Lieu fermé"),
        (Step.HAND_BACK, Trouble(status=200), "n’interroge pas RADIUS"),
        (Step.ACCESS, Trouble(silent=True), "RADIUS ne répond pas"),
        (Step.ACCESS, Trouble(reply="Lieu {ferme} [closed]"), "refuse : Lieu {ferme} [closed]"),
        (Step.ACCOUNTING_START, Trouble(), "début de la session"),
        (Step.ONLINE, Trouble(), "Web reste fermé"),
        (Step.ACCOUNTING_STOP, Trouble(), "fin de la session"),
    ],
)
def test_what_failed_is_told_with_its_cause_and_the_first_thing_to_try(
    step: Step, trouble: Trouble, seen: str
) -> None:
    """Whatever a page or a reply says goes in as it is."""
    log_in = until(step, trouble)
    said = words_of(log_in)
    assert log_in.failed is step
    assert seen in said
    assert "Cause probable" in said
    assert "À essayer" in said


def test_what_came_through_is_told_with_its_time() -> None:
    """The sum of its steps, as French writes it."""
    log_in = LogIn(tuple(Reached(step, 0.1) for step in ORDER))
    assert log_in.failed is None
    assert words_of(log_in) == "Connexion complète en 0,8 s."
