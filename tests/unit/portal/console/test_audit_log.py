"""An audit line's detail, in words."""

from portal.console.audit_log import facts


def test_facts_read_as_words() -> None:
    """Known names in French, others as they are; nested values are left to the export."""
    assert facts('{"role": "technician", "other": 3}') == "rôle\u00a0: technicien, other\u00a0: 3"
    assert facts("{}") == ""
    assert facts('{"nested": {"a": 1}}') == ""
