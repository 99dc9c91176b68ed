# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows: whether there is such a system on a root, the facts of it, and its aspects."""

from __future__ import annotations

from typing import Any

from ..aspects.aspect import Aspect
from ..aspects.windows import (
    boot,
    condition,
    devices,
    drives,
    first_boot,
    machine,
    network,
    products,
    release,
    storage,
    tools,
)
from ..errors import GuestconvError
from ..guest.hives import WINDOWS_CONFIGURATION, Key
from ..guest.root import GuestRoot
from ..guest.storage.mounts import Mount, MountPlan
from ..model.concerns import Concern
from ..packages.manager import Application
from ..texts.inf import Release

NAME = "windows"

# Early is what looks into another volume, for which the hives of this one are closed.
ASPECTS: tuple[Aspect, ...] = (condition, boot, storage, devices, tools, machine, network, first_boot)

ROOT_FILESYSTEMS = frozenset(("ntfs",))

_KERNEL = "/Windows/System32/ntoskrnl.exe"
# By INF's words, in those of uname -m.
_MACHINES = {"amd64": "x86_64", "x86": "i686", "arm64": "aarch64"}
_HOST_NAME = r"Services\Tcpip\Parameters"
_COMPUTER_NAME = r"Control\ComputerName\ComputerName"
_MACHINE = r"Microsoft\Cryptography"
# The first build of Windows 11, which calls itself Windows 10 in ProductName.
_WINDOWS_11 = 22000


def mounts(root: GuestRoot, mount: Mount) -> MountPlan | None:
    """Windows mounts what it has by itself; of its own root nothing else is needed. None when it is no root of Windows."""
    return MountPlan((mount,)) if root.is_dir(root.spelled("/Windows/System32")) else None


def detect(root: GuestRoot) -> bool:
    """Whether there is a Windows on the mounted root: its kernel, or the hive that it starts from."""
    return any(root.exists(root.spelled(path)) for path in (f"{WINDOWS_CONFIGURATION}/SYSTEM", _KERNEL))


def instance(root: GuestRoot) -> str:
    """The GUID that setup makes for each installation."""
    try:
        software = root.hive(release.SOFTWARE, "")
    except GuestconvError:
        return ""
    return release.text(software.key(_MACHINE) if software else None, "MachineGuid")


def facts(root: GuestRoot) -> dict[str, Any]:
    """The facts for roots.<name>.info in the description, less what every system has (its mountpoints, its identity).

    Those of a registry that cannot be read are None; the aspect `condition` has the error.
    """
    found: dict[str, Any] = {
        "hostname": None,
        "os": NAME,
        "distribution": NAME,
        "product_name": None,
        "edition": None,
        "version": {"major": None, "minor": None},
        "arch": None,
        "package_format": None,
        "package_management": None,
        "init": None,
        "source": None,
    }
    try:
        current = release.controlled(root, "")
        found["hostname"] = _host_name(current) or None
        found["drives"] = drives.letters(root)
        known = release.of(root)
        if known:
            named = {"product_name": _product_name(root, known), "edition": release.of_version(root, "EditionID")}
            found.update(_of_release(known), **{key: text or None for key, text in named.items()})
    except GuestconvError:
        pass
    return found


def _of_release(known: Release) -> dict[str, Any]:
    return {
        "version": {"major": known.major, "minor": known.minor},
        "build": known.build or None,
        "product_variant": "server" if known.is_server else "client",
        "arch": _MACHINES.get(known.arch),
    }


def _host_name(current: Key | None) -> str:
    """The name by which the network knows it; else that of NetBIOS, which is shorter."""
    if current is None:
        return ""
    parameters = current.key(_HOST_NAME)
    names = (release.text(parameters, name) for name in ("Hostname", "NV Hostname"))
    return next(filter(None, names), "") or release.text(current.key(_COMPUTER_NAME), "ComputerName")


def _product_name(root: GuestRoot, known: Release) -> str:
    name = release.of_version(root, "ProductName")
    if known.nt == (10, 0) and known.build >= _WINDOWS_11 and not known.is_server:
        return name.replace("Windows 10", "Windows 11")
    return name


def applications(root: GuestRoot) -> list[Application]:
    """What is listed as installed, for all users. Raises GuestconvError."""
    return products.applications(root)


def concerns(root: GuestRoot) -> list[Concern]:
    """None: the aspect `condition` has what a person should know of the system."""
    return []


def has_kernel(root: GuestRoot) -> bool:
    """Whether there is its kernel. One that CompactOS has compressed is shown as a symbolic link that leads nowhere."""
    return root.exists(root.spelled(_KERNEL))


def starts(root: GuestRoot) -> frozenset[str]:
    """The names of the roots that the boot configuration names, if there is another Windows. It costs opening a hive."""
    is_alone = sum(each.info["os"] == NAME for each in root.guest.roots) < 2
    return frozenset() if is_alone else boot.starts(root)


def may_have_menu(root: GuestRoot) -> bool:
    """Whether the boot manager that the firmware starts has a menu."""
    return boot.may_have_menu(root)
