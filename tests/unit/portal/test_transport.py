"""Guests come by https, or the start is refused with every fault at once."""

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from portal.transport import read_transport
from territory.errors import ConfigurationError
from territory.settings import Settings
from territory.settings.messages import MailSettings, SmsSettings
from territory.settings.portal import PortalSettings

PUBLIC = "https://wifi.meuse.example"


def settings(demo: bool = False, /, **portal: object) -> Settings:
    """Return settings whose portal section is as given."""
    return Settings(demo=demo, portal=PortalSettings.model_validate(portal))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key, made by openssl."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "chain.pem", folder / "key.pem"
    making = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    subprocess.run(
        [*making.split(), "-subj", "/CN=wifi.meuse.example", "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return certificate, key


def faults(found: pytest.ExceptionInfo[ConfigurationError]) -> list[str]:
    """Return the settings that were named."""
    return [fault.key for fault in found.value.faults]


def test_files(pair: tuple[Path, Path]) -> None:
    """The portal ends TLS itself, 1.2 at least."""
    certificate, key = pair
    transport = read_transport(
        settings(public_url=PUBLIC, tls_certificate=certificate, tls_key=key)
    )
    assert transport.tls is not None
    assert transport.tls.minimum_version is ssl.TLSVersion.TLSv1_2
    assert transport.certificate_ends_at is not None
    left = transport.certificate_ends_at - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)
    assert transport.https_only


def test_a_trusted_front() -> None:
    """A front ends TLS; its address is the only one whose headers are believed."""
    transport = read_transport(settings(public_url=PUBLIC, trusted_proxies=["10.0.0.0/24"]))
    assert transport.proxies == (ip_network("10.0.0.0/24"),)
    assert transport.tls is None
    assert transport.https_only


@pytest.mark.parametrize(
    "plain",
    [
        "https://remise.wifi.meuse.example",
        "http://wifi.meuse.example",
        "http://remise.wifi.meuse.example/page",
        "remise.wifi.meuse.example",
    ],
)
def test_the_page_in_clear_has_a_name_of_its_own(plain: str) -> None:
    """In http, without a path, and not the one that browsers keep to https."""
    front = ["10.0.0.0/24"]
    with pytest.raises(ConfigurationError) as found:
        read_transport(settings(public_url=PUBLIC, plain_url=plain, trusted_proxies=front))
    assert faults(found) == ["portal.plain_url"]
    other = "http://remise.wifi.meuse.example"
    read_transport(settings(public_url=PUBLIC, plain_url=other, trusted_proxies=front))


def test_the_demo_may_be_plain() -> None:
    """And only the demo."""
    plain = {"public_url": "http://127.0.0.1:8080"}
    assert not read_transport(settings(True, **plain)).https_only
    with pytest.raises(ConfigurationError) as found:
        read_transport(settings(**plain))
    assert faults(found) == ["portal.public_url"]


def test_https_needs_someone_to_end_it() -> None:
    """Neither files nor a front: phones would find a closed door."""
    with pytest.raises(ConfigurationError) as found:
        read_transport(settings(public_url=PUBLIC))
    assert faults(found) == ["portal.tls_certificate"]


def test_every_fault_at_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """One start, one list."""
    with pytest.raises(ConfigurationError) as found:
        read_transport(
            settings(
                public_url="ftp://x/",
                trusted_proxies=["10.0.0.1", "front.example", "10.0.0.1/8"],
                tls_certificate=tmp_path / "absent.pem",
                tls_key=pair[1],
            )
        )
    assert faults(found) == [
        "portal.trusted_proxies[1]",
        "portal.trusted_proxies[2]",
        "portal.public_url",
        "portal.public_url",
        "portal.tls_certificate",
    ]


@pytest.mark.parametrize("given", ["tls_certificate", "tls_key"])
def test_half_a_pair(pair: tuple[Path, Path], given: str) -> None:
    """The other half is named."""
    other = {"tls_certificate": "tls_key", "tls_key": "tls_certificate"}[given]
    with pytest.raises(ConfigurationError) as found:
        read_transport(settings(public_url=PUBLIC, **{given: pair[0]}))
    assert faults(found) == [f"portal.{other}"]


def test_what_mail_and_sms_lack_is_told_by_the_same_start() -> None:
    """One refused start lists the transport's faults, those of mail and those of SMS."""
    lacking = settings(public_url=PUBLIC).model_copy(
        update={
            "mail": MailSettings(server="relay.example"),
            "sms": SmsSettings(provider="twilio", account="AC1", sender="Socle"),
        }
    )
    with pytest.raises(ConfigurationError) as found:
        read_transport(lacking)
    assert faults(found) == ["portal.tls_certificate", "mail.sender", "sms.secret"]
