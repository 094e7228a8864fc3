"""`socle site probe`: one synthetic log-in at a site, from the command line, each step timed."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import typer

from simulation.synthetic_guest import LogIn
from socle.base import clock_of, lay_ground
from socle.status import FAILED
from supervision.synthetic.diagnosis import words_of
from supervision.synthetic.records import Probe, load_probes
from supervision.synthetic.watch import KNOWN_SECONDS, try_log_in
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault
from territory.probes import STEPS
from territory.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class _Tried:
    probe: Probe
    log_in: LogIn


def run(code: str, settings_file: Path | None, *, as_json: bool) -> None:
    """Print how a log-in at each NAS of a site went.

    Raises:
        ConfigurationError: no NAS of such a site has a dialect that can be probed.
        Unavailable: this machine cannot be the probe, or the database does not answer.
    """
    tried = asyncio.run(_try(load_settings(settings_file), code))
    typer.echo(_as_json(tried) if as_json else "\n".join(map(_as_text, tried)))
    if any(each.log_in.failed for each in tried):
        raise typer.Exit(FAILED)


async def _try(settings: Settings, code: str) -> list[_Tried]:
    ground = await lay_ground(settings)
    engine = open_engine(ground.urls[Component.SUPERVISION])
    clock = clock_of(settings)
    try:
        probes, made = await load_probes(engine, settings.supervision.probe_network, code)
        if not probes:
            expected = (
                f"expected a site with a NAS that a synthetic guest can stand for, found {code}"
            )
            raise ConfigurationError([Fault("SITE", expected)])
        if made:
            await asyncio.sleep(KNOWN_SECONDS)
        return [
            _Tried(probe, await try_log_in(probe, settings, ground.keyring, clock))
            for probe in probes
        ]
    finally:
        await engine.dispose()
        ground.close()


def _as_text(tried: _Tried) -> str:
    reached = {each.step.value: each.seconds for each in tried.log_in.reached}
    lines = [f"{tried.probe.nas_code} ({tried.probe.brand}) : {words_of(tried.log_in)}"]
    for step, name in STEPS.items():
        seconds = reached.get(step)
        lines.append(f"  FAUX {name}" if seconds is None else f"  ok   {name:28} {seconds:8.3f} s")
        if seconds is None:
            break
    return "\n".join(lines)


def _as_json(tried: list[_Tried]) -> str:
    return json.dumps(
        [
            {
                "nas": each.probe.nas_code,
                "failed_step": each.log_in.failed,
                "said": words_of(each.log_in),
                "steps": [
                    {"step": one.step, "seconds": round(one.seconds, 4)}
                    for one in each.log_in.reached
                ],
            }
            for each in tried
        ],
        ensure_ascii=False,
    )
