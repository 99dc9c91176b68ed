# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's own ways to name disks: the filters in lvm.conf and lvmlocal.conf, and the devices file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import GuestconvError
from ...guest import device_names
from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
from ...guest.storage.layers.logical_volume import PHYSICAL_VOLUME
from ...initrd import builders
from ...model.concerns import Concern
from ..plan import Plan

# In the order in which LVM reads them; what a later one says wins (lvmlocal.conf is for this host alone).
_CONFIGURATION = ("/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf")
_DEVICES_DIRECTORY, _DEVICES = "/etc/lvm/devices/", "system.devices"
# Another file there, by lvm.conf(5).
_DEVICES_NAMED = re.compile(r'(?m)^[^#\n"]*?\bdevicesfile[ \t]*=[ \t]*"([^"/\n]+)"')
_DEVICES_USED = re.compile(r"(?m)^[^#\n\"]*?\buse_devicesfile[ \t]*=[ \t]*(\d)")

# lvm.conf(5): a list of strings, or one; a line of comment may stand among them. It is matched with its line's end:
# else parts of it would pass for more of the list, in more ways than can be tried.
_FILTER = re.compile(
    r'(?m)^[^#\n"]*?\b((?:global_)?filter)\s*=\s*(\[(?:[\s,]|"(?:[^"\\\n]|\\.)*"|#[^\n]*\n)*\]|"(?:[^"\\\n]|\\.)*")'
)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|#[^\n]*')
_CLOSING = {"(": ")", "[": "]", "{": "}"}
# Python would take for ever over what a hostile guest may write: a repeated group, many groups, many repetitions in a
# row. LVM's own language has neither look-around nor references.
_TOO_HARD = re.compile(r"\(\?|\\\d|\)[*+?{]|\(.*\(")
_REPETITIONS = 3

_NOT_FOUND = "The guest would not find its volume group."

# Whether it accepts, and what.
_Pattern = tuple[bool, re.Pattern[str]]


@dataclass(frozen=True)
class Rejection:
    """A filter that rejects physical volumes by the names that they have on the target.

    path: of the file. name: of the filter. volumes: their names on the target.
    """

    path: str
    name: str
    volumes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} in {self.path} rejects {', '.join(self.volumes)}"


def rejections(root: GuestRoot, names_on_target: Mapping[str, str]) -> list[Rejection]:
    """The filters that accepted a physical volume by a name which it does not have on the target.

    names_on_target: {"sda": "/dev/vda"}, of the disks that go there.
    """
    members = [member for member in _members(root) if member.disk in names_on_target]
    # With a devices file LVM ignores the filters (lvmdevices(8)).
    if not members or (root.read(_devices(root)) is not None and _uses_devices(root)):
        return []
    found = (
        Rejection(path, name, tuple(_lost(patterns, members, names_on_target)))
        for name, (path, patterns) in _filters_in_force(root).items()
    )
    return [each for each in found if each.volumes]


def concerns(by_driver: Mapping[str, Sequence[Rejection]]) -> list[Concern]:
    """A concern for each filter that rejects volumes by the names that some of the drivers ({driver: rejections}) give.

    It is an error when all of them do.
    """
    usable = [driver for driver, rejected in by_driver.items() if not rejected]
    first: dict[tuple[str, str], Rejection] = {}
    for rejected in by_driver.values():
        for each in rejected:
            first.setdefault((each.path, each.name), each)
    if usable:
        return [
            _concern(each, f"The guest can have its disks on {', '.join(usable)} alone.", "warning")
            for each in first.values()
        ]
    return [_concern(each, _NOT_FOUND, "error") for each in first.values()]


def _concern(rejection: Rejection, ends: str, severity: str) -> Concern:
    path, name = rejection.path, rejection.name
    return Concern(
        "lvm-filter-by-name",
        severity,
        f"{path}: {name} rejects {', '.join(rejection.volumes)}, as the physical volume is called on the target"
        f"{'' if severity == 'error' else ' with other drivers'}. {ends}",
        f"Accept the disks by names that do not depend on the hardware (a|^/dev/disk/by-id/lvm-pv-uuid-|), or take "
        f"{name} out of {path} in the guest, and have its initrd made anew.",
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have LVM's devices file, and the initrd's copy, name the physical volumes as they are called on the target.

    Raises GuestconvError where a filter does not let the disks pass by the names that the chosen drivers give them.
    """
    for rejection in rejections(root, plan.disk_names):
        concern = _concern(rejection, _NOT_FOUND, "error")
        raise GuestconvError(concern.code, concern.message, hint=concern.hint, path="guest.devices.block")
    names = {
        member.uuid.replace("-", ""): _name(member, plan.disk_names[member.disk])
        for member in _members(root)
        if member.disk in plan.disk_names
    }
    path = _devices(root) if names else ""
    text = root.read(path) if path else None
    if text is not None:
        root.write(path, edit_devices(text, names), "named LVM's disks as they are called on the target")
        # dracut's module lvm has it in the initrd.
        copies = "|".join(map(re.escape, builders.places(path)))
        plan.initrd.edit(copies, lambda copy: edit_devices(copy, names))


def filters(text: str) -> list[tuple[str, list[_Pattern]]]:
    """The filters in an lvm.conf (text): [(name, [(whether it accepts, compiled pattern)])]."""
    found = []
    for match in _FILTER.finditer(text):
        # A comment is a string of None.
        patterns = [_pattern(string.group(1) or "") for string in _STRING.finditer(match.group(2))]
        found.append((match.group(1), [pattern for pattern in patterns if pattern]))
    return found


def accepts(patterns: Iterable[_Pattern], names: Iterable[str]) -> bool:
    """Whether a device that has these names passes a filter: by one name that is accepted first, or if none matches."""
    verdicts = [
        next((accepted for accepted, expression in patterns if expression.search(name)), None) for name in names
    ]
    return True in verdicts or False not in verdicts


def edit_devices(text: str, names: Mapping[str, str]) -> str:
    """text of a devices file with the physical volumes {PVID: name} known by these names.

    Such an entry holds for any hardware: LVM looks for the PVID elsewhere when the name is another's (lvmdevices(8)).
    """

    def edited(match: re.Match[str]) -> str:
        name = names.get(match["pvid"])
        if name is None:
            return match.group(0)
        return f"IDTYPE=devname IDNAME={name} DEVNAME={name} PVID={match['pvid']}"

    return re.sub(r"(?m)^IDTYPE=\S+ IDNAME=\S+ DEVNAME=\S+ PVID=(?P<pvid>\w+)", edited, text)


def _pattern(string: str) -> _Pattern | None:
    """(whether it accepts, the compiled pattern) of a string such as a|^/dev/sda|; None where it is not understood."""
    string = re.sub(r"\\([\"\\])", r"\1", string)
    if string[:1] not in ("a", "r") or len(string) < 3 or string[-1] != _CLOSING.get(string[1], string[1]):
        return None
    expression = string[2:-1]
    branches = [expression] if "(" in expression else expression.split("|")
    if _TOO_HARD.search(expression) or max(len(re.findall(r"[*+?{]", branch)) for branch in branches) > _REPETITIONS:
        return None
    try:
        return string[0] == "a", re.compile(expression)
    except (re.error, OverflowError, ValueError):  # The latter for a number of repetitions that is too long.
        return None


def _filters_in_force(root: GuestRoot) -> dict[str, tuple[str, list[_Pattern]]]:
    """{name: (path of the file that sets it, patterns)}."""
    return {name: (path, patterns) for path in _CONFIGURATION for name, patterns in filters(root.read(path) or "")}


def _devices(root: GuestRoot) -> str:
    """The path of the devices file."""
    named = [name for path in _CONFIGURATION for name in _DEVICES_NAMED.findall(root.read(path) or "")]
    return _DEVICES_DIRECTORY + (named[-1] if named else _DEVICES)


def _uses_devices(root: GuestRoot) -> bool:
    said = [value for path in _CONFIGURATION for value in _DEVICES_USED.findall(root.read(path) or "")]
    return said[-1:] != ["0"]


def _members(root: GuestRoot) -> list[Filesystem]:
    return [filesystem for filesystem in root.guest.storage.filesystems if filesystem.type == PHYSICAL_VOLUME]


def _name(member: Filesystem, disk: str) -> str:
    """The name of the physical volume on the disk that is called disk (/dev/vda) now."""
    return device_names.partition(disk, str(member.partition.number) if member.partition else "")


def _lost(patterns: Sequence[_Pattern], members: Iterable[Filesystem], names_on_target: Mapping[str, str]) -> list[str]:
    """The names on the target of those physical volumes that were accepted on the source, and are not any more."""
    # Links of the hardware, and multipath's devices, of which the target has none.
    by_link = any(accepted and re.search("/by-|mpath", expression.pattern) for accepted, expression in patterns)
    lost = []
    for member in members:
        name = _name(member, names_on_target[member.disk])
        # Of the links that udev makes of serial numbers and PCI paths only the directory can be known.
        links = [f"/dev/disk/by-id/lvm-pv-uuid-{member.uuid}", "/dev/disk/by-path/pci-", "/dev/disk/by-partuuid/"]
        if not accepts(patterns, [name, *links]) and (by_link or accepts(patterns, [member.name, *links])):
            lost.append(name)
    return lost
