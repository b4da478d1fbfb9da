"""The command line as an operator uses it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labflow.cli import main
from labflow.foundation.one_process import only_one

from ..support import ROOT

SAMPLES = ROOT.parent / "shared" / "samples" / "orders"
EXAMPLES = sorted((ROOT / "docs" / "examples" / "orders").glob("*.hl7"))


def labflow(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(data), *arguments])


def test_the_published_orders_give_one_line_a_message(tmp_path: Path) -> None:
    files = sorted(SAMPLES.glob("*.hl7"))
    if not files:
        pytest.skip("the published messages are not beside this checkout")
    first = labflow(tmp_path, "import-orders", *map(str, files))
    assert first.exit_code == 1  # the cancellation names an order that nobody placed
    lines = first.output.splitlines()
    assert len(lines) == len(files)
    assert [line for line in lines if "refused" in line] == [
        line for line in lines if line.startswith("nist_loi_cancel")
    ]
    again = labflow(tmp_path, "import-orders", *map(str, files))
    assert len(again.output.splitlines()) == len(files)


def test_our_own_marrow_orders_come_in(tmp_path: Path) -> None:
    imported = labflow(tmp_path, "import-orders", *map(str, EXAMPLES))
    assert "order O26-000001" in imported.output.replace("O25", "O26")


def test_every_fault_of_a_configuration_is_told_at_once(tmp_path: Path) -> None:
    text = (ROOT / "config.example.toml").read_text()
    wrong = text.replace('queue = "SMEAR"', 'queue = "SMAER"', 1).replace(
        "ideal_ml = 2 ", 'ideal_ml = "two" ', 1
    )
    file = tmp_path / "laboratory.toml"
    file.write_text(wrong.replace("absolute_hours = 12", "absolute_hours = 90", 1))
    found = labflow(tmp_path, "check-config", str(file))
    assert found.exit_code == 2
    assert "queue: expected" in found.output
    assert "ideal_ml: expected" in found.output
    assert "server.absolute_hours: expected" in found.output


def test_the_server_refuses_to_start_on_a_faulty_configuration(tmp_path: Path) -> None:
    file = tmp_path / "laboratory.toml"
    file.write_text("nonsense = 1\n")
    refused = CliRunner().invoke(main, ["--data", str(tmp_path), "--config", str(file), "serve"])
    assert refused.exit_code == 2
    assert "nonsense" in refused.output


def test_the_ledger_check_names_the_altered_entry(tmp_path: Path) -> None:
    assert labflow(tmp_path, "demo").exit_code == 0
    sound = labflow(tmp_path, "ledger", "check")
    assert (sound.exit_code, "no faults" in sound.output) == (0, True)
    connection = sqlite3.connect(tmp_path / "labflow.db")
    for trigger in ("entries_refuse_update", "entries_refuse_delete"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("UPDATE entries SET actor = 'H00000000' WHERE chain_id = 7 AND number = 2")
    [name] = connection.execute("SELECT name FROM chains WHERE id = 7").fetchone()
    connection.commit()
    connection.close()
    altered = labflow(tmp_path, "ledger", "check")
    assert altered.exit_code == 1
    assert "entry 2: its actor differs from its bytes" in altered.output
    assert name.replace("-", "") in altered.output.replace("-", "")


def test_a_backup_is_a_whole_laboratory(tmp_path: Path) -> None:
    nothing = labflow(tmp_path, "backup", str(tmp_path / "copies"))
    assert (nothing.exit_code, "There is no database of labflow yet" in nothing.output) == (2, True)
    labflow(tmp_path, "import-orders", *map(str, EXAMPLES))
    assert labflow(tmp_path, "backup", str(tmp_path / "copies")).exit_code == 0
    [copy] = (tmp_path / "copies").glob("labflow-*.tar.gz")
    assert "can be restored" in labflow(tmp_path, "restore", str(copy), "--check-only").output
    refused = labflow(tmp_path, "restore", str(copy))
    assert (refused.exit_code, "say --replace" in refused.output) == (2, True)
    restored = tmp_path / "restored"
    assert "every check is passed" in labflow(restored, "restore", str(copy)).output
    assert labflow(restored, "ledger", "check").exit_code == 0
    connection = sqlite3.connect(restored / "labflow.db")
    assert connection.execute("SELECT count(*) FROM orders").fetchone()[0] > 0
    connection.close()


def test_a_new_person_gets_a_one_time_link(tmp_path: Path) -> None:
    added = labflow(tmp_path, "staff", "add", "ada.tester", "Ada Invented", "--role", "operator")
    assert added.exit_code == 0
    assert "/set-up/" in added.output


def test_delivering_without_printers_says_what_to_do(tmp_path: Path) -> None:
    refused = labflow(tmp_path, "print")
    assert refused.exit_code == 2
    assert "The configuration has no printers" in refused.output
    assert "[printers]" in refused.output


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["print"], ["demo", "--reset"]], ids=" ".join)
def test_a_second_process_on_the_same_data_is_refused_in_one_line(tmp_path: Path, command: list[str]) -> None:
    with only_one(tmp_path):
        refused = labflow(tmp_path, *command)
    assert refused.exit_code == 2
    [line] = refused.output.splitlines()
    assert line.startswith(f"Another labflow process ({os.getpid()}) works on the data in {tmp_path}.")
    assert not (tmp_path / "labflow.db").exists()
