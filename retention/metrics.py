"""What retention shows at /metrics: base units, and no label but a category or a task."""

from datetime import UTC, datetime, time

from prometheus_client import CollectorRegistry, Gauge

from retention.standing import Standing

TASKS = ("seal", "purge", "look")


class Metrics:
    """Every metric of retention, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._age = self._gauge(
            "socle_retention_archive_age_seconds",
            "Time since the end of the last sealed day; three days are normal.",
        )
        self._due = self._gauge(
            "socle_retention_due_manifests",
            "Days whose grace is over and that have no manifest yet.",
        )
        self._undecided = self._gauge(
            "socle_retention_undecided_segments",
            "Segments kept because no decision on an injunction is recorded.",
        )
        self._loss = self._gauge(
            "socle_retention_first_loss_timestamp_seconds",
            "When the first of them would be lost without an injunction; 0: none.",
        )
        self._last_run = self._gauge(
            "socle_retention_last_run_timestamp_seconds", "When the last whole run ended."
        )
        self._segments = self._gauge("socle_retention_segments", "Segments held.", "category")
        self._missing = self._gauge(
            "socle_missing_retention_segments",
            "Segments that ought to be held and are not, or whose keys are not.",
            "category",
        )
        self._overdue = self._gauge(
            "socle_overdue_purge_records", "Slices whose legal end has come.", "category"
        )
        self._failing = self._gauge(
            "socle_retention_failing", "1 while this task does not succeed.", "task"
        )

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(name, says, labels, registry=self.registry)

    def show(self, standing: Standing, now: datetime) -> None:
        """Show how the archive stands after a whole run."""
        self._age.set(standing.age_seconds)
        self._due.set(standing.due_days)
        self._undecided.set(standing.undecided)
        lost_from = standing.lost_from
        self._loss.set(datetime.combine(lost_from, time(), UTC).timestamp() if lost_from else 0)
        self._last_run.set(now.timestamp())
        for category, figures in standing.categories.items():
            self._segments.labels(category).set(figures.segments)
            self._missing.labels(category).set(figures.missing_segments)
            self._overdue.labels(category).set(figures.overdue_records)

    def show_failing(self, task: str, failing: bool) -> None:
        """Show whether a task succeeds."""
        self._failing.labels(task).set(failing)
