# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and block devices of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ...disks import images, nodes, volumes
from ...disks.formats import probe, vmdk
from ...disks.formats.reading import BadHeader
from ...disks.nodes import Node
from ...disks.state_directory import written_sectors
from ...texts import disk_urls
from ..kinds.kind import DiskEntry, Request
from .place import Opened, state


class LocalImage:
    """A file or block device of this machine, judged by disks/images.py."""

    SCHEMES: ClassVar[tuple[str, ...]] = ()
    is_local: ClassVar[bool] = True
    host = ""

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> LocalImage | None:
        """See Place."""
        return None if disk_urls.is_url(entry["path"]) else cls(entry)

    def __init__(self, entry: DiskEntry) -> None:
        self._option = {key: value for key, value in entry.items() if key in ("path", "format", "device", "backing")}

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        (disk,) = images.disks_from_option([self._option])
        devices = [path for path in _files(disk) if volumes.is_volume(path)]
        yield Opened(
            node_of(disk),
            disk.virtual_size,
            False,
            lambda: [state(path) for path in _files(disk)],
            disk,
            # Of a device the first bytes alone would not show that a guest ran between the two halves of a copy.
            activity=lambda: [written_sectors(path) for path in devices] or None,
        )


def node_of(disk: images.Disk) -> Node:
    """QEMU's block node of an images.Disk, with what is below it as its headers say, which were judged."""
    return {"driver": disk.format, "file": nodes.node_of(disk.path)}


def _files(disk: images.Disk) -> Iterator[str]:
    """The paths of all files that a disk is made of."""
    for path in (disk.path, *disk.backing):
        yield path
        with open(path, "rb") as stream:
            if probe.probe(stream, stream.seek(0, os.SEEK_END))[0] != "vmdk":
                continue
            try:
                extents = vmdk.read_header(stream).extents
            except BadHeader:
                # What is raw by the word of who named it may begin like one all the same. Or its names lead nowhere.
                continue
        names = (os.path.join(os.path.dirname(path), extent.name) for extent in extents)
        yield from (name for name in names if os.path.isfile(name))
