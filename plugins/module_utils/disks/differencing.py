# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Differencing images of Hyper-V and VirtualBox, which QEMU does not read. The disk below one is not what the guest has now.

Hyper-V's checkpoints are files next to the disk, VirtualBox's snapshots are in the directory `Snapshots` there. VirtualBox
has them as VMDKs, too, which name the disk below by its UUID alone, so that QEMU reads zeroes in place of it
(vmdk_parent_open() in block/vmdk.c). qcow2, and VMDKs with a parentFileNameHint, are chains that QEMU follows: disk_files.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Callable, TypeVar

from .formats import vdi, vhd, vhdx, vmdk
from .formats.reading import BadHeader

# {format: whether an image has only what differs from the one below it}
_TESTS: dict[str, Callable[[BinaryIO], bool]] = {
    "vdi": lambda stream: bool(vdi.identity(stream)[1]),
    "vhdx": vhdx.is_differencing,
    "vmdk": lambda stream: vmdk.read_header(stream).lacks_parent,
    "vpc": vhd.is_differencing,
}

# web01_BAA8A125-E1F5-4203-AE2F-B99A5AEEDF44.avhdx is a checkpoint of web01.vhdx.
_CHECKPOINT = re.compile(r"(?P<stem>.+)_[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\.a(?P<suffix>vhdx?)", re.IGNORECASE)
_SNAPSHOTS = "Snapshots"

_Value = TypeVar("_Value")


def is_differencing(stream: BinaryIO, image_format: str) -> bool:
    """Whether an image of this format lacks what is in the image below it. Errors: BadHeader."""
    return image_format in _TESTS and _TESTS[image_format](stream)


def later_states(folder: str, names: Iterable[str]) -> dict[str, str]:
    """{name: path of a differencing image of it} of those of names, files of the directory folder, that have one."""
    wanted = [name for name in names if name.lower().endswith((".vhd", ".vhdx", *_BY_UUID))]
    if not wanted:
        return {}
    by_name = dict(_of_hyper_v(folder))
    by_uuid = {parent: path for path, (_uuid, parent) in _of_virtualbox(folder).items() if parent}
    found = {}
    for name in wanted:
        path = by_name.get(name.casefold())
        if path is None and by_uuid and name.lower().endswith(tuple(_BY_UUID)):
            path = by_uuid.get(_uuids(os.path.join(folder, name))[0])
        if path is not None:
            found[name] = path
    return found


def superseded(path: str, later: str) -> str:
    """A sentence or two about the disk at path with a differencing image on top of it, later."""
    sentence = f"{path} is not what the guest has now: what was written since a checkpoint or snapshot is in {later}."
    unknown: frozenset[str] = frozenset()
    below, current = _read(later, vhdx.linkages, unknown), _read(path, vhdx.data_identity, "")
    if below and current and current not in below:
        sentence += " But the disk was written to after that file was made on it: Hyper-V would not open both together."
    return sentence


def _of_hyper_v(folder: str) -> Iterator[tuple[str, str]]:
    """(name of a disk, in small letters; path of a differencing image of it)."""
    for path in _files(folder):
        name = os.path.basename(path)
        checkpoint = _CHECKPOINT.fullmatch(name)
        if checkpoint:
            yield f"{checkpoint['stem']}.{checkpoint['suffix']}".casefold(), path
        elif name.lower().endswith((".vhd", ".avhd")):
            parent = _read(path, vhd.parent, "")
            if parent:
                yield parent.casefold(), path


def _of_virtualbox(folder: str) -> dict[str, tuple[str, str]]:
    """{path: (UUID, that of the image below it)}."""
    return {path: _uuids(path) for path in _files(folder) if path.lower().endswith(tuple(_BY_UUID))}


def _vdi_uuids(stream: BinaryIO) -> tuple[str, str]:
    uuid, below = vdi.identity(stream)
    return uuid.hex(), below.hex()


def _vmdk_uuids(stream: BinaryIO) -> tuple[str, str]:
    header = vmdk.read_header(stream)
    return header.image, header.below


_BY_UUID = {".vdi": _vdi_uuids, ".vmdk": _vmdk_uuids}


def _uuids(path: str) -> tuple[str, str]:
    return _read(path, _BY_UUID[os.path.splitext(path)[1].lower()], ("", ""))


def _files(folder: str) -> list[str]:
    """The paths of what is in the directory, and in that of snapshots."""
    paths: list[str] = []
    for place in (folder, os.path.join(folder, _SNAPSHOTS)):
        try:
            paths += [os.path.join(place, name) for name in sorted(os.listdir(place))]
        except OSError:
            continue
    return paths


def _read(path: str, reader: Callable[[BinaryIO], _Value], unknown: _Value) -> _Value:
    """What reader returns for the file path; unknown, if it cannot be read."""
    try:
        if not os.path.isfile(path):
            return unknown
        with open(path, "rb") as stream:
            return reader(stream)
    except (OSError, BadHeader):
        return unknown
