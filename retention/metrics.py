"""What retention shows at /metrics: base units, and no label but a category, a task or a date."""

from datetime import UTC, datetime, time
from math import inf

from prometheus_client import CollectorRegistry, Gauge, Histogram

from retention.standing import Standing

TASKS = ("seal", "purge", "look")
_TASK_BUCKETS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600)


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
        self._unknown = self._gauge(
            "socle_retention_injunction_unknown",
            "1 while no decision covers some day of the past year, with the first day of loss if no"
            " injunction did.",
            "lost_from",
        )
        self._loss = self._gauge(
            "socle_retention_first_loss_timestamp_seconds",
            "When the first of them would be lost without an injunction; 0: none.",
        )
        self._decided = self._gauge(
            "socle_retention_injunction_ends_timestamp_seconds",
            "From when on no decision on an injunction is recorded.",
        )
        self._last_run = self._gauge(
            "socle_retention_last_run_timestamp_seconds", "When the last whole run ended."
        )
        self._segments = self._gauge("socle_retention_segments", "Segments held.", "category")
        self._missing = self._gauge(
            "socle_missing_retention_days",
            "Days whose data ought to be held and is not, or whose keys are not.",
            "category",
        )
        self._overdue = self._gauge(
            "socle_overdue_purge_records", "Slices and rows whose legal end has come.", "category"
        )
        self._awaited = self._gauge(
            "socle_retention_records_kept_for_holds",
            "Slices and rows that are over, kept while a hold on them waits for its custodians.",
            "category",
        )
        self._failing = self._gauge(
            "socle_retention_failing", "1 while this task does not succeed.", "task"
        )
        self._seconds = Histogram(
            "socle_retention_task_seconds",
            "Time of one run of a task, however it ended.",
            ["task"],
            buckets=_TASK_BUCKETS,
            registry=self.registry,
        )

        self._undated = self._gauge(
            "socle_retention_undated_manifests",
            "Days whose manifest has no time-stamp, where an authority is set.",
        )
        self._drills = self._gauge(
            "socle_retention_overdue_drills",
            "Pairs of custodians who have not proved for 92 days that they can open.",
        )
        self._hold = self._gauge(
            "socle_retention_hold_day_ends_timestamp_seconds",
            "When the first day of a hold that waits for its custodians ends; infinite: none.",
        )

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(name, says, labels, registry=self.registry)

    def show(self, standing: Standing, now: datetime) -> None:
        """Show how the archive stands after a whole run."""
        self._age.set(standing.age_seconds)
        self._due.set(standing.due_days)
        self._undecided.set(standing.undecided)
        self._unknown.clear()
        if standing.known.undecided_from:
            self._unknown.labels(standing.known.lost_from).set(1)
        lost_from = standing.lost_from
        self._loss.set(datetime.combine(lost_from, time(), UTC).timestamp() if lost_from else 0)
        self._decided.set(datetime.combine(standing.known.decided_until, time(), UTC).timestamp())
        ends = standing.hold_day_ends
        self._hold.set(datetime.combine(ends, time(), UTC).timestamp() if ends else inf)
        self._undated.set(standing.undated_days)
        self._drills.set(standing.overdue_drills)
        self._last_run.set(now.timestamp())
        for category, figures in standing.categories.items():
            self._segments.labels(category).set(figures.segments)
            self._missing.labels(category).set(figures.missing_days)
            self._overdue.labels(category).set(figures.overdue_records)
            self._awaited.labels(category).set(figures.awaited_records)

    def show_run(self, task: str, failing: bool, seconds: float) -> None:
        """Show whether a task succeeds, and how long it took."""
        self._failing.labels(task).set(failing)
        self._seconds.labels(task).observe(seconds)
