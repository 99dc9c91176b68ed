# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The opened guest: its filesystems, by the names that the guest knew them by, and its roots.

libguestfs's inspect_os knows every system but costs about as much as the launch. Nearly every guest is told by far
less: a filesystem with an os-release. inspect_os is asked where that finds nothing.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from ..appliance.appliance import ApplianceError
from ..errors import GuestconvError
from ..texts import fstab
from . import device_names
from .root import GuestRoot
from .volumes import Volumes

# The filesystems that a Linux root can stand on.
_ROOT_TYPES = frozenset(("ext2", "ext3", "ext4", "xfs", "btrfs", "reiserfs", "f2fs", "jfs"))
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")

# Types of extended partitions: CHS, LBA, Linux (sfdisk --list-types).
_EXTENDED = frozenset((0x05, 0x0F, 0x85))

# A file that is there, and what its being there says.
_PACKAGE_FORMATS = (("/var/lib/dpkg/status", "deb"), ("/var/lib/rpm", "rpm"), ("/usr/lib/sysimage/rpm", "rpm"))
_PACKAGE_MANAGERS = (
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/dnf", "dnf"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/bin/yum", "yum"),
)
_INIT_SYSTEMS = (
    ("/lib/systemd/systemd", "systemd"),
    ("/usr/lib/systemd/systemd", "systemd"),
    ("/sbin/openrc-init", "openrc"),
    ("/etc/inittab", "sysvinit"),
)


@dataclass(frozen=True)
class Filesystem:
    """A filesystem, swap space, or container of one (LUKS, LVM), as blkid tells it.

    device: the appliance's name of it. It must not reach the guest.
    name: the guest's name of it ("/dev/sda1", "/dev/vg/root").
    disk: the guest's name of the disk that it is on ("sda"), "" for a logical volume; see Guest.disks_of.
    """

    device: str
    name: str
    disk: str
    type: str
    uuid: str
    label: str
    partuuid: str
    partlabel: str
    parttype: str


class Guest:
    """The disks of one guest, opened in a launched appliance.

    target: targets.Target.
    hardware: what the source hypervisor knows, as the caller gave it.
    roots: guest.root.GuestRoot, once find_roots was called.
    """

    def __init__(self, appliance, disks, target, hardware):
        self.appliance = appliance
        self.disks = disks
        self.target = target
        self.hardware = hardware
        self._boot_sectors = {}
        self.filesystems = self._find_filesystems()
        self.roots = []
        self._mounted = {}

    def fingerprint(self):
        """sha256 of the identity of the disks: their sizes, and the identifiers of what is on them.

        Conversion changes none of these, so a description fits the guest before and after.
        """
        identity = [[disk.device, disk.virtual_size] for disk in self.disks]
        identity += [[f.name, f.type, f.uuid, f.partuuid] for f in self.filesystems]
        return "sha256:" + hashlib.sha256(json.dumps(identity).encode()).hexdigest()

    def boot_sector(self, index):
        """The first 512 bytes of the disk number index."""
        if index not in self._boot_sectors:
            self._boot_sectors[index] = self.appliance.pread_device(self.appliance.device(index), 512, 0)
        return self._boot_sectors[index]

    @cached_property
    def _volumes(self):
        return Volumes(self.appliance, self.filesystems)

    def filesystem(self, spec, beside=()):
        """The filesystem that spec names, the first of those that filesystems_called gives; None when there is none."""
        return next(iter(self.filesystems_called(spec, beside)), None)

    def filesystems_called(self, spec, beside=()):
        """The filesystems that spec names, in a form that fstab(5) or root= on the kernel's command line has.

        Several have the same UUID where a disk was cloned. None where spec names none of this guest's, or is a name
        that only the old hardware gave (by-path, by-id), and not clearly of a partition of the guest's only disk.
        beside: the other names that the guest uses, by which that is told.
        """
        key, equals, value = spec.partition("=")
        if equals:
            attribute = {"UUID": "uuid", "LABEL": "label", "PARTUUID": "partuuid", "PARTLABEL": "partlabel"}.get(key)
            return self._having(attribute, value.strip("\"'")) if attribute else []
        link = re.match(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)$", spec)
        if link:
            # udev writes characters that cannot stand in a file's name as \xHH (udev's ID_FS_LABEL_ENC).
            value = re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match.group(1), 16)), link.group(2))
            return self._having(link.group(1), value)
        uuid = device_names.logical_volume_uuid(spec)
        if uuid:
            return [volume for volume in [self._volumes.by_uuid(uuid)] if volume]
        number = device_names.partition_on_only_disk(spec, beside) if len(self.disks) == 1 else None
        if number:
            spec = f"/dev/{device_names.partition(self.disks[0].device, number)}"
        return self._having("name", device_names.logical_volume(spec))

    def disks_of(self, filesystem):
        """The guest's names of the disks (frozenset) without which the filesystem is not whole."""
        return frozenset((filesystem.disk,)) if filesystem.disk else self._volumes.disks(filesystem)

    @contextmanager
    def mounted(self, root, read_only):
        """Have root and what its fstab mounts mounted, while the block runs."""
        try:
            self._show(root.mounts, read_only)
            yield root
        finally:
            root.close()
            if not read_only:
                self._show({}, read_only=True)

    def _show(self, mounts, read_only):
        """Have mounts ({path: (filesystem's name, options)}) mounted and no others. A mount takes half a second."""
        if not self._mounted.items() <= mounts.items():
            self.appliance.umount_all()
            self._mounted = {}
        for mountpoint, mount in sorted(mounts.items(), key=lambda item: len(item[0])):
            filesystem = self._having("name", mount[0])[0]
            if mountpoint not in self._mounted:
                options = ",".join(filter(None, ("ro" if read_only else "", mount[1])))
                self._mount(filesystem, mountpoint, "mount_options", options, filesystem.device, mountpoint)
            elif not read_only:
                self._mount(filesystem, mountpoint, "remount", mountpoint, rw=True)
            self._mounted[mountpoint] = mount

    def _mount(self, filesystem, mountpoint, *call, **options):
        try:
            self.appliance.call(*call, **options)
        except ApplianceError as error:
            raise GuestconvError(
                "filesystem-not-mounted",
                f"{filesystem.name} ({filesystem.type}) cannot be mounted at {mountpoint}: {error.message}",
                hint="Start the guest once on its old hypervisor, let it check its filesystems, and shut it down.",
            ) from error

    def _having(self, attribute, value):
        return [each for each in self.filesystems if value and getattr(each, attribute) == value]

    def _find_filesystems(self):
        found = []
        partitions = self.appliance.list_partitions()
        for index, disk in enumerate(self.disks):
            device = self.appliance.device(index)
            own = [name for name in partitions if re.fullmatch(re.escape(device) + r"p?\d+", name)]
            containers = self._extended_partitions(index) if own else ()
            for name in own or [device]:
                number = name[len(device) :].lstrip("p")
                if number not in containers:
                    own_name = f"/dev/{device_names.partition(disk.device, number)}"
                    found.append(self._filesystem(name, own_name, disk.device))
        if any(filesystem.type == "LVM2_member" for filesystem in found):
            found += [self._filesystem(volume, volume, "") for volume in sorted(self.appliance.lvs())]
        return found

    def _extended_partitions(self, index):
        """The numbers (str) of those of the disk's partitions that hold no filesystem, but others (MBR).

        A look into each would cost a quarter of a second.
        """
        sector = self.boot_sector(index)
        # Four entries of 16 bytes, the type in the fifth of each.
        return {str(number) for number in range(1, 5) if sector[446 + 16 * (number - 1) + 4] in _EXTENDED}

    def _filesystem(self, device, name, disk):
        tags = self.appliance.blkid(device)
        return Filesystem(
            device,
            name,
            disk,
            type=tags.get("TYPE", ""),
            uuid=tags.get("UUID", ""),
            label=tags.get("LABEL", ""),
            partuuid=tags.get("PART_ENTRY_UUID", ""),
            partlabel=tags.get("PART_ENTRY_NAME", ""),
            parttype=tags.get("PART_ENTRY_TYPE", ""),
        )

    def find_roots(self, wanted=None):
        """Find the operating systems; only the one called wanted, when that is given.

        Raises GuestconvError when there is none that can be converted, with a code that says what there is instead.
        """
        for filesystem in self.filesystems:
            if filesystem.type in _ROOT_TYPES and (wanted is None or filesystem.name == wanted):
                root = self._look_for_system(filesystem)
                if root:
                    self.roots.append(root)
        if not self.roots:
            raise self._no_root(wanted)

    def _look_for_system(self, filesystem):
        """The Linux system (GuestRoot) whose root filesystem is this one; None when there is no system on it."""
        self._show({"/": (filesystem.name, "")}, read_only=True)
        root = GuestRoot(self.appliance, filesystem.name, self)
        release = next((path for path in _OS_RELEASE if root.is_file(path)), None)
        if release is None or not root.is_dir("/etc"):
            return None
        root.mounts = {"/": (filesystem.name, ""), **self._mounts(root.read("/etc/fstab") or "", filesystem)}
        mountpoints = {path: name for path, (name, _options) in root.mounts.items()}
        root.info = {**_system_facts(root, release), "mountpoints": mountpoints}
        return root

    def _mounts(self, text, root):
        """What an fstab (text) mounts below the root filesystem: {path: (filesystem's name, options)}."""
        mounts = {}
        beside = device_names.of_hardware(text)
        for fields in fstab.entries(text):
            if len(fields) < 3 or not fields[1].startswith("/") or fields[1] == "/":
                continue
            # Of clones the one on the root's disk: it is what the guest was seen with.
            found = self.filesystems_called(fields[0], beside)
            mounted = min(found, key=lambda each: each.disk != root.disk, default=None)
            if mounted is None or mounted.type in ("", "swap", "swsuspend"):
                continue
            # btrfs(5): which of its subvolumes. The other options of a line say how, which is no matter here.
            options = [option for option in ",".join(fields[3:4]).split(",") if re.match("subvol(id)?=", option)]
            # Without, the root would show over itself.
            if options or mounted != root:
                mounts[posixpath.normpath(fields[1])] = (mounted.name, ",".join(options))
        return mounts

    def _no_root(self, wanted):
        if wanted is not None:
            return GuestconvError(
                "root-not-found",
                f"There is no operating system on {wanted}.",
                hint="These filesystems are there: " + ", ".join(f.name for f in self.filesystems) + ".",
                path="root",
            )
        if any(filesystem.type == "crypto_LUKS" for filesystem in self.filesystems):
            encrypted = next(f.name for f in self.filesystems if f.type == "crypto_LUKS")
            return GuestconvError(
                "disk-encrypted",
                f"{encrypted} is encrypted with LUKS, and guestconv cannot open it yet.",
                hint="Decrypt the disk in the guest before it moves.",
            )
        self._show({}, read_only=True)
        for device in self.appliance.inspect_os():
            product = self.appliance.inspect_get_product_name(device)
            name = self.appliance.inspect_get_distro(device) if product == "unknown" else product
            return GuestconvError(
                "os-not-supported",
                f"The disks hold an operating system that guestconv cannot convert: {name}.",
                hint="guestconv converts Linux guests; see the README for which.",
            )
        return GuestconvError(
            "no-operating-system",
            f"No operating system was found on {', '.join(disk.path for disk in self.disks)}.",
            hint="Name all of the guest's disks; if a disk is not raw, state its format.",
        )


def _system_facts(root, release):
    names = _assignments(root.read(release))
    version = (names.get("VERSION_ID", "") + ".").split(".")
    return {
        "hostname": (root.read("/etc/hostname") or "").strip() or None,
        "os": "linux",
        "distribution": names.get("ID"),
        "product_name": names.get("PRETTY_NAME"),
        "version": {"major": _number(version[0]), "minor": _number(version[1])},
        "arch": _architecture(root),
        "package_format": _first_there(root, _PACKAGE_FORMATS),
        "package_management": _first_there(root, _PACKAGE_MANAGERS),
        "init": _first_there(root, _INIT_SYSTEMS),
    }


def _assignments(text):
    """The assignments of an os-release file, whose quoting is a subset of the shell's (os-release(5))."""
    found = {}
    for line in text.split("\n"):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = value.strip("\"'").replace("\\", "")
    return found


def _number(text):
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _first_there(root, evidence):
    return next((meaning for path, meaning in evidence if root.exists(path)), None)


def _architecture(root):
    """The machine of the dynamic linker's or shell's ELF header, in the kernel's words (uname -m)."""
    machines = {3: "i686", 62: "x86_64", 183: "aarch64", 21: "ppc64le", 22: "s390x", 243: "riscv64"}
    for path in ("/bin/sh", "/usr/bin/sh", "/sbin/init"):
        if root.is_file(path):
            header = root.head(path, 20)
            if header[:4] == b"\x7fELF":
                order = "little" if header[5] == 1 else "big"
                return machines.get(int.from_bytes(header[18:20], order))
    return None
