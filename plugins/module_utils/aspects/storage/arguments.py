# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's arguments that name devices: what each names, whether that is there, and how it is said on any hardware.

Sources: bootparam(7), dracut.cmdline(7), initramfs-tools(7), systemd-fstab-generator(8), systemd-cryptsetup-generator(8),
mkinitcpio's hooks encrypt and zfs, genkernel(8), Debian's cryptsetup-initramfs, Alpine's mkinitfs-bootparam(7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ...guest import device_names, entries
from ...guest.boot_menu import Entry
from ...guest.root import GuestRoot
from ...guest.storage.layer import Layer
from ...guest.storage.layers.filesystem import Filesystem
from ...initrd.builders import dracut
from ...model.concerns import Concern
from ...texts import kernel_arguments, tables
from . import specs
from .names import NO_IDENTITY, Names, not_nameable, shared, unknown


class Need(Enum):
    """What happens to a guest that does not find the device. DRACUT: where dracut made the initrd, it does not start."""

    STOPS = "stops"
    DRACUT = "dracut"
    GOES_ON = "goes on"


@dataclass(frozen=True)
class Argument:
    """Arguments that name something in one way: a line of ARGUMENTS.

    value: a regular expression that finds each name in the value, as its group `name`.
    nodes: (names, name) -> what of that name is on the disks.
    need: what happens where it is not.
    is_last_only: whether the last of several on a command line counts alone.
    as_path: whether it can be named by a path only, not by a tag (UUID=).
    """

    keys: tuple[str, ...]
    value: re.Pattern[str]
    nodes: Callable[[Names, str], Sequence[Layer]]
    need: Need = Need.GOES_ON
    is_last_only: bool = False
    as_path: bool = False

    def found(self, value: str) -> list[str]:
        """The names in the value."""
        return [match["name"] for match in self.value.finditer(value)]

    def edited(self, names: Names, value: str) -> str:
        """The value with the devices in it that the hardware named by names that hold on any."""

        def replaced(match: re.Match[str]) -> str:
            stable = specs.stable(names, match["name"]) if self.nodes(names, match["name"]) else None
            if stable and self.as_path:
                stable = specs.path(stable)
            start, end = match.start("name") - match.start(), match.end("name") - match.start()
            return f"{match[0][:start]}{stable or match['name']}{match[0][end:]}"

        return self.value.sub(replaced, value)

    def is_only_on(self, names: Names, value: str, disks: Collection[str]) -> bool:
        """Whether all that the value names needs one of these disks (their ids)."""
        nodes = [node for name in self.found(value) for node in self.nodes(names, name)] if disks else []
        return bool(nodes) and all(names.storage.disks_of(node) & set(disks) for node in nodes)


def _only_on_its_hardware(names: Names, name: str) -> list[Layer]:
    return []


_ALL = re.compile(r"\A(?:block:)?(?P<name>.+)\Z", re.DOTALL)
# boot= has other meanings too: live, local, zfs (initramfs-tools and its scripts).
_IF_DEVICE = re.compile(r"\A(?P<name>(?:/dev/|(?:PART)?(?:UUID|LABEL)=).+)\Z", re.DOTALL)
_TO_COLON = re.compile(r"\A(?P<name>(?:/dev/|(?:PART)?(?:UUID|LABEL)=)[^:]+)")
# What, mount point and kind of filesystem, and options, as of a line in fstab.
_MAY_BE_ABSENT = r":[^:]*:[^:]*:(?:.*,)?(?:nofail|noauto)(?:,|\Z)"
_NOT_WAITED_FOR = re.compile(rf"{_TO_COLON.pattern}(?={_MAY_BE_ABSENT})")
_WAITED_FOR = re.compile(rf"{_TO_COLON.pattern}(?!{_MAY_BE_ABSENT})(?=:|\Z)")
_OPTIONS = re.compile(r"(?:\A|,)(?:logdev|rtdev|journal_path|device)=(?P<name>/dev/[^,]+)")
_SOURCE = re.compile(r"(?:\A|,)source=(?P<name>[^,]+)")
_KEY_DEVICE = re.compile(r":(?P<name>(?:UUID|LABEL)=[^:]+|/dev/[^:]+)")
_UUID = re.compile(r"\A(?:luks-)?(?P<name>[0-9A-Fa-f:-]{4,})")
_OF_UUID = re.compile(r"\A[^=]+=(?P<name>(?:/dev/|(?:PART)?(?:UUID|LABEL)=).+)\Z", re.DOTALL)
_HEADER_DEVICE = re.compile(r"(?:=|,)header=(?P<name>/dev/[^:,]+)")
_WORD = re.compile(r"\A(?P<name>[^\s,]+)")

ARGUMENTS = (
    Argument(("root",), _ALL, specs.filesystems, Need.STOPS, is_last_only=True),
    Argument(("real_root",), _IF_DEVICE, specs.filesystems, Need.STOPS, is_last_only=True),
    Argument(("mount.usr",), _IF_DEVICE, specs.filesystems, Need.STOPS, is_last_only=True),
    Argument(("usr", "verity.usr"), _IF_DEVICE, specs.filesystems, Need.STOPS, is_last_only=True),
    Argument(
        tuple(f"systemd.verity_{what}_{part}" for what in ("root", "usr") for part in ("data", "hash")),
        _IF_DEVICE,
        specs.filesystems,
        Need.STOPS,
        is_last_only=True,
    ),
    # dracut's fips module goes on without its check.
    Argument(("boot",), _IF_DEVICE, specs.filesystems, is_last_only=True),
    Argument(("resume", "real_resume"), _ALL, specs.filesystems, is_last_only=True),
    Argument(("rootflags", "real_rootflags"), _OPTIONS, specs.filesystems, Need.STOPS, is_last_only=True, as_path=True),
    # As a line of fstab, for which systemd stops where it is not said to go on.
    Argument(("systemd.mount-extra", "rd.systemd.mount-extra"), _WAITED_FOR, specs.filesystems, Need.STOPS),
    Argument(("systemd.mount-extra", "rd.systemd.mount-extra"), _NOT_WAITED_FOR, specs.filesystems),
    Argument(("systemd.swap-extra", "rd.systemd.swap-extra"), _TO_COLON, specs.filesystems),
    # Of these dracut waits for each, and does not start the guest without it, be it the swap space's.
    Argument(("rd.lvm.lv",), _WORD, specs.volumes, Need.DRACUT),
    Argument(("rd.lvm.vg",), _WORD, specs.volumes_of_group, Need.DRACUT),
    Argument(("rd.luks.uuid",), _UUID, specs.encrypted, Need.DRACUT),
    Argument(("rd.luks.partuuid",), _WORD, specs.partitions, Need.DRACUT),
    Argument(("rd.md.uuid",), _UUID, specs.members_of_array, Need.DRACUT),
    Argument(("rd_LVM_LV",), _WORD, specs.volumes),
    Argument(("rd_LVM_VG",), _WORD, specs.volumes_of_group),
    Argument(("rd_LUKS_UUID", "luks.uuid", "rd.luks.name", "luks.name"), _UUID, specs.encrypted),
    Argument(("rd_MD_UUID",), _UUID, specs.members_of_array),
    Argument(("rd.luks.key", "luks.key", "cryptkey"), _KEY_DEVICE, specs.filesystems),
    Argument(("cryptkey",), _TO_COLON, specs.filesystems),
    Argument(("cryptdevice",), _TO_COLON, specs.filesystems),
    Argument(("cryptopts",), _SOURCE, specs.filesystems),
    Argument(("crypt_root", "crypt_swap", "luks_root", "cryptroot", "cryptheader"), _IF_DEVICE, specs.filesystems),
    Argument(("rd.luks.data", "luks.data"), _OF_UUID, specs.filesystems),
    Argument(("rd.luks.options", "luks.options"), _HEADER_DEVICE, specs.filesystems, as_path=True),
    Argument(("zfs",), re.compile(r"\A(?P<name>(?!bootfs\b|auto\b)[^\s,]+)"), specs.members_of_pool, Need.STOPS),
    # What can be said by the names, numbers and serial numbers of the old hardware alone.
    Argument(("md",), re.compile(r"(?P<name>/dev/[^,]+)"), _only_on_its_hardware),
    Argument(("dm-mod.create", "dm"), re.compile(r"(?P<name>/dev/[^\s,]+|\b\d+:\d+\b)"), _only_on_its_hardware),
    Argument(("rd.luks.serial",), _WORD, _only_on_its_hardware),
)
_BY_KEY: dict[str, list[Argument]] = {}
for _argument in ARGUMENTS:
    for _key in _argument.keys:
        _BY_KEY.setdefault(_key, []).append(_argument)

# What the initrd or systemd finds by other means than the argument.
_FOUND_OTHERWISE = re.compile(r"gpt-auto(?:-force)?|fstab|off|none|auto|dissect(?:-force)?|")
# Roots that are on no disk, or in an image on one; and what names such storage.
_NOT_ON_DISKS = re.compile(
    r"(?:nfs4?|nbd|iscsi|fcoe|cifs|aoe|virtiofs|9p|zfs|live|livenet|nfsroot|https?|ftp|tftp|bind|netboot):.*"
    r"|ZFS=.*|/dev/(?:nfs|cifs|ram\d*|root)|dhcp6?|either6|ibft|tmpfs|overlay"
)
# genkernel's own root, before real_root=.
_MEMORY = re.compile(r"/dev/ram\d*")
_NETWORK = re.compile(r"(?:netroot|nfsroot|nbdroot|rd\.nvmf\.\w+|rd\.iscsi\.(?!waitnet|testroute)\w+|iscsi_\w+)")
# Those that make a device below /dev/mapper, and the name that it gets.
_UNSET = ("", "0", "off", "none")
_MAKING = (
    (("cryptdevice",), re.compile(r"[^:]+:(?P<name>[^:]+)")),
    (("rd.luks.name", "luks.name"), re.compile(r"[^=]+=(?P<name>.+)")),
    (("rd.luks.uuid", "luks.uuid"), re.compile(r"(?P<name>luks-.+)")),
    (("cryptdm",), re.compile(r"(?P<name>.+)")),
    (("cryptopts",), re.compile(r"(?:.*,)?target=(?P<name>[^,]+).*")),
)
# Verity's, of /usr (systemd-veritysetup-generator(8), Flatcar).
_OF_USR = ("usrhash", "verity.usr", "verity.usrhash", "systemd.verity_usr_data")


def edited(names: Names, argument: str, removed: Collection[str] = ()) -> str | None:
    """An argument of the kernel's command line, with the devices in it that the hardware named by UUID.

    None for one that is for the removed disks (their ids) alone: dracut would wait for them.
    """
    key, equals, value = argument.partition("=")
    for row in _BY_KEY.get(key, ()) if equals else ():
        if not row.as_path and row.is_only_on(names, value, removed):
            return None
        value = row.edited(names, value)
    return f"{key}={value}" if equals else argument


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for each argument of the boot menu's that names what is not there, or cannot be named on the target."""
    menu = root.boot_menu
    made = {row.fields[0] for row in tables.rows(root.read("/etc/crypttab") or "") if row.fields}
    # The default entry is the first, and of most effect: what others say too is told of once.
    seen: set[str] = set()
    found = []
    for entry in sorted(menu.entries, key=lambda entry: entry is not menu.default):
        found += _Entry(root, names, entry, made).concerns(seen)
    return found


class _Entry:
    """An entry of the boot menu, while it is looked at. made: names below /dev/mapper that the guest makes."""

    def __init__(self, root: GuestRoot, names: Names, entry: Entry, made: Collection[str]) -> None:
        self._root, self._names, self._entry = root, names, entry
        self._is_default = entry is root.boot_menu.default
        self._arguments = kernel_arguments.split(entry.arguments)
        self._last = dict(argument.partition("=")[::2] for argument in self._arguments)
        self._made = {*made, *_made_by(self._arguments)}

    def concerns(self, seen: set[str]) -> list[Concern]:
        """The concerns about its arguments but those in seen, to which they are added."""
        if not self._is_default and self._starts_another():
            return []
        fresh = [argument for argument in dict.fromkeys(self._arguments) if argument not in seen]
        found = []
        for argument in fresh:
            told = self._of(argument)
            # One that does not count here may count in another entry.
            if told or self._counts(argument):
                seen.add(argument)
            found += told
        return found

    def _counts(self, argument: str) -> bool:
        key, _equals, value = argument.partition("=")
        return self._last[key] == value

    def _own(self) -> Filesystem:
        return self._root.mount_plan.root.filesystem

    def _starts_another(self) -> bool:
        """Whether the entry's root is on the disks, and is not this one."""
        found = specs.filesystems(self._names, _without_prefix(self._entry.root))
        return bool(found) and (self._own() not in found or entries.selects_another(self._entry, self._root))

    def _of(self, argument: str) -> list[Concern]:
        key, equals, value = argument.partition("=")
        if not equals:
            return []
        if key == "root" and "real_root" in self._last and _MEMORY.fullmatch(value):
            return []
        if _NETWORK.fullmatch(key):
            return [_network(argument)] if value not in _UNSET else []
        if key not in _BY_KEY:
            return [_not_understood(argument, name) for name in sorted(device_names.of_hardware(value))]
        rows = [each for each in _BY_KEY[key] if not each.is_last_only or self._last[key] == value]
        lost = self._lost_subvolumes(value) if key == "rootflags" and rows else []
        return lost + [told for each in rows for name in each.found(value) for told in self._of_name(each, key, name)]

    def _lost_subvolumes(self, options: str) -> list[Concern]:
        lost = specs.lost_subvolumes(self._own(), self._names, options)
        return [
            _unknown(self._names, "The kernel's command line (rootflags=)", option, self._is_default) for option in lost
        ]

    def _of_name(self, row: Argument, key: str, name: str) -> list[Concern]:
        if _FOUND_OTHERWISE.fullmatch(name):
            return []
        if row.nodes is _only_on_its_hardware:
            return [_not_understood(f"{key}=", name)]
        stops = self._is_default and self._stops(row)
        where = f"The kernel's command line ({key}=)"
        if row.nodes(self._names, name):
            if key == "root" and self._is_default and self._starts_another():
                return [_another(self._root, self._entry)]
            return shared(self._names, where, name) + self._not_nameable(where, key, name, _severity(stops))
        if key == "root" and _NOT_ON_DISKS.fullmatch(name):
            return [_not_on_disks(name, stops)]
        # What is within an encrypted device is not the system that is converted.
        is_made = key not in ("root", "real_root") and self._is_made(name)
        return [] if is_made else [_unknown(self._names, where, name, stops)]

    def _stops(self, row: Argument) -> bool:
        """Whether the guest does not start where what the argument names is not there."""
        return row.need is Need.STOPS or (row.need is Need.DRACUT and any(map(self._root.is_file, dracut.PROGRAMS)))

    def _not_nameable(self, where: str, key: str, name: str, severity: str) -> list[Concern]:
        """The concern about what is there and cannot be named on other hardware."""
        if not specs.is_of_hardware(name):
            return []
        if specs.stable(self._names, name) is None:
            drivers = self._names.held_by(name)
            return [not_nameable(where, name, severity, NO_IDENTITY, _OF_PARTITIONS, drivers)]
        by_kernel = key in ("root", "resume") and not self._entry.initrds and not self._entry.unified
        if by_kernel and self._names.storage.stable_name(specs.kernel_name(name), tags=("PARTUUID",)) is None:
            return [not_nameable(where, name, severity, _NO_PARTUUID, _OF_PARTITIONS)]
        return []

    def _is_made(self, name: str) -> bool:
        """Whether name is below /dev/mapper, and the command line or crypttab have it made."""
        mapped = name.partition("/dev/mapper/")[2]
        return bool(mapped) and mapped in self._made


def _made_by(arguments: Iterable[str]) -> set[str]:
    """The names below /dev/mapper that these arguments have made."""
    made = set()
    for argument in arguments:
        key, _equals, value = argument.partition("=")
        if key in _OF_USR:
            made.add("usr")
        matches = (form.fullmatch(value) for keys, form in _MAKING if key in keys)
        made.update(found["name"] for found in matches if found)
    return made


def _without_prefix(value: str) -> str:
    return value.removeprefix("block:")


def names_in(lines: Iterable[str]) -> list[str]:
    """The names of devices on command lines, as the arguments have them, for the names of hardware among them."""
    found = []
    for line in lines:
        for argument in kernel_arguments.split(line):
            key, _equals, value = argument.partition("=")
            found += [name for row in _BY_KEY.get(key, ()) for name in row.found(value)]
    return found


_HINT = "correct the argument in the configuration of the guest's boot loader."
_NO_PARTUUID = "no PARTUUID, by which alone a kernel without an initrd finds it"
_OF_PARTITIONS = "; a partition has one in a GPT, or where the partition table has an identifier"


def _unknown(names: Names, where: str, name: str, stops: bool) -> Concern:
    return unknown(names, where, name, _severity(stops), _HINT)


def _severity(stops: bool) -> str:
    return "error" if stops else "warning"


def _not_on_disks(name: str, stops: bool) -> Concern:
    return Concern(
        "root-not-on-disks",
        _severity(stops),
        f"The kernel's command line has root={name}: that root filesystem is not one of the disks' filesystems, so "
        f"guestconv cannot prepare it.{' The guest would not start from the disks.' if stops else ''}",
        f"If the guest starts from its disks, {_HINT}",
    )


def _another(root: GuestRoot, entry: Entry) -> Concern:
    flags = f" rootflags={','.join(entry.root_options)}" if entry.root_options else ""
    return Concern(
        "root-of-another-system",
        "error",
        f"The boot menu of {root.name} starts by default with root={entry.root}{flags}, which is another root "
        "filesystem. guestconv would prepare a system that does not start.",
        "Make the entry of this system the default in the guest, or name the other system in the option root.",
    )


def _network(argument: str) -> Concern:
    return Concern(
        "kernel-argument-left",
        "warning",
        f"The kernel's command line has {argument}, which names storage on the network. guestconv leaves it as it is.",
        "Make sure that the guest reaches that storage from the target, or remove the argument in the guest.",
    )


def _not_understood(argument: str, name: str) -> Concern:
    return Concern(
        "kernel-argument-left",
        "warning",
        f"The kernel's command line has {argument}, which names {name} after the old hardware. guestconv leaves it as "
        "it is, and it may mean something else on the target, or nothing.",
        f"If the guest needs it, {_HINT}",
    )
