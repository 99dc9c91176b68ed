# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a root that are edited as Augeas trees: only the files and lenses that are asked for are loaded."""

from __future__ import annotations

from typing import Callable, Protocol

from ..appliance import augeas
from ..appliance.appliance import Appliance
from ..appliance.failures import ApplianceError
from ..errors import GuestconvError


class Door(Protocol):
    """What is needed of the door (root.GuestRoot)."""

    name: str

    def read_bytes(self, path: str) -> bytes | None:
        """The content of a file, None when there is none."""

    def write(self, path: str, text: str, detail: str) -> None:
        """Write a file, recorded."""


class Trees:
    """The trees of one root. put: writes a file without a record, for those that do not stay."""

    def __init__(self, door: Door, appliance: Appliance, put: Callable[[bytes, str], None]) -> None:
        self._door = door
        self._put = put
        self._appliance = appliance
        # {path: what for}
        self._details: dict[str, str] = {}
        self._is_open = False
        self._is_altered = False

    def tree(self, path: str, lens: str, detail: str) -> augeas.Tree:
        """The tree of the file at path, which is there; see GuestRoot.edit."""
        self.save()
        if not self._is_open:
            self._appliance.aug_init("/", augeas.FLAGS)
            self._is_open = True
        if path not in self._details:
            name = f"/augeas/load/guestconv{len(self._details)}"
            self._appliance.aug_set(f"{name}/lens", f"{lens}.lns")
            self._appliance.aug_set(f"{name}/incl", path)
        self._details[path] = detail
        self._appliance.aug_load()
        if self._appliance.aug_match(f"/augeas/files{path}/error"):
            raise GuestconvError(
                "guest-file-malformed",
                f"{path} on {self._door.name} cannot be understood (Augeas lens {lens}, "
                f"line {self._error(path, 'line')}: {self._error(path, 'message')}).",
                hint=f"Correct {path} in the guest; the guest's own programs read it as well.",
            )
        return augeas.Tree(self._appliance, f"/files{path}", self._note_altered)

    def save(self) -> None:
        """Write the files of the trees that were altered. Raises GuestconvError `guest-file-not-saved`."""
        if not self._is_altered:
            return
        self._is_altered = False
        there = {path: self._door.read_bytes(path + augeas.NEW) for path in self._details}
        try:
            self._appliance.aug_save()
        except ApplianceError as error:
            raise GuestconvError(
                "guest-file-not-saved",
                f"Augeas could not save {', '.join(self._details)} on {self._door.name}: {error.message}",
            ) from error
        for saved in self._appliance.aug_match("/augeas/events/saved"):
            path = self._appliance.aug_get(saved)[len("/files") :]
            self._take(path, there[path])

    def _take(self, path: str, before: bytes | None) -> None:
        """Write what Augeas saved next to the file at path through the door. before: what was in that place."""
        content = self._door.read_bytes(path + augeas.NEW) or b""
        self._door.write(path, content.decode("utf-8", "surrogateescape"), self._details[path])
        if before is None:
            self._appliance.rm(path + augeas.NEW)
        else:
            self._put(before, path + augeas.NEW)

    def close(self) -> None:
        """Forget all trees, before another root is mounted."""
        if self._is_open:
            self._appliance.aug_close()
            self._is_open = False
            self._details.clear()

    def _note_altered(self) -> None:
        self._is_altered = True

    def _error(self, path: str, what: str) -> str:
        node = f"/augeas/files{path}/error/{what}"
        return self._appliance.aug_get(node) if self._appliance.aug_match(node) else "unknown"
