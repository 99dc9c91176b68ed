# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays (md), which mdadm makes of partitions, disks and other devices. The appliance starts them when it is launched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from .. import md_superblock
from ..answers import Answers
from ..layer import Layer, Nodes
from ..md_superblock import Condition, Superblock
from .disk import Disk
from .filesystem import Filesystem
from .partition import Partition

MEMBER = "linux_raid_member"


@dataclass(frozen=True)
class Array:
    """An array. device: "" when it is not started, so that nothing of what it holds is known.

    parents: its members that are there. uuid: as mdadm writes it. label: the name in its superblocks ("web:0"), or "".
    level: "raid1". metadata: "1.2". minor: the number of its device, which superblocks 0.90 have. condition: None where no superblock is understood.
    names: what the guest calls it, the first of which is the one in messages and descriptions.
    learned, taken: further names, which files of the guest (mdadm.conf) give it, and those that they give to another array;
    they are known once the guest's root is open.
    """

    IS_DEVICE: ClassVar[bool] = True

    device: str
    parents: tuple[Layer, ...]
    uuid: str
    names: tuple[str, ...]
    label: str = ""
    level: str = ""
    metadata: str = ""
    minor: int | None = None
    condition: Condition | None = None
    learned: list[str] = field(default_factory=list, compare=False, repr=False)
    taken: list[str] = field(default_factory=list, compare=False, repr=False)
    tags: ClassVar[Mapping[str, str]] = {}

    @property
    def name(self) -> str:
        """By its superblocks: /dev/md0 for one called 0, /dev/md/NAME for others."""
        return self.names[0]

    @property
    def may_start(self) -> bool:
        """Whether the guest can start it from the members that are there, be it without some of them."""
        if self.device or self.condition is None:
            return True
        absent, total = self.condition.total - self.condition.in_use, self.condition.total
        spared = {"raid1": total - 1, "raid4": 1, "raid5": 1, "raid6": 2, "raid10": total // 2}
        return absent <= spared.get(self.level, 0)

    @property
    def identity(self) -> str:
        """Its UUID."""
        return f"MD={self.uuid}"

    def is_called(self, path: str) -> bool:
        """Whether path is one of mdadm's or udev's names of it, or one that the guest's files give it."""
        return path in self.learned or (path in self.names and path not in self.taken)

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The arrays that new members belong to."""
        appeared = [node for node in fresh if isinstance(node, Filesystem) and node.type == MEMBER]
        if not appeared:
            return []
        if not all(isinstance(node.parents[0], (Disk, Partition)) for node in appeared):
            answers.assemble_arrays()
        groups: dict[str, list[Filesystem]] = {node.uuid: [] for node in appeared}
        for node in known.of_kind(Filesystem):
            # One of the others may have been there before these were opened.
            if node.type == MEMBER and node.uuid in groups:
                groups[node.uuid].append(node)
        started = answers.arrays()
        arrays = [_array(answers, started, uuid, members) for uuid, members in groups.items()]
        for array in arrays:
            if array.device and not (array.condition and array.condition.is_whole):
                answers.keep_members_as_they_are(array.device)
        return _with_names_of_their_own(arrays)


def _array(answers: Answers, started: Mapping[str, str], uuid: str, members: Sequence[Filesystem]) -> Array:
    superblocks = [_superblock(answers, member) for member in members]
    known = [each for each in superblocks if each]
    # blkid has hyphens in it, in other places.
    device = started.get(md_superblock.with_colons(uuid.replace("-", "")), "")
    if not known:
        return Array(device, tuple(members), uuid, _names("", None, uuid), condition=None)
    first = max(known, key=lambda each: each.events)
    return Array(
        device,
        tuple(members),
        first.uuid,
        _names(first.label, first.minor, first.uuid),
        first.label,
        first.level,
        first.metadata,
        first.minor,
        md_superblock.condition(known),
    )


def close(answers: Answers, array: Array) -> None:
    """Stop an array that is started. Its superblocks have then the number of its device that the guest knows.

    The kernel writes its own, with the first write to an array with metadata 0.90 (Linux, drivers/md/md.c,
    super_90_sync; mdadm(8), --update=super-minor). Raises ApplianceError.
    """
    answers.stop_array(array.device)
    for member in array.parents if array.minor is not None else ():
        place = _place(answers, member.device)
        if place is not None and array.minor is not None:
            found = answers.data(member.device, md_superblock.SIZE, place)
            changed = md_superblock.with_minor(found, array.minor)
            if changed != found:
                answers.write(member.device, changed, place)


def _superblock(answers: Answers, member: Filesystem) -> Superblock | None:
    place = _place(answers, member.device)
    return None if place is None else md_superblock.parsed(answers.data(member.device, md_superblock.SIZE, place))


def _place(answers: Answers, member: str) -> int | None:
    """Where the superblock of a member is."""
    metadata = answers.tags(member).get("VERSION", "")
    # Only where it is counted from the end the size matters.
    return md_superblock.offset(metadata, 0 if metadata in ("1.1", "1.2") else answers.size(member))


def _names(label: str, minor: int | None, uuid: str) -> tuple[str, ...]:
    """The names of an array below /dev (mdadm(8), "DEVICE NAMES"; 63-md-raid-arrays.rules)."""
    _host, _colon, own = label.rpartition(":")
    number = str(minor) if minor is not None else own
    kernel = [f"/dev/md{number}", f"/dev/md_d{number}"] if number.isascii() and number.isdigit() else []
    links = [f"/dev/md/{name}" for name in dict.fromkeys((number, own, label)) if name]
    by_label = [f"/dev/disk/by-id/md-name-{label}"] if label else []
    return (*kernel[:1], *links, *by_label, f"/dev/disk/by-id/md-uuid-{uuid}", *kernel[1:])


def _with_names_of_their_own(arrays: Sequence[Array]) -> list[Array]:
    """The arrays without the names that several of them would have. One without a number may be /dev/md127."""
    times = Counter(name for array in arrays for name in array.names)
    nameless = [array for array in arrays if not array.name.startswith("/dev/md") or array.name.startswith("/dev/md/")]
    named = []
    for array in arrays:
        names = [name for name in array.names if times[name] == 1]
        # mdadm gives the first one the highest number of those that are free.
        if nameless == [array] and times["/dev/md127"] == 0:
            names.append("/dev/md127")
        named.append(replace(array, names=tuple(names)))
    return named
