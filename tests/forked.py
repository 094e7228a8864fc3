"""Works in processes of their own, forked from one that has imported all they need, once a session.

Tests whose runs die fork many; neither pytest's own process (its loops, its threads) nor a fresh
one for each (seconds of imports) would do.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

LONGEST_SECONDS = 280
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.killed_at_each_step", "tests.killed_once_each"])


def forked(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what `work` returns in a process of its own.

    Raises:
        AssertionError: what it raised, in words, or that it died or took too long.
    """
    reads, writes = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_tell, args=(writes, work, arguments))
    process.start()
    writes.close()
    try:
        assert reads.poll(LONGEST_SECONDS), f"{work.__name__}: too slow"
        done, told = reads.recv()
    except EOFError:
        done, told = False, f"{work.__name__} died"
    finally:
        reads.close()
        process.kill()
        process.join()
        process.close()
    assert done, told
    return told


def _tell(writes: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        writes.send((True, work(*arguments)))
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - told to who waits for it
        writes.send((False, repr(fault)))
