# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion of which nothing is kept, for check mode."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from . import commit, room, scratch
from .copies import plan_copies, refuse_existing
from .images import Disk
from .partitioned import Partitioned, require_partitionable
from .to_volumes import require_room_to_partition, require_volumes
from .workspace import Workspace


class Throwaway(Workspace):
    """A Workspace whose commit() keeps nothing; but what would be in the way of a conversion is reported.

    Args: dest, dest_format: as ToCopies, if the conversion would be one to copies; a list as ToVolumes; others: as Workspace. The overlays
        are in `workdir`, by default in /var/tmp: no place next to the disk is needed.
    Errors on entering: as Workspace, and those of InPlace, or those of ToCopies or ToVolumes with `dest`.
    """

    def __init__(
        self,
        disks: Sequence[Disk],
        dest: str | list[str] | None = None,
        dest_format: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(disks, **settings)
        self._volumes = dest if isinstance(dest, list) else []
        self._dest = os.path.realpath(dest) if isinstance(dest, str) else None
        self._copies = plan_copies(self._originals, self._dest, dest_format) if self._dest else None

    @property
    def results(self) -> list[str]:
        """The paths that the guest's disks would have, in the order of `disks`."""
        if self._copies is not None:
            return [copy.path for copy in self._copies]
        return self._volumes or super().results

    def require_partitionable(self, index: int, new: Partitioned) -> None:
        """See Workspace."""
        if self._volumes:
            require_room_to_partition(self._volumes[index], self.disks[index], new)
        elif not self._dest:
            require_partitionable(self.disks[index])

    def _begin(self) -> None:
        """Take a directory of a new name, after removing those that killed runs of this user left."""
        if self._dest:
            room.require_usable_directory(self._dest, "dest-not-usable", "dest")
            refuse_existing(self.results)
        elif self._volumes:
            require_volumes(self._volumes, self._originals)
        else:
            commit.refuse_read_only(self._originals)
        self._states = [scratch.take(self._workdir)]

    def _place_for_overlays(self) -> str:
        return self._states[0].path

    def _commit(self) -> None:
        pass
