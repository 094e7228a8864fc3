"""What a plan, a site's hours, its looks, WiFi4EU and messages may be, each fault in words."""

import pytest

from territory.model import SiteSmsEntry, SmsEntry
from tests.unit.territory.application.descriptions import HEAD, SITE, faults, read


def plan_with(more: str) -> str:
    """Return a description whose plan says this too."""
    return HEAD.replace("session: 4h}", f"session: 4h, {more}}}") + SITE


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("day_time: 25h", "day_time", "between 1 min and 1 d"),
        ("month_time: 32 d", "month_time", "between 1 min and 31 d"),
        ("day_volume: 3", "day_volume", "a volume"),
        ("devices: 0", "devices", "greater than or equal to 1"),
        ("hours: Lu-Ve 8h-18h", "hours", "OSM opening_hours"),
        ("hours: Mo-Fr sunrise-sunset", "hours", "not of the sun"),
        ("public_holidays: open", "public_holidays", "as_usual"),
        ("at_end: stop", "at_end", "'cut', 'slow' or 'ask'"),
        ("vlan: 4095", "vlan", "4094"),
        ("role: a b", "role", "a role's name"),
        ("methods: [password]", "methods[0]", "click_through"),
        ("at_end: slow, slow_upload: 1 Mbit/s", "slow_download", "since at_end is slow"),
        ("slow_upload: 1 Mbit/s", "slow_upload", "unless at_end is slow"),
        (
            "at_end: slow, slow_download: 9 Mbit/s, slow_upload: 1 Mbit/s, download: 1 Mbit/s",
            "slow_download",
            "at most download, 1 Mbit/s",
        ),
    ],
)
def test_each_limit_is_checked(more: str, place: str, words: str) -> None:
    """One fault for each limit that cannot be held, where it stands and in words."""
    (fault,) = faults(plan_with(more))
    assert fault.key == f"plans[0].{place}"
    assert words in fault.expected


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("hours: always", "hours", "OSM opening_hours"),
        ("closed_days: [24/12/2026]", "closed_days[0]", "a day such as 2026-12-24"),
        ("closed_days: [2026-08-15/2026-08-01]", "closed_days[0]", "days such as"),
        ("mac_authentication: perhaps", "mac_authentication", "boolean"),
        ("helpers: [{name: A, hours: always}]", "helpers[0].hours", "OSM opening_hours"),
        ("helpers: [{name: A}]", "helpers[0].hours", "missing: when it is there"),
        (
            "helpers: [{name: A, hours: 24/7, phone: demander Anne}]",
            "helpers[0].phone",
            "a telephone number",
        ),
        (
            "helpers: [{name: A, hours: 24/7}, {name: A, hours: 24/7}]",
            "helpers[1].name",
            "once in a site, found A again",
        ),
    ],
)
def test_a_site_keeps_hours_that_can_be_held(more: str, place: str, words: str) -> None:
    """Hours, closed days and permissions of a site, each with its own fault."""
    (fault,) = faults(HEAD + SITE + f"    {more}\n")
    assert fault.key == f"sites[0].{place}"
    assert words in fault.expected


def test_an_old_plan_limits_nothing_more() -> None:
    """A file of before means what it meant: no limit, no hours, returning devices as they were."""
    description = read(HEAD + SITE)
    (plan,), (site,) = description.plans, description.sites
    assert (plan.day_time, plan.devices, plan.hours, plan.methods) == (None, None, None, ())
    assert (plan.at_end, plan.public_holidays, plan.identification) == ("cut", "as_usual", "none")
    assert (site.hours, site.closed_days, site.mac_authentication) == (None, (), True)


HALF_A_DAY = "session: 12h, upload: 2 Mbit/s, download: 9 Mbit/s"
OF_WIFI4EU = SITE.replace("ssid: Wifi", "ssid: WiFi4EU")


@pytest.mark.parametrize(
    ("plan", "site", "more", "key", "words"),
    [
        (HALF_A_DAY, SITE, "wifi4eu: true", "sites[0].networks", "named exactly WiFi4EU"),
        (HALF_A_DAY, OF_WIFI4EU, "wifi4eu: perhaps", "sites[0].wifi4eu", "boolean"),
        ("session: 11h", OF_WIFI4EU, "wifi4eu: true", "sites[0].plan", "12h at least"),
        ("session: 12h", OF_WIFI4EU, "wifi4eu: true", "sites[0].plan", "an upload and a download"),
        (
            *(HALF_A_DAY, OF_WIFI4EU, "wifi4eu: true, methods: [ticket]"),
            *("sites[0].methods[0]", "no account on WiFi4EU"),
        ),
        (
            *(f"{HALF_A_DAY}, methods: [ticket]", OF_WIFI4EU, "wifi4eu: true"),
            *("sites[0].plan", "open to click_through"),
        ),
        (
            *(HALF_A_DAY, SITE, "wifi4eu_snippet: 0b8f3d52-6c1e-4f7a-9a43-2f5d1c7e9b60"),
            *("sites[0].wifi4eu_snippet", "unless wifi4eu is true"),
        ),
        (
            *(HALF_A_DAY, OF_WIFI4EU, "wifi4eu: true, wifi4eu_snippet: <script>"),
            *("sites[0].wifi4eu_snippet", "the UUID of the network"),
        ),
    ],
)
def test_what_wifi4eu_asks_for(plan: str, site: str, more: str, key: str, words: str) -> None:
    """Its name, one click, half a day, a shared line: each fault where it stands."""
    text = HEAD.replace("session: 4h", plan) + site + indented(more)
    assert (key, True) in [(fault.key, words in fault.expected) for fault in faults(text)]


def test_a_site_of_wifi4eu_that_is_one() -> None:
    """With its snippet or without."""
    head = HEAD.replace("session: 4h", HALF_A_DAY)
    snippet = "wifi4eu_snippet: 0b8f3d52-6c1e-4f7a-9a43-2f5d1c7e9b60"
    for more in ("wifi4eu: yes", f"wifi4eu: true, {snippet}"):
        assert read(head + OF_WIFI4EU + indented(more)).sites[0].wifi4eu


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ('colour: "#f5b942"', "colour", 'the nearest that does is "#976708"'),
        ("colour: teal", "colour", "#rrggbb"),
        ("logo: <svg/>", "logo", "an SVG"),
        ("logo: aGVsbG8=", "logo", "a PNG in base64"),
        ("dpo: Camille Adam", "dpo", "an e-mail address"),
    ],
)
def test_looks_that_cannot_be(more: str, place: str, words: str) -> None:
    """A colour that cannot be read comes with one that can; a logo with the reason."""
    (fault,) = faults(HEAD.replace("{code: bar", f"{{{more}, code: bar") + SITE)
    assert fault.key == f"organisations[0].{place}"
    assert words in fault.expected


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("newsletter: {sender: A}", "newsletter.purpose", "in one plain sentence"),
        ("newsletter: {purpose: Du bien.}", "newsletter.sender", "the service that writes"),
        ("newsletter: {sender: A, purpose: Un. Deux.}", "newsletter.purpose", "one sentence"),
        ("newsletter: {sender: A, purpose: sans point}", "newsletter.purpose", "full stop"),
        (
            f"newsletter: {{sender: A, purpose: {'mot ' * 15}fin.}}",
            "newsletter.purpose",
            "15 words",
        ),
    ],
)
def test_a_newsletter_that_cannot_be(more: str, place: str, words: str) -> None:
    """Who agrees must know who writes, and what about, in one sentence."""
    (fault,) = faults(HEAD.replace("{code: bar", f"{{{more}, code: bar") + SITE)
    assert fault.key == f"organisations[0].{place}"
    assert words in fault.expected


def indented(more: str) -> str:
    """Return keys of a site, each on a line of its own."""
    return "".join(f"    {key}\n" for key in more.split(", "))


def test_what_text_messages_may_cost_is_stated_by_site_and_organisation() -> None:
    """What is left out is the settings'; none at all is written as no way of the site, not as 0."""
    head = HEAD.replace("{code: bar", "{sms: {a_day: 800}, code: bar")
    stated = read(head + SITE + "    sms: {unproven_an_hour: 600}\n")
    assert stated.organisations[0].sms == SmsEntry(a_day=800)
    assert stated.sites[0].sms == SiteSmsEntry(unproven_an_hour=600)
    (fault,) = faults(head + SITE + "    sms: {a_day: 0}\n")
    assert fault.key == "sites[0].sms.a_day"
