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

    kernel: its path in the root. initrds: those of the images that become its initrd, in their order; none when it boots
    without one. arguments: the kernel's command line, as the kernel gets it. title: what a person sees in the menu.
    version: of the kernel, where the entry itself says it. unified: whether initrd and command line are within the
    kernel's file (a unified kernel image). is_elsewhere: whether its files are on a filesystem that the root with the menu
    does not mount, so that the paths are those there.
    """

    kernel: str
    initrds: tuple[str, ...]
    arguments: str
    title: str = ""
    version: str | None = None
    unified: bool = False
    is_elsewhere: bool = False

    @property
    def initrd(self) -> str | None:
        """The last of its images, which is the initrd proper where early microcode comes before it."""
        return self.initrds[-1] if self.initrds else None

    @property
    def root(self) -> str:
        """The value of root=, of several that of the last, as the kernel takes it; "" where there is none."""
        return self._value("root")

    @property
    def root_options(self) -> tuple[str, ...]:
        """The options with which the root is mounted: those of rootflags=, of several that of the last."""
        return tuple(each for each in self._value("rootflags").split(",") if each)

    def _value(self, key: str) -> str:
        return dict(each.partition("=")[::2] for each in kernel_arguments.split(self.arguments)).get(key, "")


@dataclass(frozen=True)
class BootMenu:
    """What the guest can boot.

    entries: in the order of the menu. default: the one that boots when nobody is at the keyboard; None when there is no
    entry, no boot loader that guestconv knows, or when what boots by default is no Linux.
    """

    entries: Sequence[Entry] = ()
    default: Entry | None = None

    @property
    def arguments(self) -> list[str]:
        """The kernel's arguments in the default entry."""
        return kernel_arguments.split(self.default.arguments) if self.default else []
