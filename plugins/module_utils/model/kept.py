# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine keeps of its source: its identity, its topology, its clock, what people wrote about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..errors import GuestconvError
from .source_facts import CARRIED, SERIAL, WWN

__all__ = ("SERIAL", "WWN", "Kept", "from_dict", "from_source")

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CLOCK = re.compile(r"utc|localtime|[+-]?\d{1,9}")
_NUMBERS = ("sockets", "cores", "threads")
_MOST = 1 << 20


@dataclass(frozen=True)
class Kept:
    """See CARRIED in source_facts.py; None, "" or () for what is not known.

    clock: "utc", "localtime", or the seconds that it is ahead of UTC, as text.
    """

    uuid: str = ""
    instance_uuid: str = ""
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    clock: str = ""
    guest_id: str = ""
    annotation: str = ""
    tags: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What is known, in the form that convert returns."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {key: list(value) if key == "tags" else value for key, value in values.items() if value}

    def topology(self, cpus: int) -> tuple[int, int, int] | None:
        """(sockets, cores, threads) of a machine with so many processors; None where they do not make that many."""
        sockets, cores, threads = self.sockets or 1, self.cores or 1, self.threads or 1
        is_known = self.sockets is not None or self.cores is not None
        return (sockets, cores, threads) if is_known and sockets * cores * threads == cpus else None


def from_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Those keys of source, as the option `hardware` has them, that conversion hands on."""
    return {key: source[key] for key in CARRIED if source.get(key)}


def from_dict(value: Mapping[str, Any]) -> Kept:
    """The Kept in value (as convert returns it as `hardware`). Raises GuestconvError `hardware-invalid`."""
    given = {key: value[key] for key in CARRIED if value.get(key)}
    for key in _NUMBERS:
        if key in given and not _is_number(given[key]):
            raise _invalid(key, f"{given[key]!r} is no number from 1 to {_MOST}.")
    for key, pattern in (("uuid", _UUID), ("instance_uuid", _UUID), ("clock", _CLOCK)):
        if key in given and not pattern.fullmatch(str(given[key])):
            raise _invalid(key, f"{given[key]!r} is not valid.")
    tags = given.get("tags", ())
    if not isinstance(tags, (list, tuple)):
        raise _invalid("tags", "This should be a list.")

    def number(key: str) -> int | None:
        return int(given[key]) if key in given else None

    def text(key: str) -> str:
        return str(given.get(key, ""))

    return Kept(
        uuid=text("uuid"),
        instance_uuid=text("instance_uuid"),
        sockets=number("sockets"),
        cores=number("cores"),
        threads=number("threads"),
        clock=text("clock"),
        guest_id=text("guest_id"),
        annotation=text("annotation"),
        tags=tuple(map(str, tags)),
    )


def _is_number(value: Any) -> bool:
    # Ansible's templating can make a string of a number.
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= _MOST


def _invalid(key: str, message: str) -> GuestconvError:
    return GuestconvError("hardware-invalid", f"hardware.{key}: {message}", path=f"hardware.{key}")
