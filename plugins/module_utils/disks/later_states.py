# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a disk that the caller named is what the guest has now: a snapshot next to it has what was written since.

A directory of disks is judged in sources/discovery.py, which has all the chains in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from . import differencing
from .formats import probe, qcow2, vmdk
from .formats.reading import BadHeader
from .suffixes import SUFFIXES, VAGUE

# In a directory with more files, only so many of those that may be snapshots are looked at.
_MOST_FILES = 1024


def states_after(path: str) -> list[str]:
    """A sentence if the disk at path is below another image next to it; none for a URL, and where there is no such image."""
    folder, name = os.path.split(path)
    folder = folder or os.curdir
    later = differencing.later_states(folder, [name])
    if later:
        return [differencing.superseded(path, later[name])]
    overlays = list(_overlays(folder, name))
    listed = ", ".join(overlays[:3]) + (f" and {len(overlays) - 3} more" if len(overlays) > 3 else "")
    return (
        [f"{path} is the backing file of {listed}, which may be a snapshot that the guest runs on."] if overlays else []
    )


def libvirt_snapshots(folder: str, names: Iterable[str]) -> dict[str, str]:
    """{name: path of a snapshot of it} of those of names, disks in the directory, that a snapshot of libvirt's is made on.

    libvirt calls it web01.NAME, by the disk web01.qcow2 and the snapshot (virDomainSnapshotDefAssignExternalNames() in
    conf/snapshot_conf.c), so that its suffix is none of a disk's.
    """
    by_stem: dict[str, list[str]] = {}
    for name in names:
        by_stem.setdefault(os.path.splitext(name)[0], []).append(name)
    found: dict[str, str] = {}
    for other in _listed(folder) if by_stem else ():
        if os.path.splitext(other)[1].lower() in (*SUFFIXES, VAGUE):
            continue
        stems = (other[:at] for at, character in enumerate(other) if character == ".")
        for name in (name for stem in stems for name in by_stem.get(stem, ())):
            if name != other and _is_on(folder, other, name):
                found[name] = os.path.join(folder, other)
    return found


def _overlays(folder: str, name: str) -> Iterator[str]:
    """The names of qcow2 images and VMDKs in the directory that have the file of this name directly below them."""
    return (other for other in _candidates(folder, name) if _is_on(folder, other, name))


def _is_on(folder: str, other: str, name: str) -> bool:
    """Whether the image `other` of the directory is directly on top of the one called name."""
    below = _below(os.path.join(folder, other))
    if not below or probe.has_protocol(below):
        return False
    path = os.path.realpath(os.path.join(folder, below))
    # Where the disk was before it was copied, the name of it may have been absolute.
    moved = not os.path.lexists(path) and re.split(r"[/\\]", below)[-1] == name
    return path == os.path.realpath(os.path.join(folder, name)) or moved


def _candidates(folder: str, name: str) -> list[str]:
    """The names of other files that may be snapshots, first those that libvirt calls web01.NAME, by the disk web01.qcow2."""
    stem = os.path.splitext(name)[0] + "."
    names = _listed(folder) if os.path.isfile(os.path.join(folder, name)) else []
    fitting = [each for each in names if each.startswith(stem) or os.path.splitext(each)[1].lower() in SUFFIXES]
    others = [each for each in fitting if each != name and not each.startswith(".")]
    return sorted(others, key=lambda each: not each.startswith(stem))[:_MOST_FILES]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _below(path: str) -> str:
    """The name of the image below the one at path; "" where there is none, or it cannot be read."""
    try:
        if not os.path.isfile(path):
            return ""
        with open(path, "rb") as stream:
            image_format = probe.probe(stream, os.path.getsize(path))[0]
            if image_format == "qcow2":
                return qcow2.read_header(stream).backing_file
            return vmdk.read_header(stream).parent if image_format == "vmdk" else ""
    except (OSError, BadHeader):
        return ""
