"""CPU time of processes and their children, from /proc: a figure that a busy machine spoils less.

Requests a second depend on who else wants the cores; CPU time a request hardly does. It goes into a
benchmark's conditions, beside the ratio.
"""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PARENT, OWN, WITH_ENDED = 1, slice(11, 13), slice(11, 15)
"""Fields of /proc/PID/stat after the program's name (proc(5)): user and system time, of the process
itself and then of its ended children."""


def cpu_seconds(process_id: int) -> float:
    """What a process and its children, living or ended, have used so far; seconds of one core."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        fields = _fields(folder) if folder.name.isdigit() else None
        if not fields:
            continue
        if folder.name == str(process_id):
            ticks += sum(fields[WITH_ENDED])
        elif fields[PARENT] == process_id:
            ticks += sum(fields[OWN])
    return ticks / TICKS_PER_SECOND


def _fields(folder: Path) -> list[int] | None:
    """The numbers of a process's stat; None when it ended meanwhile."""
    try:
        _, _, after_name = (folder / "stat").read_text().rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return [0, *map(int, after_name.split()[1:])]
