"""What is told of ports once a day is closed: cut to each day it touches, without a device."""

from datetime import timedelta

import pyarrow as pa

from retention.sealing.columns import SOURCE_SLICES, TRANSLATIONS
from retention.sealing.late_ports import earliest_day, with_late
from retention.sealing.ports import joined
from tests.unit.retention.sealing.test_ports import DAY, hour, told


def test_each_day_has_its_part() -> None:
    """From 22 h to 2 h of the next day: two supplements, and none for the third day."""
    overnight = told("10.1.0.11", 40_001, 26, began=22, ended=26)
    table = joined(pa.Table.from_pylist([overnight], schema=TRANSLATIONS))
    none = SOURCE_SLICES.empty_table()
    days = [with_late(none, table, DAY + timedelta(days=n)).to_pylist() for n in (0, 1, 2)]
    spans = [[(row["from"], row["until"], row["until_is"]) for row in rows] for rows in days]
    assert earliest_day(table) == DAY
    assert spans == [
        [(hour(22), hour(24), "last_seen")],
        [(hour(24), hour(26), "change")],
        [],
    ]
    (row, _) = (rows[0] for rows in days[:2])
    assert (row["session"], row["device"], row["user_name"]) == (None, None, None)
    assert (row["address"], row["site"], row["port_first"]) == ("10.1.0.11", "verdun", 40_001)
