# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case: a guest, what is asked of the conversion, and what is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.text_guests.arrays import Array
from tests.text_guests.contents import Content

# The guest's names of an array.
ARRAY = re.compile(r"/dev/md(?:\d+|/[^/\s]+)\Z")


class CaseError(Exception):
    """A case cannot be understood: with the file and the line."""


@dataclass(frozen=True)
class Placed:
    """What is at a path, and the line of the case that says so."""

    content: Content
    line: int


@dataclass
class Volume:
    """A partition, a whole disk, a logical volume or an array, with what is on it.

    device: the guest's name. disk: the id of its disk ("sda"), "" for what is on no disk directly. locked: the encrypted
    device that it is in. number: of the partition, 0 for all else. tags: as blkid prints them. options: those that are no
    tags. files: by path, in the order of the case.
    boot_code: the name of that in its first sector; None where the case does not say. is_active: in the partition table.
    attributes: {path: letters of chattr(1)}. labelled_at: its mount point, where all on it has the label that the policy says.
    hives: {path: whether it is dirty} of those files that are hives of the Windows registry.
    """

    device: str
    disk: str
    number: int
    tags: dict[str, str]
    options: dict[str, str]
    files: dict[str, Placed] = field(default_factory=dict)
    boot_code: str | None = None
    is_active: bool = False
    locked: Volume | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    labelled_at: str = ""
    hives: dict[str, bool] = field(default_factory=dict)

    @property
    def is_array(self) -> bool:
        """Whether it is an array."""
        return ARRAY.match(self.device) is not None

    @property
    def is_volume(self) -> bool:
        """Whether it is a logical volume."""
        return not self.disk and not self.is_array and not self.locked

    @property
    def is_started(self) -> bool:
        """Whether the appliance has it started, as it does with an array that is as the guest left it."""
        return "stopped" not in self.options and "absent" not in self.options

    @property
    def outdated(self) -> frozenset[int]:
        """The roles of the members that an array was left without."""
        return frozenset(map(int, self.option("outdated")))

    @property
    def array(self) -> tuple[Array, list[int | None]]:
        """What the superblocks of an array say of it, and the roles of its members."""
        options = self.options
        members, spares = len(self.option("members")), int(options.get("spares", "0"))
        # Absent devices, and those that are out of use, come after those that are there.
        absent, unused = int(options.get("absent", "0")), int(options.get("unused", "0"))
        active = members - spares
        in_use = [role for role in range(active + absent) if role not in self.outdated]
        number = self.device.rpartition("md")[2].strip("/")
        array = Array(
            options.get("array", number.encode().hex().rjust(32, "0")[-32:]),
            options.get("level", "raid1"),
            options.get("metadata", "1.2"),
            options.get("name", f"guest:{number}"),
            int(number) if number.isdigit() else 0,
            active + absent + unused,
            tuple(in_use),
            "unclean" not in options,
        )
        return array, [*range(active), *[None] * spares]

    def option(self, name: str) -> list[str]:
        """The words of an option, which commas separate."""
        return [word for word in self.options.get(name, "").split(",") if word]


@dataclass(frozen=True)
class Term:
    """One thing that is expected: KEY, KEY=VALUE, or KEY=PATH::PATTERN."""

    key: str
    value: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class Expectation:
    """A line of @expect. alternatives: one of them must hold, with all of its terms."""

    text: str
    alternatives: tuple[tuple[Term, ...], ...]


@dataclass
class Answer:
    """What a guest program prints whose command line begins so. fails: whether it says so as it fails."""

    beginning: str
    fails: bool = False
    text: str = ""


@dataclass
class Case:
    """A guest, what is asked of the conversion, and what is expected.

    comments: the lines at the top, as {"what": ...} where they have a key. hardware: what the source says.
    boot_code: the name of that in the first disk's first sector. core: what GRUB's image there says. choices: (kind of device, driver, or DEVICE=driver) that
    the playbook selects. root: the one root that it narrows to. first_boot, tools: the options of these names. options: other
    options of the modules. keys: the option keys; a key with `bytes` (in hexadecimal) has a file with these.
    lacking: programs that the guest does not have. written: (program, path of a file that it replaces). answers: of guest programs.
    """

    name: str
    comments: dict[str, str] = field(default_factory=dict)
    volumes: list[Volume] = field(default_factory=list)
    os: str = "deb"
    hardware: dict[str, object] = field(default_factory=dict)
    boot_code: str = "grub2"
    core: str = ""
    choices: list[tuple[str, str]] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    root: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    first_boot: dict[str, object] = field(default_factory=dict)
    keys: list[dict[str, str]] = field(default_factory=list)
    tools: dict[str, object] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)
