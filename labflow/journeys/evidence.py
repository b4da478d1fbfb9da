"""Evidence for people: how the log stands, and the custody pack of one sample."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .. import labels, ledger, samples
from ..catalog import Catalog
from ..foundation.alarms import Alarm, standing_alarms
from ..foundation.database import Database
from ..foundation.duties import duty_states
from ..ledger import Checkpoint, Log, Proved

_ALARMS = "evidence-"
_README = """\
Custody pack of sample {code}, made {made} by labflow.

It holds every act on this sample as it was recorded (entries), for each the proof that it stands in the
laboratory's public log (proofs), what the entries only commit to (details, if they were asked for), and the
log's checkpoint. timeline.pdf is for reading. To check it, without labflow and without a network:

    pip install cryptography
    python check_evidence.py . --key "KEY"
    python check_evidence.py LOG . --key "KEY"

KEY is the verifier key of the laboratory's log. Take it from the laboratory's paper, a witness or a notary,
not from verifier-key.txt, which whoever made this pack could have written. LOG is a copy of the log's folder:
with it the check also shows that no later act was left out. Public tools for C2SP transparency logs check the
proofs as well: they are c2sp.org/tlog-proof@v1.
"""


@dataclass(frozen=True, kw_only=True)
class LogStanding:
    """How the log stands. `behind` is the age of the oldest entry that was not in it at the last round."""

    log: Log | None
    last: Checkpoint | None
    behind: timedelta
    round_at: datetime | None
    alarms: tuple[Alarm, ...]

    @property
    def key_in_groups(self) -> list[str]:
        """The verifier key in groups of four signs, to be compared by reading aloud."""
        key = self.log.verifier_key if self.log else ""
        return [key[start : start + 4] for start in range(0, len(key), 4)]


def log_standing(db: Database) -> LogStanding:
    """How the log that goes on stands now."""
    with db.reading() as session:
        log = ledger.last_log(session)
        state = next((one for one in duty_states(session) if one.name == "sequencer"), None)
        return LogStanding(
            log=log,
            last=ledger.last_checkpoint(session, log.id) if log else None,
            behind=timedelta(seconds=state.behind_seconds if state else 0),
            round_at=state.finished_at if state else None,
            alarms=tuple(one for one in standing_alarms(session) if one.code.startswith(_ALARMS)),
        )


def custody_pack(
    db: Database, catalog: Catalog, data: Path, code: str, *, now: datetime, details: bool = True
) -> dict[str, bytes]:
    """The files of a sample's custody pack by their names, with or without what entries only commit to.

    Raises UnknownSample, NotInTheLogYet, LogElsewhere.
    """
    with db.reading() as session:
        sample = samples.by_code(session, code)
        case = samples.case_by_id(session, sample.case_id)
        proved = ledger.proved_entries(session, data, sample.chain_id)
        logs = ledger.all_logs(session)
    made = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    pack = {"README.txt": _README.format(code=sample.code, made=made).encode()}
    pack["check_evidence.py"] = (files("labflow.ledger") / "check_evidence.py").read_bytes()
    pack["verifier-key.txt"] = "".join(f"{log.verifier_key}\n" for log in logs).encode()
    for one in proved:
        pack |= _files_of(one, details=details)
    if proved:
        pack["checkpoint"] = proved[-1].proof.partition("\n\n")[2].encode()
    pack["timeline.pdf"] = _timeline(catalog, sample.code, case.number, proved, made)
    return pack | {"manifest.json": _manifest(sample.code, case.number, made, pack)}


def _files_of(one: Proved, *, details: bool) -> dict[str, bytes]:
    entry, name = one.entry, f"{one.entry.number:04d}"
    found = {f"entries/{name}.json": entry.body, f"proofs/{name}.tlog-proof": one.proof.encode()}
    if details:
        told = {"payload": entry.payload, "salt": entry.salt.hex()}
        found[f"details/{name}.json"] = json.dumps(told, ensure_ascii=False).encode()
    return found


def _manifest(code: str, case_number: str, made: str, pack: dict[str, bytes]) -> bytes:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pack.items()}
    told = {"format": "labflow custody pack 1", "sample": code, "case": case_number, "made": made}
    return json.dumps(told | {"sha256": hashes}, indent=1, sort_keys=True).encode()


def _timeline(catalog: Catalog, code: str, case_number: str, proved: Sequence[Proved], made: str) -> bytes:
    checkpoints = {one.log.origin: one.proof.partition("\n\n")[2] for one in proved}
    facts = [("Sample", code), ("Case", case_number), ("Laboratory", catalog.laboratory.name), ("Made", made)]
    for one in {one.log.id: one for one in proved}.values():
        _, size, root, *_ = checkpoints[one.log.origin].split("\n")
        facts.append(("Log", f"{one.log.origin}, {size} entries, root {root}"))
        facts.append(("Verifier key", one.log.verifier_key))
    columns = [("No.", 4), ("Act", 9), ("Happened, recorded (UTC)", 13), ("By", 8), ("At", 8)]
    columns += [("Held by, place after", 12), ("Leaf", 6), ("Leaf hash", 15)]
    return labels.timeline_pdf(f"Custody of {code}", facts, columns, [_act(catalog, one) for one in proved])


def _act(catalog: Catalog, one: Proved) -> list[str]:
    """Badges and places, no names: the pack tells who by the code that entries carry."""
    entry = one.entry
    station = json.loads(entry.body)["station"]
    times = (
        f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" for moment in (entry.occurred_at, entry.recorded_at)
    )
    return [
        str(entry.number),
        entry.kind.replace("_", " "),
        "\n".join(dict.fromkeys(times)),
        entry.actor,
        _place(catalog, station),
        f"{entry.holder or 'nobody'}, {_place(catalog, entry.place)}",
        str(one.leaf),
        entry.leaf_hash.hex(),
    ]


def _place(catalog: Catalog, code: str | None) -> str:
    place = catalog.places.get(code) if code else None
    return place.name if place else code or "not recorded"


def as_zip(pack: dict[str, bytes], *, now: datetime) -> bytes:
    """The pack as one file."""
    buffer, date = BytesIO(), now.astimezone(UTC).timetuple()[:6]
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in pack.items():
            archive.writestr(ZipInfo(name, date), content, ZIP_DEFLATED)
    return buffer.getvalue()
