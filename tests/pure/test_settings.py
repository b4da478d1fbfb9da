"""How the server's settings are read, and what stops it from starting."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from labflow.foundation.settings import (
    BackupPlan,
    WrongSettings,
    backup_faults,
    load_settings,
    server_faults,
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "labflow.toml"


def test_without_any_setting_everything_is_kept_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings({}, data=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'labflow.db'}"
    assert (settings.idle_minutes, settings.absolute_hours, settings.demo) == (5, 12, False)


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(
    tmp_path: Path, config: Path
) -> None:
    config.write_text('[server]\nidle_minutes = 10\nabsolute_hours = 8\ndata = "/nowhere"\n')
    environ = {"LABFLOW_CONFIG": str(config), "LABFLOW_IDLE_MINUTES": "3", "LABFLOW_DATA": "/nowhere/else"}
    settings = load_settings(environ, data=tmp_path)
    assert (settings.idle_minutes, settings.absolute_hours) == (3, 8)
    assert (settings.data, settings.config) == (tmp_path, config)


def test_the_data_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    assert load_settings({"LABFLOW_DATA": str(tmp_path)}).data == tmp_path


def test_secure_cookies_are_true_or_false_in_the_environment(tmp_path: Path) -> None:
    assert load_settings({"LABFLOW_SECURE_COOKIES": "true"}, data=tmp_path).secure_cookies is True
    assert load_settings({"LABFLOW_SECURE_COOKIES": "false"}, data=tmp_path).secure_cookies is False
    assert load_settings({}, data=tmp_path).secure_cookies is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("idle_minutes", 0, "a whole number from 1 to 15"),
        ("idle_minutes", 16, "a whole number from 1 to 15"),
        ("idle_minutes", True, "a whole number from 1 to 15"),
        ("idle_minutes", "5", "a whole number from 1 to 15"),
        ("absolute_hours", 25, "a whole number from 1 to 24"),
        ("secure_cookies", "yes", "true or false"),
        ("database_url", "mysql://db", "sqlite:///FILE or postgresql+psycopg://NAME@HOST/DATABASE"),
        ("data", "", "the folder for everything that labflow keeps"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name: str, value: object, expected: str) -> None:
    assert server_faults({name: value}) == [(f"server.{name}", expected)]


def test_all_faults_of_the_server_table_are_found_at_once() -> None:
    faults = server_faults({"idle_minutes": 0, "prot": 8000, "trusted_proxies": 1})
    assert [path for path, _ in faults] == ["server.idle_minutes", "server.prot"]


def test_backups_are_made_only_where_a_folder_is_named(config: Path, tmp_path: Path) -> None:
    config.write_text("[server]\n")
    assert load_settings({}, config=config, data=tmp_path).backups is None
    config.write_text('[backups]\nfolder = "/backups"\nkeep_days = 3\n')
    plan = BackupPlan(folder=Path("/backups"), keep_days=3)
    assert load_settings({}, config=config, data=tmp_path).backups == plan


def test_all_faults_of_the_backups_table_are_found_at_once() -> None:
    assert [path for path, _ in backup_faults({"every_hours": 0, "keep": 1})] == [
        "backups.folder",
        "backups.every_hours",
        "backups.keep",
    ]
    assert backup_faults({"folder": "backups"}) == [("backups.folder", "the whole path of a folder")]


@pytest.mark.parametrize("line", ["demo = true", "secret_key = 'x'", "idle = 5"])
def test_a_key_that_nobody_knows_stops_the_start(config: Path, tmp_path: Path, line: str) -> None:
    config.write_text(f"[server]\n{line}\n")
    with pytest.raises(WrongSettings, match="must be one of data, database_url"):
        load_settings({}, config=config, data=tmp_path)


def test_a_wrong_word_in_the_environment_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"server\.idle_minutes must be a whole number from 1 to 15"):
        load_settings({"LABFLOW_IDLE_MINUTES": "five"}, data=tmp_path)


@pytest.mark.parametrize("text", ["[server", "server = 1"])
def test_a_file_that_is_no_configuration_stops_the_start(config: Path, tmp_path: Path, text: str) -> None:
    config.write_text(text)
    with pytest.raises(WrongSettings):
        load_settings({}, config=config, data=tmp_path)


def test_a_configuration_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="cannot be read"):
        load_settings({}, config=tmp_path / "absent.toml", data=tmp_path)


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    first, second = load_settings({}, data=folder), load_settings({}, data=folder)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 43
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_two_laboratories_have_different_keys(tmp_path: Path) -> None:
    one, two = (load_settings({}, data=tmp_path / name) for name in ("one", "two"))
    assert one.secret_key != two.secret_key


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_key_that_others_may_read_stops_the_start(tmp_path: Path, mode: int) -> None:
    load_settings({}, data=tmp_path)
    (tmp_path / "secret_key").chmod(mode)
    with pytest.raises(WrongSettings, match="others may read"):
        load_settings({}, data=tmp_path)


@pytest.mark.parametrize("key", ["", "   \n", "short"])
def test_an_empty_or_short_secret_key_stops_the_start(tmp_path: Path, key: str) -> None:
    load_settings({}, data=tmp_path)
    (tmp_path / "secret_key").write_text(key)
    with pytest.raises(WrongSettings, match="holds no key"):
        load_settings({}, data=tmp_path)


def test_a_data_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WrongSettings, match="cannot be made or read"):
        load_settings({}, data=tmp_path / "file" / "data")


def test_settings_show_neither_key_nor_database_password_when_printed(tmp_path: Path) -> None:
    settings = load_settings(
        {"LABFLOW_DATABASE_URL": "postgresql+psycopg://lab:hush@db/labflow"}, data=tmp_path
    )
    assert settings.secret_key not in repr(settings)
    assert "hush" not in repr(settings)
