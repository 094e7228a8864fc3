"""Files that cannot be used: a fault with its setting, never the end of a server that runs."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from radius import radsec_papers
from radius.radsec_papers import Papers, load_identity
from territory.errors import ConfigurationError
from tests.servers import radsec


def _raising(error: Exception) -> Callable[..., object]:
    def fail(*_arguments: object) -> object:
        raise error

    return fail


def test_files_exchanged_while_they_are_read_leave_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another certificate's key by the time TLS reads it: told, and tried at the next change."""
    made = radsec.Papers.make(tmp_path)
    papers = Papers(made.settings())
    before = papers.identity
    made.revoke(made.site())
    with monkeypatch.context() as patch:
        patch.setattr(radsec_papers, "_context", _raising(ssl.SSLError("KEY_VALUES_MISMATCH")))
        with pytest.raises(ConfigurationError, match="TLS takes"):
            papers.refresh()
    assert papers.identity is before


def test_a_folder_that_cannot_be_listed_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of authorities, for instance, after somebody has changed its owner."""
    settings = radsec.Papers.make(tmp_path).settings()
    monkeypatch.setattr(radsec_papers, "_files", _raising(PermissionError("denied")))
    with pytest.raises(ConfigurationError) as refused:
        load_identity(settings)
    assert [fault.key for fault in refused.value.faults] == [
        *("radius.radsec.certificate", "radius.radsec.authorities")
    ]
