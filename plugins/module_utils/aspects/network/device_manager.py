# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gives network cards their names when the guest starts: udev, of systemd or not, or nothing.

The init does not say it. Debian with sysvinit or OpenRC has systemd's udev, Devuan and Void have eudev, and Alpine has
BusyBox's mdev, which renames nothing by itself, with directories of udev's that other packages bring.
"""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from dataclasses import dataclass

from ...guest.root import GuestRoot

# Where systemd's private library is, whose name ends with systemd's version: /lib before Debian merged it into /usr,
# the multi-arch directory from Debian 12 on, lib64 in Fedora.
_LIBRARIES = (
    "/usr/lib/systemd/libsystemd-shared-*.so",
    "/lib/systemd/libsystemd-shared-*.so",
    "/usr/lib/*/systemd/libsystemd-shared-*.so",
    "/usr/lib64/systemd/libsystemd-shared-*.so",
)
# udevd of systemd, of eudev, and from before either (Enterprise Linux 5 and 6, SLES 11, Debian 7).
_PROGRAMS = (
    "/usr/lib/systemd/systemd-udevd",
    "/lib/systemd/systemd-udevd",
    "/usr/sbin/udevd",
    "/sbin/udevd",
    "/usr/bin/udevd",
    "/usr/lib/udev/udevd",
    "/lib/udev/udevd",
)
# Which of them OpenRC starts, where several are installed (Alpine's setup-devd).
_RUNLEVELS = "/etc/runlevels/*/"
_OTHERS, _UDEV = ("mdev", "mdevd"), ("udev", "eudev")
# The rules that apply .link files. An empty file here, or a link to /dev/null, takes them out of force: Debian's and
# Arch Linux's way to have the kernel's names (README.Debian of udev). A pattern, as it finds links that lead nowhere.
_RULES, _APPLIES = "/etc/udev/rules.d/80-net-setup-link.rule[s]", "net_setup_link"


@dataclass(frozen=True)
class DeviceManager:
    """is_udev: whether udev runs, without which cards have the kernel's names.

    systemd: the version of the guest's systemd (252), of which udev is a part; 0 where there is none, or none is known:
    before 231 it had no library of its own.

    applies_links: whether the rules that apply .link files are in force, if there are any.
    """

    is_udev: bool
    systemd: int
    applies_links: bool


def device_manager(root: GuestRoot) -> DeviceManager:
    """The root's DeviceManager. A root is searched once, by one call."""
    with suppress(KeyError):
        return root.recall(DeviceManager)
    services = [f"{_RUNLEVELS}{name}" for name in (*_OTHERS, *_UDEV)]
    paths = root.glob(*_LIBRARIES, *_PROGRAMS, *services, _RULES)
    names = {posixpath.basename(path) for path in paths if path.startswith("/etc/runlevels/")}
    rules = [path for path in paths if path.startswith("/etc/udev/")]
    found = [re.match(r"libsystemd-shared-(\d{1,4})", posixpath.basename(path)) for path in paths]
    version = max((int(each.group(1)) for each in found if each), default=0)
    has_program = bool(version) or any(path in _PROGRAMS for path in paths)
    starts_another = bool(names.intersection(_OTHERS)) and not names.intersection(_UDEV)
    applies_links = all(_APPLIES in (root.read(path) or "") for path in rules)
    manager = DeviceManager(has_program and not starts_another, version, applies_links)
    root.remember(manager)
    return manager
