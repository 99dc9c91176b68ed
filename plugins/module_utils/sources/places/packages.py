# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks in the packages of OVF: members of an OVA, and what an OVA or OVF has compressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, ClassVar

from ...disks import nodes, qemu_img, slices
from ...disks.formats import vmdk
from ...disks.formats.reading import BadHeader
from ...errors import GuestconvError
from ..kinds import ova
from ..kinds.kind import DiskEntry, Request
from .nbdkit import Server
from .place import Opened, opened_node, state


class Member:
    """A disk in an OVA. A VMDK or a raw disk is read where it is."""

    SCHEMES: ClassVar[tuple[str, ...]] = ()
    is_local: ClassVar[bool] = False
    host = ""

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Member | None:
        """See Place."""
        return cls(entry) if "member" in entry and "compression" not in entry and "packed" not in entry else None

    def __init__(self, entry: DiskEntry) -> None:
        self._entry = entry

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        entry = self._entry
        node = {
            "driver": "raw",
            "offset": entry["offset"],
            "size": slices.whole_sectors(entry["length"]),
            "file": nodes.file_node(entry["path"]),
        }
        is_file = entry.get("format") not in ("raw", "vmdk")
        if entry.get("format") == "vmdk":
            with ova.opened_member(entry) as stream:
                refuse_others(stream, f"{entry['path']}: {entry['member']}")
            node = {"driver": "vmdk", "backing": None, "file": node}
            # Only its own tables show whether it is truncated: QEMU opens it, and reads zeroes or fails in the middle.
            if qemu_img.run(["check", "-q", nodes.reference(node)], qemu_img.copy_timeout(entry["length"])).code in (
                1,
                2,
            ):
                raise GuestconvError(
                    "source-disk-damaged",
                    f"{entry['path']}: {entry['member']} is damaged or incomplete.",
                    hint="Copy the OVA again from its source, and compare the sizes.",
                )
        yield opened_node(node, is_file, lambda: [state(entry["path"]), entry["member"], entry["offset"]])


class Archived:
    """A disk in an OVA that is compressed as a whole. It can be opened once it was unpacked, see commands/unpacking.py;
    before, only what identifies it is known, and the size that the descriptor has for it."""

    SCHEMES: ClassVar[tuple[str, ...]] = ()
    is_local: ClassVar[bool] = False
    host = ""

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Archived | None:
        """See Place."""
        return cls(entry) if "packed" in entry else None

    def __init__(self, entry: DiskEntry) -> None:
        self._entry = entry

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        entry = self._entry
        # Of the size in the envelope nothing depends: it may be rounded.
        yield Opened({}, entry["size"], False, lambda: [state(entry["path"]), entry["member"]])


def refuse_others(stream: BinaryIO, where: str) -> None:
    """Raise GuestconvError where the VMDK in stream names further files, which QEMU would open."""
    try:
        header = vmdk.read_header(stream)
    except BadHeader as error:
        raise GuestconvError("source-disk-damaged", f"{where} is damaged or not complete: {error}.") from error
    if header.extents or header.parent:
        raise GuestconvError(
            "source-hostile",
            f"{where} refers to other files as its parts.",
            hint="Export the guest again, with its disks in one file each.",
        )


class Packed:
    """An image file that an OVF package has compressed by gzip, in an OVA or next to the OVF."""

    SCHEMES: ClassVar[tuple[str, ...]] = ()
    is_local: ClassVar[bool] = False
    host = ""

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Packed | None:
        """See Place."""
        return cls(entry) if "compression" in entry else None

    def __init__(self, entry: DiskEntry) -> None:
        self._entry = entry

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        entry = self._entry
        settings: dict[str, object] = {"file": entry["path"]}
        filters: tuple[str, ...] = ("gzip",)
        if "member" in entry:
            settings.update(offset=entry["offset"], range=entry["length"])
            filters = ("gzip", "offset")
        with Server("file", settings, filters) as server:
            yield opened_node(server.node, True, lambda: [state(entry["path"]), entry.get("member")], server.complaint)
