# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linux: whether there is such a system on a root, the facts of it, and its aspects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import packages
from ..aspects import boot, console, first_boot, graphics, kernel, local_time, network, storage, tools
from ..aspects.aspect import Aspect
from ..aspects.storage.mentions import mdadm
from ..guest.root import GuestRoot
from ..guest.storage.mounts import AUTOMATIC_PATHS, Mount, MountPlan, planned
from ..model.concerns import Concern
from ..packages.manager import Application
from ..texts import fstab
from . import families

NAME = "linux"

ASPECTS: tuple[Aspect, ...] = (boot, kernel, storage, network, console, graphics, tools, local_time, first_boot)

ROOT_FILESYSTEMS = frozenset(("ext2", "ext3", "ext4", "xfs", "btrfs", "reiserfs", "f2fs", "jfs", "nilfs2", "bcachefs"))

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")

# A file that is there, and what its being there says.
_INIT_SYSTEMS = (
    ("/lib/systemd/systemd", "systemd"),
    ("/usr/lib/systemd/systemd", "systemd"),
    ("/sbin/openrc-init", "openrc"),
    ("/etc/inittab", "sysvinit"),
)
_SHELLS = ("/bin/sh", "/usr/bin/sh", "/sbin/init")
# ELF's numbers of machines, in the kernel's words (uname -m).
_MACHINES = {3: "i686", 62: "x86_64", 183: "aarch64", 21: "ppc64le", 22: "s390x", 243: "riscv64"}


def mounts(root: GuestRoot, mount: Mount) -> MountPlan | None:
    """What the system whose root is mounted so mounts itself; None when this is no root of Linux."""
    if not root.is_dir("/etc"):
        return None
    mdadm.learn(root)
    storage = root.guest.storage
    looked_at = AUTOMATIC_PATHS if storage.boot_loader_partitions else ()
    empty = [path for path in looked_at if root.is_dir(path) and not root.list(path)]
    return planned(fstab.parse(root.read("/etc/fstab") or ""), storage, mount, empty)


def detect(root: GuestRoot) -> bool:
    """Whether there is a Linux system on the mounted root, with its /usr."""
    return _release_file(root) is not None


def instance(root: GuestRoot) -> str:
    """The machine's id, which systemd makes at the first start (machine-id(5))."""
    text = (root.read("/etc/machine-id") or "").strip()
    return text if text != "uninitialized" else ""


def _release_file(root: GuestRoot) -> str | None:
    """The path of the file in which the system says what it is; None when there is no system."""
    return next((path for path in _OS_RELEASE if root.is_file(path)), None)


def facts(root: GuestRoot) -> dict[str, Any]:
    """The facts for roots.<name>.info in the description, less what every system has (its mountpoints, its identity)."""
    names = _assignments(root.read(_release_file(root) or "") or "")
    version = (names.get("VERSION_ID", "") + ".").split(".")
    return {
        "hostname": (root.read("/etc/hostname") or "").strip() or None,
        "os": NAME,
        "distribution": names.get("ID"),
        "product_name": names.get("PRETTY_NAME"),
        "version": {"major": _number(version[0]), "minor": _number(version[1])},
        "arch": _architecture(root),
        "package_format": _package_format(root),
        "package_management": _first_there(root, families.PACKAGE_MANAGERS),
        "init": _first_there(root, _INIT_SYSTEMS),
    }


def concerns(root: GuestRoot) -> list[Concern]:
    """What a person should know of the system as such."""
    names = {} if root.info["package_format"] else _assignments(root.read(_release_file(root) or "") or "")
    return families.concerns(root, names)


def applications(root: GuestRoot) -> list[Application]:
    """The packages. Raises GuestconvError."""
    return packages.applications(root)


def has_kernel(root: GuestRoot) -> bool:
    """Whether there are kernel modules: where the kernel itself is, only the boot menu says."""
    return any(root.list(path) for path in ("/lib/modules", "/usr/lib/modules"))


def starts(root: GuestRoot) -> frozenset[str]:
    """None: root.boot_menu has them."""
    return frozenset()


def may_have_menu(root: GuestRoot) -> bool:
    """Whether there is a menu, or a file that makes one, of the boot loader that the firmware starts."""
    return boot.may_have_menu(root)


def _assignments(text: str) -> dict[str, str]:
    """The assignments of an os-release file, whose quoting is a subset of the shell's (os-release(5))."""
    found = {}
    for line in text.split("\n"):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = value.strip("\"'").replace("\\", "")
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _first_there(root: GuestRoot, evidence: Iterable[tuple[str, str]]) -> str | None:
    return next((meaning for path, meaning in evidence if root.exists(path)), None)


def _package_format(root: GuestRoot) -> str | None:
    """The format of packages of the system's database, None without. One that is empty counts where there is no other.

    Fedora's and EPEL's package dpkg makes an empty one, next to that of the system (dpkg.spec, create_database).
    """
    found = next((each for path, each in families.PACKAGE_FORMATS if root.has_content(path)), None)
    return found or _first_there(root, families.PACKAGE_FORMATS)


def _architecture(root: GuestRoot) -> str | None:
    """The machine in the ELF header of the shell or init."""
    for path in _SHELLS:
        if root.is_file(path):
            header = root.head(path, 20)
            if header[:4] == b"\x7fELF":
                machine = header[18:20] if header[5] == 1 else header[19:17:-1]
                return _MACHINES.get(int.from_bytes(machine, "little"))
    return None
