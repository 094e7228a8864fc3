"""What is counted of Disconnect and CoA: a collector beside the server's own.

A NAS never shows here: one that does not answer is told in the command's result and in the log.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class CoaCounters(Collector):
    """Everything that is counted; one for each server."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        """Packets by what they ask; what is sent again counts again."""
        self.sent_again = 0
        """Packets sent again, unchanged (RFC 5080 §2.2.1)."""
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """What came of each session asked about, by (what was asked, outcome)."""
        self.refusals: Counter[str] = Counter()
        """NAKs by Error-Cause; `none` where the NAS gave none, `unknown` where it made one up."""
        self.discarded: Counter[str] = Counter()
        """Datagrams that answered nothing, by reason."""
        self.held_back = 0
        """Requests that had to wait because too many were already under way to their NAS."""
        self.turned_away = 0
        """Requests given up at once because too many were already waiting for their NAS."""
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        """Levels read at each scrape: name to (meaning, reader)."""

    def collect(self) -> Iterator[Metric]:
        """Yield the families Prometheus reads."""
        yield _labelled("sent", "Requests sent to NAS.", "ask", self.sent)
        yield _labelled("refusals", "NAKs by Error-Cause.", "cause", self.refusals)
        yield _labelled("discards", "Answers that were none.", "reason", self.discarded)
        outcomes = CounterMetricFamily(
            "socle_radius_coa_outcomes", "What came of a request.", labels=["ask", "outcome"]
        )
        for labels, count in list(self.outcomes.items()):
            outcomes.add_metric(list(labels), count)
        yield outcomes
        for name, meaning, value in (
            ("sent_again", "Requests sent again, unchanged.", self.sent_again),
            ("held_back", "Requests that waited for their NAS.", self.held_back),
            ("turned_away", "Requests too many waited before.", self.turned_away),
        ):
            yield CounterMetricFamily(f"socle_radius_coa_{name}", meaning, value=value)
        for name, (meaning, read) in self.gauges.items():
            yield GaugeMetricFamily(f"socle_radius_coa_{name}", meaning, value=read())


def _labelled(name: str, meaning: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"socle_radius_coa_{name}", meaning, labels=[label])
    for value, count in list(counts.items()):
        family.add_metric([value], count)
    return family
