# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script may ask about the guest's files and devices; paths.py of GRUB's room answers for a root."""

from __future__ import annotations

from typing import Protocol


class Files(Protocol):
    """A guest's files. device: a name of GRUB's without its parentheses ("hd0,gpt2", "lvm/vg-root").

    Files are called by their paths in the mounted root.
    """

    def path(self, device: str, path: str) -> str | None:
        """The path in the mounted root of what GRUB calls (device)path; None where that cannot be said."""

    def read(self, path: str) -> str | None:
        """The text of a file, None when there is none."""

    def size(self, path: str) -> int | None:
        """The size of a regular file in bytes, None when there is none."""

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory."""

    def is_kernel(self, path: str) -> bool:
        """Whether a file may be a kernel of Linux."""

    def names(self, path: str) -> list[str]:
        """The names in a directory."""

    def search(self, kind: str, value: str) -> str | None:
        """The device on which a filesystem has a UUID ("fs-uuid") or a label ("fs-label"), or a file ("file")."""

    def probe(self, device: str, what: str) -> str | None:
        """The UUID ("fs-uuid"), label ("label") or kind ("fs") of the filesystem on a device."""
