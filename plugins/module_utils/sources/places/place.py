# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a place of a disk's bytes is: the interface that each place of this room implements, and what they share."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Callable, ClassVar, Protocol

from ...disks import images, nodes, slices
from ...disks.nodes import Node
from ...errors import GuestconvError
from ..kinds.kind import DiskEntry, Request


@dataclass
class Opened:
    """A disk that can be read.

    node: QEMU's block node. size: bytes in it. is_file: whether these are the bytes of an image file that nobody has
    judged yet, and not what the guest sees. identify: a function that returns what identifies the disk in its
    present state, in values of JSON. disk: the images.Disk of a local one. complaint: a function that
    returns the last error of the server on the way to the disk. declared: the size that identifies the disk, where that is
    known before it is open. activity: a function that returns what else changes when somebody writes to the disk, but has
    another value after this machine was started again; values of JSON.
    """

    node: Node
    size: int
    is_file: bool
    identify: Callable[[], object]
    disk: images.Disk | None = None
    complaint: Callable[[], str] = field(default=lambda: "")
    declared: int | None = None
    activity: Callable[[], object] = field(default=lambda: None)

    def __post_init__(self) -> None:
        self._began = self.activity()

    def part_of(self, source: str) -> str:
        """What identifies a copy of source, the disk in its present state, that goes on where it was interrupted."""
        return source if self._began is None else f"{source} {json.dumps(self._began)}"

    def is_quiet(self) -> bool:
        """Whether nobody has written to the disk since it was opened, as far as activity shows it."""
        return self.activity() == self._began

    def identity(self) -> str:
        """The checksum of identify(), which reveals no URL."""
        return hashlib.sha256(json.dumps([self._declared(), self.is_file, self.identify()]).encode()).hexdigest()

    def _declared(self) -> int:
        return self.size if self.declared is None else self.declared


class Place(Protocol):
    """Where the bytes of one disk are.

    SCHEMES: those of the URLs that it is for. is_local: whether an overlay of it is possible.
    """

    SCHEMES: ClassVar[tuple[str, ...]]
    is_local: ClassVar[bool]

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Place | None:
        """The place of a disk, an entry of a description; None when this is not the class for it."""

    @property
    def host(self) -> str:
        """The machine that has the disk, by the name that the source gives it; "" for this one."""

    def opened(self) -> AbstractContextManager[Opened]:
        """The disk, opened while the block runs. Raises GuestconvError `source-...`."""


def opened_node(
    node: Node, is_file: bool, identify: Callable[[], object], complaint: Callable[[], str] = lambda: ""
) -> Opened:
    """The Opened of a node that QEMU can open. Raises GuestconvError `source-unreachable`, `source-disk-damaged`."""
    size, reason = nodes.size_of(node)
    if size is None:
        raise unreachable(complaint() or reason)
    if not size:
        raise GuestconvError("source-disk-damaged", "The disk is empty.")
    return Opened(node, size, is_file, identify, complaint=complaint)


def unreachable(reason: str | None) -> GuestconvError:
    return GuestconvError(
        "source-unreachable",
        f"The disk cannot be opened: {reason}",
        hint="Check that it exists, that the user may read it, and that this machine has the host key of the other.",
    )


def opened_by_head(node: Node, is_file: bool, place: object, complaint: Callable[[], str] = lambda: "") -> Opened:
    """The Opened of a place whose time of the last change is unknown. The size and the first bytes identify it."""
    found = opened_node(node, is_file, lambda: None, complaint)
    found.identify = lambda: [place, slices.head_digest(node, found.size)]
    return found


def state(path: str) -> list[object]:
    """What changes when somebody writes to a local file. A block device has no such time."""
    status = os.stat(path)
    if stat.S_ISBLK(status.st_mode):
        with open(path, "rb") as stream:
            return [path, status.st_rdev, hashlib.sha256(stream.read(4 << 20)).hexdigest()]
    return [path, status.st_ino, status.st_size, status.st_mtime_ns]
