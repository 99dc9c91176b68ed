# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that are encrypted with LUKS and were opened with a key; one without stays a filesystem of type crypto_LUKS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..answers import Answers
from ..layer import Layer, Nodes
from .filesystem import LUKS, Filesystem
from .logical_volume import PHYSICAL_VOLUME


@dataclass(frozen=True)
class Encrypted:
    """What is in an opened device.

    locked: the device, with the UUID of its header. names: those that the guest gives the mapping, below /dev/mapper; they
    are learned once its root is open. The first is what messages and descriptions call it.
    """

    IS_DEVICE: ClassVar[bool] = True

    device: str
    locked: Filesystem
    names: list[str] = field(default_factory=list, compare=False, repr=False)
    tags: ClassVar[Mapping[str, str]] = {}

    @property
    def name(self) -> str:
        """As crypttab calls it; until that is known, as systemd does by default (luks-UUID)."""
        return f"/dev/mapper/{self.names[0] if self.names else self._default_name}"

    @property
    def _default_name(self) -> str:
        return f"luks-{self.locked.uuid}"

    @property
    def parents(self) -> tuple[Layer, ...]:
        """The device that was opened."""
        return (self.locked,)

    @property
    def identity(self) -> str:
        """The UUID of the header."""
        return f"LUKS={self.locked.uuid}" if self.locked.uuid else ""

    def is_called(self, path: str) -> bool:
        """Whether path is one of the names of the mapping, or udev's link of one, or of the header's UUID."""
        for names in ("/dev/mapper/", "/dev/disk/by-id/dm-name-"):
            if path.startswith(names):
                return path[len(names) :] in (*self.names, self._default_name)
        # cryptsetup, lib/libdevmapper.c: CRYPT-LUKS2-, the UUID without hyphens, -NAME.
        link = path.partition("/dev/disk/by-id/dm-uuid-CRYPT-LUKS")[2].split("-", 2)
        return len(link) == 3 and bool(self.locked.uuid) and link[1] == self.locked.uuid.replace("-", "")

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """Those of the new encrypted devices that a key opens."""
        for node in fresh:
            if isinstance(node, Filesystem) and node.type == LUKS:
                device = answers.opened(node)
                if device is not None:
                    if answers.tags(device).get("TYPE") == PHYSICAL_VOLUME:
                        answers.activate_volumes()
                    yield cls(device, node)
