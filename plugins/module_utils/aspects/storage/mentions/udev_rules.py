# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""udev's rules that match disks (udev(7)), as Oracle's instructions for ASM have them.

They stay as they are: what they are to match on the target, and by what, only who wrote them knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ....guest import device_names
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ....texts import globs
from ....texts.udev_rules import TOKEN, one_fits, rules
from ...plan import Plan
from ..names import Names

DIRECTORY = "/etc/udev/rules.d"

_NAME_KEYS = ("KERNEL", "KERNELS")
_PATH_KEYS = ("DEVNAME", "ENV{DEVNAME}")
# A place on a SCSI bus (host:channel:target:lun), as KERNELS names it.
_SCSI_PLACE = re.compile(r"[\d*?]+:[\d*?]+:[\d*?]+:[\d*?]+")
# What identifies a disk to the hypervisor that made it (60-persistent-storage.rules, scsi_id(8)); the first alone are
# of disks for certain.
_OF_DISKS = re.compile(r"ENV\{(?:ID_SCSI_SERIAL|ID_WWN\w*|SCSI_IDENT_\w+)\}|ATTRS?\{wwid\}")
_IDENTITY = re.compile(
    r"ENV\{(?:ID_SERIAL\w*|ID_PATH\w*|ID_MODEL\w*|ID_VENDOR\w*)\}"
    r"|(?:ATTRS?|SYSFS)\{(?:device/)?(?:serial|model|vendor|vpd_pg80|vpd_pg83|unique_id)\}"
)
_OF_MULTIPATH = re.compile(r"(?:part\d+-)?mpath-")
_DISC = re.compile(r"(?:sr|scd)[\d*?\[]")
_ASKS_DISKS = re.compile(r"scsi_id|ata_id|sg_inq|sg_vpd|hdparm|smartctl|lsscsi")
_SUBSYSTEMS = ("block", "scsi", "scsi_disk", "scsi_device", "nvme")
# With these a rule gives software what it works with; others tune the disk.
_WORKED_WITH = ("SYMLINK", "OWNER", "GROUP", "MODE", "NAME")

# Characters of a file, and patterns of a value: no administrator writes more, and each takes its time.
_LONGEST = 128 * 1024
_MOST_PATTERNS = 64

_LONGEST_SHOWN = 80
_MOST_SHOWN = 4

_BY_CONTENT = "Match the disks by what is on them, as ENV{ID_PART_ENTRY_UUID} and ENV{ID_FS_UUID} do"

# A rule, and what it asks for that disks do not have.
_Lost = tuple[str, list[str]]


def texts(root: GuestRoot) -> dict[str, str]:
    """The files of the administrator's rules."""
    return {path: text for path, text in root.texts((f"{DIRECTORY}/*.rules",)).items() if len(text) <= _LONGEST}


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """A concern for each file with rules that match disks by what they do not have on the target."""
    found = []
    for path, text in texts.items():
        lost = _lost(text, names, disks)
        with_driver = {driver: _lost(text, names, on_target) for driver, on_target in names.by_driver.items()}
        losing = [driver for driver in with_driver if with_driver[driver]]
        if lost:
            found.append(_not_matching(path, lost, [driver for driver in with_driver if driver not in losing]))
        elif losing:
            found.append(_matching_with_others(path, with_driver[losing[0]], losing))
    return found


def lost_with(texts: Iterable[str], names: Names, disks: Mapping[str, str]) -> int:
    """The number of rules, which give software what it works with, that do not match disks of these names."""
    there = _kernel_names(names, disks)
    return sum(
        bool(lost_tokens(line, there)) for text in texts for line in rules(text) if there and _is_worked_with(line)
    )


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Nothing: the rules stay."""


@dataclass(frozen=True)
class Links:
    """The links (below /dev) that rules make. names: whole ones. beginnings: of those that udev completes."""

    names: frozenset[str]
    beginnings: tuple[str, ...]

    def may_be(self, name: str) -> bool:
        """Whether name is one of them."""
        return name in self.names or name.startswith(self.beginnings)


def links_on_target(texts: Iterable[str], names: Names, disks: Mapping[str, str]) -> Links:
    """The links that the rules in texts make of disks ({"sda": "/dev/vda"}) that are called so on the target."""
    return links(texts, _kernel_names(names, disks))


def links(texts: Iterable[str], there: Mapping[str, str] | None = None) -> Links:
    """The links that the rules in texts make; where names are given (see lost_tokens), of what is called so on the target."""
    given = [
        link
        for text in texts
        for line in rules(text)
        if there is None or not lost_tokens(line, there)
        for key, operator, value in TOKEN.findall(line)
        if key == "SYMLINK" and operator in ("=", "+=", ":=")
        for link in value.split()
    ]
    # udev replaces %k, $name and the like.
    beginnings = {link: re.split(r"[%$]", link, maxsplit=1)[0] for link in given}
    return Links(
        frozenset(link for link, beginning in beginnings.items() if beginning == link),
        tuple({beginning for link, beginning in beginnings.items() if beginning and beginning != link}),
    )


def lost_tokens(line: str, names: Mapping[str, str]) -> list[str]:
    """What a rule (line) asks of disks that they do not have on the target: its tokens, as they are written.

    names: {the kernel's name of a disk or partition: that on the target}, both without /dev.
    """
    tokens = TOKEN.findall(line)
    asked = [(key, value) for key, operator, value in tokens if operator == "=="]
    subsystems = [value for key, value in asked if key in ("SUBSYSTEM", "SUBSYSTEMS")]
    is_block = any(one_fits(value, subsystem) for value in subsystems for subsystem in _SUBSYSTEMS)
    if subsystems and not is_block:
        return []
    if any(map(_is_of_discs, asked)):
        return []
    programs = [value for key, _operator, value in tokens if key.startswith(("PROGRAM", "IMPORT"))]
    by_name = {(key, value): found for key, value in asked for found in [_matching(key, value, names)] if found}
    asks_disks = any(map(_ASKS_DISKS.search, programs))
    is_of_disks = is_block or bool(by_name) or asks_disks
    lost = [
        (key, value)
        for (key, value), found in by_name.items()
        if len(_matching(key, value, {names[name] for name in found})) < len({names[name] for name in found})
    ]
    lost += [
        (key, value)
        for key, value in asked
        if value.strip("?*") and _is_identity(key, value, is_of_disks=is_of_disks, asks_disks=asks_disks)
    ]
    lost += [(key, value) for key, value in asked if _is_of_no_disk(key, value, names)]
    return [f'{key}=="{value}"' for key, value in lost]


def _lost(text: str, names: Names, disks: Mapping[str, str]) -> list[_Lost]:
    """The rules in text that ask for what disks of these names do not have."""
    there = _kernel_names(names, disks)
    return [(line, tokens) for line in rules(text) for tokens in [lost_tokens(line, there)] if tokens]


def _is_of_discs(asked: tuple[str, str]) -> bool:
    """Whether what a rule asks (key, value) is so of drives for discs alone, as 70-persistent-cd.rules has it."""
    key, value = asked
    return (key.startswith("ENV{ID_CDROM") and value != "") or (
        key in _NAME_KEYS and all(_DISC.match(pattern) for pattern in value.split("|"))
    )


def _is_identity(key: str, value: str, is_of_disks: bool, asks_disks: bool) -> bool:
    if key in ("ENV{DM_UUID}", "ATTR{dm/uuid}"):
        return _OF_MULTIPATH.match(value) is not None
    if key in ("ENV{DM_NAME}", "ATTR{dm/name}"):
        return device_names.is_of_hardware(f"/dev/mapper/{value}")
    if key in _NAME_KEYS:
        return _SCSI_PLACE.fullmatch(value) is not None
    if key == "SYMLINK":
        return device_names.is_of_hardware(f"/dev/{value}")
    if key == "RESULT":
        return asks_disks
    return _OF_DISKS.fullmatch(key) is not None or (is_of_disks and _IDENTITY.fullmatch(key) is not None)


def _is_of_no_disk(key: str, value: str, names: Mapping[str, str]) -> bool:
    """Whether a token asks for the kernel's name of a disk that is not there, neither before nor on the target."""
    is_whole = key in _NAME_KEYS and device_names.is_of_hardware(f"/dev/{value}")
    return is_whole and bool(names) and value not in names and value not in names.values()


def _kernel_names(names: Names, disks: Mapping[str, str]) -> dict[str, str]:
    there = [each.name for each in names.storage.disks] + [each.name for each in names.storage.partitions]
    on_target = {name: names.on_target(name, disks) for name in there}
    return {name[len("/dev/") :]: target[len("/dev/") :] for name, target in on_target.items() if target}


def _matching(key: str, value: str, names: Iterable[str]) -> set[str]:
    """Those of names that a token lets pass, if it is about names at all."""
    prefix = "/dev/" if key in _PATH_KEYS else ""
    patterns = value.split("|")
    if key not in (*_NAME_KEYS, *_PATH_KEYS) or len(patterns) > _MOST_PATTERNS:
        return set()
    # By pattern first: to make one ready takes long, and the last is remembered.
    return {name for pattern in patterns for name in names if globs.fits(prefix + name, pattern)}


def _is_worked_with(line: str) -> bool:
    return any(key in _WORKED_WITH and operator in ("=", "+=", ":=") for key, operator, _value in TOKEN.findall(line))


def _matching_with_others(path: str, lost: Sequence[_Lost], drivers: Sequence[str]) -> Concern:
    """The concern about rules that match with the driver that is recommended, and are lost with these."""
    return Concern(
        "udev-rule-by-hardware",
        "info",
        f"{path} has rules that match disks by their names: {_shown(lost)}. With {', '.join(drivers)} they would not match.",
        f"{_BY_CONTENT}. Or leave the disks on the driver that is recommended.",
    )


def _not_matching(path: str, lost: Sequence[_Lost], drivers: Sequence[str]) -> Concern:
    """The concern about rules that are lost. drivers: those with which they match."""
    otherwise = f" Or select {' or '.join(drivers)} for the disks: the rules match then." if drivers else ""
    return Concern(
        "udev-rule-by-hardware",
        "warning" if any(_is_worked_with(line) for line, _tokens in lost) else "info",
        f"{path} has rules that match disks by what the old hardware gave them: {_shown(lost)}. On the target they do not "
        "match.",
        f"{_BY_CONTENT}.{otherwise}",
    )


def _shown(lost: Iterable[_Lost]) -> str:
    """What they ask for, of a length that can be read."""
    distinct = dict.fromkeys(token[:_LONGEST_SHOWN] for _line, tokens in lost for token in tokens)
    return ", ".join(list(distinct)[:_MOST_SHOWN]) + (", ..." if len(distinct) > _MOST_SHOWN else "")
