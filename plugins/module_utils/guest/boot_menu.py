# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot menu of a root: what other aspects read of the boot loader, whichever that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..texts import kernel_arguments


@dataclass(frozen=True)
class Entry:
    """An entry of the boot menu that boots Linux.

    kernel, initrd: paths in the root; initrd is None when the kernel boots without one.
    arguments: the kernel's command line.
    """

    kernel: str
    initrd: str | None
    arguments: str


@dataclass(frozen=True)
class BootMenu:
    """What the guest can boot.

    entries: in the order of the menu. default: the one that boots when nobody is at the keyboard; None when there is no
    entry, or no boot loader that guestconv knows.
    """

    entries: Sequence[Entry] = ()
    default: Entry | None = None

    @property
    def arguments(self) -> list[str]:
        """The kernel's arguments in the default entry."""
        return kernel_arguments.split(self.default.arguments) if self.default else []
