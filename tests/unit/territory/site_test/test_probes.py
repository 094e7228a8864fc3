"""What systems ask: all in clear, each once, and each told apart from a log-in page."""

from urllib.parse import urlsplit

from territory.site_test.probes import BY_CODE, PROBES


def test_each_probe_can_be_redirected_and_told_apart() -> None:
    """In clear; an answer that has a page has words in it, and one that has none has 204."""
    assert len(BY_CODE) == len(PROBES)
    assert {urlsplit(probe.url).scheme for probe in PROBES} == {"http"}
    assert all(bool(probe.body) == (probe.status == 200) for probe in PROBES)
    systems = " ".join(probe.system for probe in PROBES)
    for system in ("iPhone", "Android", "Windows", "Firefox", "Linux"):
        assert system in systems
