# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of sources. A new one is a file in this room, and one line here."""

from __future__ import annotations

from . import disks, libvirt, ova, ovf, vddk, vmx
from .kind import Request, SourceKind

KINDS: list[SourceKind] = [
    disks.KIND,
    ova.KIND,
    ovf.KIND,
    vmx.KIND,
    libvirt.KIND,
    vddk.KIND,
]


def types() -> list[str]:
    """The types of sources."""
    return [kind.TYPE for kind in KINDS]


def suffixes() -> list[str]:
    """How the names of files that describe a guest end."""
    return [suffix for kind in KINDS for suffix in kind.SUFFIXES]


def by_type(name: object) -> SourceKind | None:
    """The kind of sources of this type, if there is one."""
    return next((kind for kind in KINDS if kind.TYPE == name), None)


def kind_of(request: Request) -> SourceKind:
    """The kind of a request's source, which was checked."""
    return next(kind for kind in KINDS if kind.TYPE == request.type)


def by_suffix(suffix: str) -> SourceKind | None:
    """The kind of sources whose files end so (".ova", in lower case), if there is one."""
    return next((kind for kind in KINDS if suffix in kind.SUFFIXES), None)
