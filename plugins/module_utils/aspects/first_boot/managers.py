# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package managers that install packages at the first boot, as data: one row each."""

from __future__ import annotations

from dataclasses import dataclass

from ...guest.root import GuestRoot


@dataclass(frozen=True)
class Manager:
    """A package manager, by its commands, to which the runner adds names or files.

    kind: the format of its packages. programs: paths of its program.
    is_installed: succeeds if the package "$1" is installed. local: installs files without a repository. update: fetches the
    lists of the repositories, "" where the installation does. by_name: installs names, and what they need, from the
    repositories. with_dependencies: installs files likewise.
    """

    name: str
    kind: str
    programs: tuple[str, ...]
    is_installed: str
    local: str
    update: str
    by_name: str
    with_dependencies: str


def _rpm(name: str, install: str, with_files: str = "", update: str = "") -> Manager:
    programs = (f"/usr/bin/{name}", f"/bin/{name}")
    return Manager(name, "rpm", programs, 'rpm -q "$1"', "rpm -U", update, install, with_files or install)


# As `ansible.builtin.apt` installs: no question, and the administrator's configuration files stay.
_APT = "apt-get -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install"

# Where a guest has several, the first: dnf stands in for yum where both are there.
MANAGERS = (
    Manager(
        "apt",
        "deb",
        ("/usr/bin/apt-get", "/bin/apt-get"),
        "dpkg-query -W -f '${Status}\\n' \"$1\" | grep -q ' installed$'",
        "dpkg --force-confdef --force-confold -i",
        "apt-get update",
        f"DEBIAN_FRONTEND=noninteractive {_APT}",
        f"DEBIAN_FRONTEND=noninteractive {_APT}",
    ),
    _rpm("dnf", "dnf -y install"),
    # zypper takes packages without a signature for files only if it is allowed to (zypper(8), --allow-unsigned-rpm).
    _rpm("zypper", "zypper --non-interactive install", "zypper --non-interactive install --allow-unsigned-rpm"),
    _rpm("yum", "yum -y install"),
    _rpm("tdnf", "tdnf -y install"),
    _rpm("microdnf", "microdnf -y install"),
    # ALT's.
    _rpm("apt-get", "apt-get -y install", update="apt-get update"),
    Manager(
        "apk",
        "apk",
        ("/sbin/apk", "/usr/bin/apk"),
        'apk info -e "$1"',
        "apk add --no-network",
        "apk update",
        "apk add",
        "apk add",
    ),
    # Without `-y`: new lists with an old system is what Arch does not support (its wiki, "Partial upgrades").
    Manager(
        "pacman",
        "pacman",
        ("/usr/bin/pacman",),
        'pacman -Q "$1"',
        "pacman -U --noconfirm --needed",
        "",
        "pacman -S --noconfirm --needed",
        "pacman -U --noconfirm --needed",
    ),
)


def manager_of(root: GuestRoot) -> Manager | None:
    """The package manager of the guest; None for one that is not known."""
    there = set(root.glob(*(path for each in MANAGERS for path in each.programs), "/usr/bin/dpkg"))
    found = [each for each in MANAGERS if there.intersection(each.programs)]
    return next((each for each in found if each.kind != "deb" or "/usr/bin/dpkg" in there), None)
