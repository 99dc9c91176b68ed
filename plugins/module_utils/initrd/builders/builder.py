# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a builder is: a module of this room that knows all of one program that makes initrds."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Optional, Protocol

WHY = "the initrd's next build includes what the target needs"

# Maps an argument of the kernel's command line to what it must be, None to drop it.
ArgumentEdit = Callable[[str], Optional[str]]


class Door(Protocol):
    """What builders need of a mounted root (guest.root.GuestRoot)."""

    def read(self, path: str) -> str | None: ...

    def texts(self, patterns: Iterable[str]) -> dict[str, str]: ...

    def write(self, path: str, text: str, detail: str) -> None: ...


class InitrdBuilder(Protocol):
    """A program that makes initrds.

    NAME: in errors. PROGRAMS: where it may be in a guest; none if it cannot be run there.
    KEEPS_OLD: whether the old initrd takes its room until the new one is complete.
    EVIDENCE: names in an initrd, any of which says that it made that.
    IMAGES: names in an initrd of filesystem images that hide what an appended archive would add.
    CONFIGURATION: shell patterns of its configuration files, in the order in which they are read.
    COPIES: a regular expression for the names, in an initrd, of what it puts there of its configuration.
    NETWORK_PROGRAMS: shell patterns of files in the guest that make its initrds use the network unasked.
    """

    @property
    def NAME(self) -> str: ...

    @property
    def PROGRAMS(self) -> tuple[str, ...]: ...

    @property
    def KEEPS_OLD(self) -> bool: ...

    @property
    def EVIDENCE(self) -> tuple[str, ...]: ...

    @property
    def IMAGES(self) -> tuple[str, ...]: ...

    @property
    def CONFIGURATION(self) -> tuple[str, ...]: ...

    @property
    def COPIES(self) -> str: ...

    @property
    def NETWORK_PROGRAMS(self) -> tuple[str, ...]: ...

    def loads_added(self, members: Container[str]) -> bool:
        """Whether an initrd with these members loads the modules that the hardware asks for, once they are in it.

        If not, it loads only those of a list that was made with it, and must be made anew for others.
        """

    def places(self, path: str) -> tuple[str, ...]:
        """Where its initrds may have the copy of a file of the guest: names without a slash at their beginning."""

    def include(self, root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
        """Edit its configuration so that every initrd holds these modules, and copies of these files of the guest."""

    def command(self, initrd: str, version: str) -> list[str]:
        """The command that makes the initrd at this path anew, for the kernel of this version."""

    def devices(self, text: str) -> list[str]:
        """The names of block devices in text, of its configuration."""

    def with_devices(self, text: str, rename: Callable[[str], str | None]) -> str:
        """text, of its configuration or of a copy, with its block devices renamed.

        rename: gives a device's new name, "" to name none any more, None where the name stays.
        """

    def network_arguments(self, text: str) -> list[str]:
        """What text, of its configuration, says of the network, as arguments of the kernel's command line."""

    def with_network(self, text: str, edit: ArgumentEdit, rename: Callable[[str], str]) -> str:
        """text, of its configuration, with what it says of the network edited.

        edit: of an argument of the kernel's command line. rename: replaces the names of NICs in a text.
        """

    def copy_with_network(self, text: str, edit: ArgumentEdit, rename: Callable[[str], str]) -> str:
        """text, of a copy in an initrd, edited in the same way."""


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """names without those that come again."""
    return tuple(dict.fromkeys(names))


# What a builder has for its devices and network if its configuration cannot name any.


def no_names(text: str) -> list[str]:
    """Its configuration names none."""
    return []


def same_devices(text: str, rename: Callable[[str], str | None]) -> str:
    """text, in which there is nothing to rename."""
    return text


def same_network(text: str, edit: ArgumentEdit, rename: Callable[[str], str]) -> str:
    """text, in which there is nothing to edit."""
    return text


def always_loads(members: Container[str]) -> bool:
    """udev, or the like, runs in every initrd."""
    return True


def same_place(path: str) -> tuple[str, ...]:
    """The copy of a file is where the file is."""
    return (path.lstrip("/"),)
