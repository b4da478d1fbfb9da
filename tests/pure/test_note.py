"""Signed notes, checkpoints and cosignatures, against the published examples."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labflow.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    NotACheckpoint,
    NotAKey,
    NotANote,
    Signature,
    Signer,
    Verifier,
    WrongSignature,
    check_note,
    checkpoint_text,
    cosigned_at,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    sign,
)

# golang.org/x/mod/sumdb/note, the package's own example: verifier key, private key, signed note
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_KEY = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETERS_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETERS_NOTE = (
    f"{PETERS_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# c2sp.org/signed-note: the example of verifier keys
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# transparency-dev/formats, note/note_cosigv1_test.go: a key whose base64 has a plus, a witness's key and time
PLUS = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"
WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
COSIGNED = (
    "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA=="
)
COSIGNED_AT = datetime.fromtimestamp(1727964367, UTC)
# c2sp.org/tlog-checkpoint and tlog-cosignature: their example
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LOG = Signer("lab.example/marrow", bytes(32))
HEAD = Checkpoint("lab.example/marrow", 7, bytes(range(32)))


def test_gos_example_is_read_and_verified_and_written_again_byte_for_byte() -> None:
    note, verifier = parse_note(PETERS_NOTE), Verifier.parse(PETER)
    assert check_note(note, verifier).name == "PeterNeumann"
    assert (note.text, str(note)) == (PETERS_TEXT, PETERS_NOTE)
    signer = Signer("PeterNeumann", base64.b64decode(PETERS_KEY)[1:])
    assert (signer.verifier, signer.verifier.vkey) == (verifier, PETER)
    assert sign(PETERS_TEXT, signer) == PETERS_NOTE


def test_the_specifications_example_verifies() -> None:
    assert check_note(parse_note(EXAMPLE_NOTE), Verifier.parse(EXAMPLE)).key_id.hex() == "530d903a"


@pytest.mark.parametrize("vkey", [PETER, EXAMPLE, PLUS, WITNESS])
def test_published_keys_are_read_and_written(vkey: str) -> None:
    assert Verifier.parse(f"{vkey}\n").vkey == vkey


def test_the_specifications_checkpoint_is_read_and_written() -> None:
    note = parse_note(SOFA)
    head = parse_checkpoint(note.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint_text(head) == note.text
    assert [one.name for one in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert cosigned_at(note.signatures[1]) == datetime.fromtimestamp(1679315147, UTC)
    assert str(note) == SOFA


def test_the_time_of_a_published_cosignature_is_read() -> None:
    data = base64.b64decode(COSIGNED)
    assert cosigned_at(Signature("witness", data[:4], data[4:])) == COSIGNED_AT


def test_a_cosignature_signs_text_and_time() -> None:
    witness = Signer("witness.example", bytes([1] * 32), kind=COSIGNATURE)
    text = checkpoint_text(HEAD)
    cosignature = witness.cosign(text, now=NOON)
    assert cosigned_at(cosignature) == NOON
    assert witness.verifier.verifies(text, cosignature)
    assert not witness.verifier.verifies(text.replace("7", "8"), cosignature)
    later = bytearray(cosignature.signature)
    later[7] ^= 1
    assert not witness.verifier.verifies(text, Signature(cosignature.name, cosignature.key_id, bytes(later)))


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        ("", "missing or cut off"),
        (PETERS_TEXT, "missing or cut off"),
        (PETERS_NOTE[:-1], "missing or cut off"),
        (PETERS_NOTE.replace("\n— ", "— "), "missing or cut off"),
        (PETERS_NOTE.replace("— ", "- "), "not of the form"),
        (PETERS_NOTE.replace("Peter", "Peter+"), "not of the form"),
        (PETERS_NOTE.replace("Peter", "Peter\u2003"), "not of the form"),
        (PETERS_NOTE.replace("x08", "*08"), "not base64"),
        (PETERS_NOTE.replace("nAM=", "nAN="), "not base64"),
        (PETERS_NOTE.replace("problem", "prob\tlem"), "control character"),
        (PETERS_NOTE.replace("\n", "\r\n"), "control character"),
        (PETERS_NOTE + PETERS_NOTE.splitlines()[-1] + " x\n", "not of the form"),
        (PETERS_NOTE + (PETERS_NOTE.splitlines()[-1] + "\n") * 100, "too many"),
        ("a" * 1_000_001, "too long"),
    ],
)
def test_what_is_no_note_is_refused(note: str, fault: str) -> None:
    with pytest.raises(NotANote, match=fault):
        parse_note(note)


@pytest.mark.parametrize(
    "text",
    [
        "lab\n7\n",
        "\n7\n" + "A" * 43 + "=\n",
        "lab\n07\n" + "A" * 43 + "=\n",
        "lab\n-7\n" + "A" * 43 + "=\n",
        "lab\n7\n" + "A" * 42 + "==\n",
        "lab\n7\n" + "A" * 43 + "=\nextension\n",
        "lab\n٧\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotACheckpoint):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("Peter", "Pieter"),
        PETER.replace("ARpc", "ARpd"),
        PETER[:-4],
        PETER.replace("+ARpc", "+AhpC"),
    ],
)
def test_a_mistyped_key_is_refused(vkey: str) -> None:
    with pytest.raises(NotAKey):
        Verifier.parse(vkey)


def test_a_checkpoint_opens_with_the_key_and_origin_of_who_checks() -> None:
    note = sign(checkpoint_text(HEAD), LOG)
    assert open_checkpoint(note, [LOG.verifier], origin=HEAD.origin) == HEAD
    with pytest.raises(WrongSignature, match="no signature of this key"):
        open_checkpoint(note, [Signer("lab.example/marrow", bytes([2] * 32)).verifier], origin=HEAD.origin)
    with pytest.raises(WrongSignature, match="a checkpoint of the log"):
        open_checkpoint(note, [LOG.verifier], origin="lab.example/marrow/2")


def test_a_note_with_a_second_key_opens_with_either() -> None:
    successor = Signer("lab.example/marrow", bytes([3] * 32))
    note = sign(checkpoint_text(HEAD), successor, LOG)
    for key in (LOG.verifier, successor.verifier):
        assert open_checkpoint(note, [key], origin=HEAD.origin) == HEAD


@given(st.data())
def test_one_changed_bit_of_a_checkpoint_is_refused(data: st.DataObject) -> None:
    note = bytearray(sign(checkpoint_text(HEAD), LOG).encode())
    bit = data.draw(st.integers(0, len(note) * 8 - 1))
    note[bit // 8] ^= 1 << bit % 8
    try:
        changed = note.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises((NotANote, WrongSignature)):
        open_checkpoint(changed, [LOG.verifier], origin=HEAD.origin)
