# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions of arrays (md): a partition table lies in the array. Neither firmware nor conversion makes use of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ... import device_names
from ..answers import Answers
from ..layer import Layer, Nodes
from .array import Array
from .partition import InTable

_BY_ID = "/dev/disk/by-id/"


@dataclass(frozen=True)
class ArrayPartition(InTable):
    """A partition of an array."""

    IS_DEVICE: ClassVar[bool] = True

    device: str
    array: Array
    number: int
    uuid: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        """After the name of the array: /dev/md0p1, /dev/md/data1."""
        return self._name(self.array.name)

    def _name(self, array: str) -> str:
        """Its name after this one of the array (mdadm, 63-md-raid-arrays.rules)."""
        if array.startswith(_BY_ID):
            return f"{array}-part{self.number}"
        return device_names.partition(array, str(self.number))

    @property
    def parents(self) -> tuple[Layer, ...]:
        """The array."""
        return (self.array,)

    def is_called(self, path: str) -> bool:
        """Whether path is a name of it after one of the array."""
        ends = (f"-part{self.number}", f"p{self.number}", str(self.number))
        arrays = [path[: -len(end)] for end in ends if path.endswith(end) and len(path) > len(end)]
        return any(self._name(array) == path and self.array.is_called(array) for array in arrays)

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The partitions of new arrays."""
        for array in fresh:
            if isinstance(array, Array) and array.device and "PTTYPE" in answers.tags(array.device):
                for device in answers.partitions():
                    found = re.fullmatch(re.escape(array.device) + r"p(\d+)", device)
                    if found:
                        tags = answers.tags(device)
                        uuid, label = (tags.get(f"PART_ENTRY_{key}", "") for key in ("UUID", "NAME"))
                        yield cls(device, array, int(found[1]), uuid, label)
