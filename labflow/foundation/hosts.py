"""Hosts that labflow itself connects to: plain names and plain addresses, nothing that leads elsewhere."""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LONGEST = 253


def is_host(text: str) -> bool:
    """Whether this is a host name or an address as people write it.

    Addresses in other forms (a whole number, octal, hexadecimal) are none: readers disagree on their meaning.
    """
    try:
        return may_connect(text, named=False)
    except ValueError:
        labels = text.lower().split(".")
        plain = len(text) <= _LONGEST and all(_LABEL.fullmatch(label) for label in labels)
        return plain and not _NUMBER.fullmatch(labels[-1]) and labels[-1] != "localhost"


def may_connect(address: str, *, named: bool) -> bool:
    """Whether labflow may open a connection to this address; raises ValueError when it is none.

    Never to link-local (cloud metadata), multicast, unspecified and reserved ones; to this machine only when
    the address itself is configured, not when a name leads there (`named`).
    """
    if "%" in address:
        return False
    parsed = ipaddress.ip_address(address)
    found = getattr(parsed, "ipv4_mapped", None) or parsed
    nowhere = found.is_link_local or found.is_multicast or found.is_unspecified
    if found.is_loopback:
        return not named
    return not (nowhere or found.is_reserved)
