# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The family of a Linux system: what it has of package databases, by which conversion knows it, and not by its name.

A system of a known family, be it a derivative with a name of its own, has its database of packages, the program that
makes its initrds, and its init. Each part of the conversion goes by the one of these that it needs. Where there is no
database, only the search for packages is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..guest.root import GuestRoot
from ..guest.storage import image_based
from ..model.concerns import Concern
from ..texts import fstab

# A file or directory that is there, and what its being there says, in libguestfs's words.
PACKAGE_FORMATS = (
    ("/var/lib/dpkg/status", "deb"),
    ("/var/lib/rpm", "rpm"),
    ("/usr/lib/sysimage/rpm", "rpm"),
    ("/lib/apk/db/installed", "apk"),
    ("/usr/lib/apk/db/installed", "apk"),
    ("/var/lib/pacman/local", "pacman"),
    ("/var/db/pkg", "ebuild"),
    ("/var/db/xbps", "xbps"),
)
PACKAGE_MANAGERS = (
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/dnf", "dnf"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/bin/yum", "yum"),
    ("/usr/bin/tdnf", "tdnf"),
    ("/usr/bin/microdnf", "dnf"),
    ("/sbin/apk", "apk"),
    ("/usr/bin/pacman", "pacman"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/bin/xbps-install", "xbps"),
)

# What such a system is made from at each of its updates (nixos-rebuild(8), guix(1)).
_DECLARED = (("/nix/store", "NixOS"), ("/gnu/store", "Guix System"))
_OVER_ETC = "overlay"


def concerns(root: GuestRoot, names: Mapping[str, str]) -> list[Concern]:
    """What a person should know of the family of the system on root. names: the assignments of its os-release."""
    what = image_based.by_partitions(root.guest.storage)
    if what is None and root.info["package_format"] == "rpm":
        what = _overlaid(root)
    if root.info["package_format"] is None:
        what = what or next((name for store, name in _DECLARED if root.is_dir(store)), None)
        if what is None:
            return [_unknown(root, names)]
    if what is None:
        return []
    error = image_based.error(root.name, what)
    return [Concern("system-image-based", "error", error.message, error.hint)]


def _overlaid(root: GuestRoot) -> str | None:
    """What a system is whose /etc is an overlay, as older openSUSE MicroOS has it: files there hide those that are edited."""
    entries = fstab.parse(root.read("/etc/fstab") or "")
    is_overlaid = any(entry.path == "/etc" and entry.type == _OVER_ETC for entry in entries)
    return "a system with an overlay over /etc (transactional updates)" if is_overlaid else None


def _unknown(root: GuestRoot, names: Mapping[str, str]) -> Concern:
    called = " ".join(filter(None, (names.get("ID"), names.get("ID_LIKE")))) or "it does not say what it is"
    return Concern(
        "family-unknown",
        "warning",
        f"The system on {root.name} ({called}) has no database of packages that guestconv knows. Its boot loader, kernels, "
        "initrds, disks and network are converted by what is found; tools of the old hypervisor that came as packages stay.",
        "Remove the old hypervisor's tools in the guest, and boot the converted guest once before the old one is deleted.",
    )
