"""Publishing: tiles first, then a checkpoint that the tiles prove, kept in the database, made public last.

A checkpoint is signed only if the files on the disk, from which its root comes, also give the root that was
signed before: so no two checkpoints of a log ever disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from .log_files import Bodies, LogFolder
from .note import Checkpoint as Head
from .note import Note, Signer, checkpoint_text, parse_checkpoint, parse_note, sign
from .standing import PublishedOtherwise, Standing
from .tables import Checkpoint
from .tiles import BrokenTile
from .tree import root_at


def grow(folder: LogFolder, standing: Standing, size: int, *, bodies: Bodies) -> bytes:
    """Writes the tiles of the log's first `size` leaves; their root.

    Raises PublishedOtherwise when they do not give the root that was signed before.
    """
    folder.extend(size, since=standing.size, bodies=bodies)
    check_reproduced(folder, standing, size)
    return root_at(size, folder.hash_at(size))


def check_reproduced(folder: LogFolder, standing: Standing, size: int) -> None:
    """That the tiles of the tree of `size` leaves give what was signed; raises PublishedOtherwise."""
    if standing.last is None:
        return
    try:
        root = root_at(standing.size, folder.hash_at(size))
    except BrokenTile as error:
        raise PublishedOtherwise(
            origin=standing.log.origin, size=standing.size, fault=error.message
        ) from error
    if root != standing.last.root:
        fault = "the entries give another root"
        raise PublishedOtherwise(origin=standing.log.origin, size=standing.size, fault=fault)


def signed_checkpoint(
    standing: Standing, size: int, root: bytes, *, signers: Sequence[Signer], now: datetime
) -> Checkpoint:
    """The signed checkpoint, not yet kept."""
    log = standing.log
    note = sign(checkpoint_text(Head(log.origin, size, root)), *signers)
    return Checkpoint(log_id=log.id, size=size, root=root, note=note, signed_at=now)


def keep(session: Session, checkpoint: Checkpoint) -> None:
    """Keeps a checkpoint; the database refuses a second one of the same size."""
    session.add(checkpoint)


def keep_note(session: Session, checkpoint: Checkpoint, note: str) -> str:
    """Keeps this note, which now has witnesses' lines, as the checkpoint's; the note."""
    session.get_one(Checkpoint, (checkpoint.log_id, checkpoint.size)).note = note
    return note


def own_note(checkpoint: Checkpoint) -> str:
    """The checkpoint's note with the log's own signatures only."""
    note = parse_note(checkpoint.note)
    origin = parse_checkpoint(note.text).origin
    return str(Note(note.text, tuple(one for one in note.signatures if one.name == origin)))
