"""Whom Alertmanager tells what, and when: one message for each site, or for the base itself.

`critical` is told in the hours on call, what concerns the whole base at any hour, `warning` in
working hours; outside of them it waits and is told when they begin, if it still lasts. A site that
is down silences what hangs on it. Mail goes by the relay of the settings; its password stays in a
file of its own. Pure; `socle alertmanager` prints it and amtool checks it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from territory.errors import ConfigurationError, Fault
from territory.settings.messages import MailSettings

RULES: Final = Path(__file__).with_name("prometheus")
"""Where the rules and the words of the messages lie, as installed."""
EXPLAINED: Final = {
    "RadiusLedgerClosed": (
        "PortalUnavailable",
        "SupervisionStuck",
        "SupervisionHindered",
        "SpoolWaiting",
    ),
    "LogInsFail": ("LogInFails", "EquipmentDegraded"),
}
"""What one alert explains of others, which are then not told; a site's and the territory's own
explain all of the sites'."""
ON_CALL, WORKING = "astreinte", "heures-ouvrees"
_TIME: Final = r"((?:[01]\d|2[0-3]):[0-5]\d|24:00)"
_HOURS: Final = re.compile(f"{_TIME}-{_TIME}")
_HEADER: Final = "# Made by `socle alertmanager`.\n"
_WORKING_DAYS: Final = "monday:friday"
_ZONE: Final = "Europe/Paris"
_SUBJECT: Final = '{{ template "socle.subject" . }}'
_TEXT: Final = '{{ template "socle.text" . }}'


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is told, and when."""

    mail_to: str | None = None
    """Addresses, separated by commas; None: no mail."""
    webhook: str | None = None
    """Where each message is posted as JSON; None: nowhere."""
    hours: tuple[str, str] = ("07:00", "22:00")
    """Of the person on call, every day, `HH:MM` in France."""
    working: tuple[str, str] = ("08:00", "18:00")
    """From Monday to Friday."""
    rules: Path = RULES
    """Where Alertmanager finds messages.tmpl."""
    password_file: Path = Path("/etc/alertmanager/mail-password")
    """Holds the relay's password, where the relay asks for one."""


def hours_of(text: str) -> tuple[str, str]:
    """Return the two ends of `HH:MM-HH:MM`.

    Raises:
        ConfigurationError: it is not written so.
    """
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ConfigurationError([Fault("--hours", f"expected HH:MM-HH:MM, found {text}")])
    return found[1], found[2]


def alertmanager_configuration(mail: MailSettings, told: OnCall) -> str:
    """Return a whole configuration file of Alertmanager.

    Raises:
        ConfigurationError: nobody is told, or by mail while no relay or no sender is set.
    """
    if told.mail_to is None and told.webhook is None:
        raise ConfigurationError([Fault("--mail-to", "expected, or --webhook: who is told")])
    whole = {
        "global": {} if told.mail_to is None else _relay(mail, told.password_file),
        "templates": [str(told.rules / "messages.tmpl")],
        "route": _route(),
        "inhibit_rules": _inhibitions(),
        "receivers": [_receiver(told)],
        "time_intervals": [
            _interval(ON_CALL, told.hours),
            _interval(WORKING, told.working, weekdays=[_WORKING_DAYS]),
        ],
    }
    return _HEADER + yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)


def _relay(mail: MailSettings, password_file: Path) -> dict[str, Any]:
    if mail.server is None or mail.sender is None:
        raise ConfigurationError([Fault("mail.server", "expected a relay, and mail.sender")])
    relay: dict[str, Any] = {
        "smtp_smarthost": f"{mail.server}:{mail.port}",
        "smtp_from": mail.sender,
        "smtp_require_tls": mail.security == "starttls",
    }
    if mail.user is not None:
        relay |= {
            "smtp_auth_username": mail.user,
            "smtp_auth_password_file": str(password_file),
        }
    return relay


def _route() -> dict[str, Any]:
    critical = 'severity="critical"'
    return {
        "receiver": "astreinte",
        "group_by": ["site"],
        "group_wait": "15s",
        "group_interval": "2m",
        "repeat_interval": "1d",
        "routes": [
            {
                "receiver": "astreinte",
                "matchers": [critical, 'site=~".+"'],
                "active_time_intervals": [ON_CALL],
            },
            {"receiver": "astreinte", "matchers": [critical]},
            {"receiver": "astreinte", "active_time_intervals": [WORKING]},
        ],
    }


def _inhibitions() -> list[dict[str, Any]]:
    """What is silent because of another: all of a site or of a territory that is down, all that a
    base away hides."""
    return [
        {
            "source_matchers": ['alertname="SiteDown"'],
            "target_matchers": ['alertname!="SiteDown"', 'site=~".+"'],
            "equal": ["site"],
        },
        {
            "source_matchers": ['alertname="TerritoryDown"'],
            "target_matchers": ['site=~".+"'],
        },
        *(
            {
                "source_matchers": [f'alertname="{source}"'],
                "target_matchers": [f'alertname=~"{"|".join(explained)}"'],
            }
            for source, explained in EXPLAINED.items()
        ),
    ]


def _receiver(told: OnCall) -> dict[str, Any]:
    receiver: dict[str, Any] = {"name": "astreinte"}
    if told.mail_to is not None:
        letter = {
            "to": told.mail_to,
            "send_resolved": True,
            "headers": {"Subject": _SUBJECT},
            "html": "",
            "text": _TEXT,
        }
        receiver["email_configs"] = [letter]
    if told.webhook is not None:
        receiver["webhook_configs"] = [{"url": told.webhook, "send_resolved": True}]
    return receiver


def _interval(name: str, hours: tuple[str, str], **days: list[str]) -> dict[str, Any]:
    times = [{"start_time": hours[0], "end_time": hours[1]}]
    return {"name": name, "time_intervals": [{"times": times, **days, "location": _ZONE}]}
