# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subvolumes of btrfs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..answers import Answers
from ..layer import Layer, Nodes
from .filesystem import Filesystem


@dataclass(frozen=True)
class Subvolume:
    """A subvolume.

    path: from the top of the filesystem, without a slash at its beginning. number: its id.
    is_default: whether a mount of the filesystem shows it that selects no subvolume.
    """

    IS_DEVICE: ClassVar[bool] = False

    filesystem: Filesystem
    path: str
    number: int
    is_default: bool = False
    tags: ClassVar[Mapping[str, str]] = {}

    @property
    def device(self) -> str:
        """That of the filesystem."""
        return self.filesystem.device

    @property
    def name(self) -> str:
        """As findmnt(8) writes it: "/dev/sda2[/@home]"."""
        return f"{self.filesystem.name}[/{self.path}]"

    @property
    def parents(self) -> tuple[Layer, ...]:
        """The filesystem."""
        return (self.filesystem,)

    @property
    def identity(self) -> str:
        """The filesystem's, and the path: a snapshot that takes its place takes over what it is to the guest."""
        return f"{self.filesystem.identity} subvol=/{self.path}" if self.filesystem.identity else ""

    def is_called(self, path: str) -> bool:
        """Nothing: options of a mount select it."""
        return False

    def is_selected_by(self, option: str) -> bool:
        """Whether an option of a mount ("subvol=/@home", "subvolid=257") selects it (btrfs(5))."""
        key, _equals, value = option.partition("=")
        return value.strip("/") == self.path if key == "subvol" else key == "subvolid" and value == str(self.number)

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """Those of each new btrfs."""
        for node in fresh:
            if isinstance(node, Filesystem) and node.type == "btrfs":
                for number, path, is_default in answers.subvolumes(node.device):
                    yield cls(node, path, number, is_default)
