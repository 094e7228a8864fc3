"""The three kinds of failure carry what a shell or a person needs."""

from territory.errors import ConfigurationError, Fault, ProtocolError


def test_a_configuration_error_tells_every_fault() -> None:
    """The message holds one line a fault, with its line in the file where there is one."""
    error = ConfigurationError(
        [Fault("sites[0].insee", "expected 5 characters", 12), Fault("portal.port", "expected")]
    )
    assert str(error).splitlines() == [
        "line 12: sites[0].insee: expected 5 characters",
        "portal.port: expected",
    ]


def test_a_protocol_error_has_a_word_for_a_counter() -> None:
    """The reason is the whole message, so that it can be a label."""
    assert ProtocolError("unknown_nas").reason == "unknown_nas"
