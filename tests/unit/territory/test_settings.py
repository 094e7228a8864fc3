"""Settings: the file, then the environment, then secrets files; every fault at once."""

from pathlib import Path

import pytest

from territory.errors import ConfigurationError
from territory.settings import load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_given_is_a_small_base_on_this_machine(folder: Path) -> None:
    """Without a file, the database is the embedded one and files lie in the state folder."""
    settings = load_settings()
    assert settings.database.url is None
    assert settings.key_file == Path("socle-state/master.key")
    assert settings.archive_folder == Path("socle-state/archive")


def test_environment_goes_before_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SOCLE_SECTION__KEY` overrides `socle.toml`; what it does not name stays."""
    (folder / "socle.toml").write_text("[portal]\nport = 8081\nhost = '127.0.0.1'\n")
    monkeypatch.setenv("SOCLE_PORTAL__PORT", "8082")
    portal = load_settings().portal
    assert (portal.port, portal.host) == (8082, "127.0.0.1")


def test_a_named_file_is_read_instead(folder: Path) -> None:
    """`--settings FILE` replaces the default file."""
    other = folder / "other.toml"
    other.write_text("[database]\nurl = 'postgresql://socle@db/socle'\n")
    assert load_settings(other).database.url == "postgresql://socle@db/socle"


def test_every_fault_is_listed_with_its_key(folder: Path) -> None:
    """One message names all that is wrong: a typing error, a wrong port, an unknown section."""
    (folder / "socle.toml").write_text(
        "[portal]\nport = 99999\nprot = 1\n[radius]\nauthentication_port = 'x'\n[nothing]\n"
    )
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert {fault.key for fault in raised.value.faults} == {
        "portal.port",
        "portal.prot",
        "radius.authentication_port",
        "nothing",
    }


@pytest.mark.parametrize(
    "networks", ["", "'0.0.0.0/0'", "'10.0.0.0/8', '::/0'", "'0.0.0.0/1', '128.0.0.0/1'"]
)
def test_the_desk_answers_somebody_and_not_everybody(folder: Path, networks: str) -> None:
    """An empty list would lock everybody out, a wide one let everybody in: neither is started."""
    (folder / "socle.toml").write_text(f"[desk]\nallowed_networks = [{networks}]\n")
    with pytest.raises(ConfigurationError, match="the administration network alone"):
        load_settings()


def test_the_desk_answers_this_machine_or_whom_it_is_told(folder: Path) -> None:
    """Nothing said is loopback; a private network, however wide, is somebody's."""
    told = {str(each) for each in load_settings().desk.allowed_networks}
    assert told == {"127.0.0.0/8", "::1/128"}
    (folder / "socle.toml").write_text("[desk]\nallowed_networks = ['10.0.0.0/8', 'fc00::/7']\n")
    assert len(load_settings().desk.allowed_networks) == 2


def test_what_gateways_tell_is_taken_where_a_port_is_named(folder: Path) -> None:
    """Off until then; over TLS only with its three files."""
    assert not load_settings().retention.intake.is_on
    (folder / "socle.toml").write_text("[retention.intake]\nipfix_port = 4739\n")
    assert load_settings().retention.intake.is_on
    (folder / "socle.toml").write_text("[retention.intake]\nsyslog_tls_port = 6514\n")
    with pytest.raises(ConfigurationError, match="certificate, key and authorities"):
        load_settings()


def test_only_the_demo_moves_the_clock(folder: Path) -> None:
    """A clock file without `demo = true` stops the start."""
    (folder / "socle.toml").write_text("clock_offset_file = 'offset'\n")
    with pytest.raises(ConfigurationError, match="clock_offset_file"):
        load_settings()


@pytest.mark.parametrize("text", ["[portal", "demo = maybe"])
def test_a_file_that_is_not_toml_is_told(folder: Path, text: str) -> None:
    """A syntax error names the file and the place."""
    (folder / "socle.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"socle\.toml"):
        load_settings()


def test_a_file_that_is_absent_is_told(folder: Path) -> None:
    """`--settings` with a wrong name never falls back to defaults."""
    with pytest.raises(ConfigurationError, match="--settings"):
        load_settings(folder / "absent.toml")


def test_secrets_files_go_before_everything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SOCLE_SECRETS` names a folder with one file a setting, as containers mount them."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "SOCLE_database__url").write_text("postgresql://secret@db/socle\n")
    monkeypatch.setenv("SOCLE_SECRETS", str(folder / "secrets"))
    monkeypatch.setenv("SOCLE_DATABASE__URL", "postgresql://other@db/socle")
    assert load_settings().database.url == "postgresql://secret@db/socle"


def test_a_component_s_own_address_goes_before_the_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `socle serve` hands a component is not undone by the owner's address in a file."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "SOCLE_database__url").write_text("postgresql://owner@db/socle")
    monkeypatch.setenv("SOCLE_SECRETS", str(folder / "secrets"))
    monkeypatch.setenv("SOCLE_COMPONENT_DATABASE", "postgresql://socle_radius@db/socle")
    assert load_settings().database.url == "postgresql://socle_radius@db/socle"


def test_a_secrets_file_nobody_reads_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong name would leave the base on its embedded database without a word."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "database__url").write_text("postgresql://owner@db/socle")
    monkeypatch.setenv("SOCLE_SECRETS", str(folder / "secrets"))
    with pytest.raises(ConfigurationError, match="database__url"):
        load_settings()


def test_each_radius_process_shows_its_measures_on_a_port_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten apart, from the first's; one that was given any port stays with any port."""
    monkeypatch.setenv("SOCLE_RADIUS__WORKERS", "3")
    monkeypatch.setenv("SOCLE_RADIUS__WORKER", "2")
    settings = load_settings()
    assert settings.radius_metrics_ports == (9402, 9412, 9422)
    assert settings.radius_metrics_port == 9422
    monkeypatch.setenv("SOCLE_METRICS__RADIUS_PORT", "0")
    assert load_settings().radius_metrics_ports == (0, 0, 0)
