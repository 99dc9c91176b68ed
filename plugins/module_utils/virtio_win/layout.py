# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How virtio-win arranges its drivers, and which of its folders is for a release of Windows. Pure.

The names of folders and their systems are those of virtio-win-pkg-scripts, util/filemap.py.
"""

from __future__ import annotations

from ..texts.inf import Release

SYSTEMS = frozenset(
    ("2k8", "w7", "2k8r2", "w8", "2k12", "w8.1", "2k12r2", "w10", "2k16", "2k19", "2k22", "2k25", "w11")
)
# What the package of RHEL 7 calls them (drivers/amd64/Win2012R2), and, for a part, what building the drivers does.
_OTHER_NAMES = {
    "win7": "w7",
    "win8": "w8",
    "win8.1": "w8.1",
    "win10": "w10",
    "win11": "w11",
    "wlh": "2k8",
    **{f"win20{year}": f"2k{year}" for year in ("12", "12r2", "16", "19", "22", "25")},
    "win2008": "2k8",
    "win2008r2": "2k8r2",
}
# i386 is in a tree of the ISO in which Windows' installer looks for drivers.
_PROCESSORS = {"x86": "x86", "i386": "x86", "amd64": "amd64", "arm64": "arm64"}
# Of servers from Windows 10's version on, the last first: the build, the folder.
_SERVERS = ((26100, "2k25"), (20348, "2k22"), (17763, "2k19"), (14393, "2k16"))
_WINDOWS_11 = 22000
# Before that: the folder for a client, that for a server.
_BEFORE = {(6, 0): ("2k8", "2k8"), (6, 1): ("w7", "2k8r2"), (6, 2): ("w8", "2k12"), (6, 3): ("w8.1", "2k12r2")}

# QEMU's guest agent, as a package of the Windows Installer. The last two are older names (virt-v2v, inject_virtio_win.ml).
_AGENTS = "guest-agent"
_AGENT_FILES = {
    "qemu-ga-x86_64.msi": "amd64",
    "qemu-ga-i386.msi": "x86",
    "qemu-ga-x64.msi": "amd64",
    "qemu-ga-x86.msi": "x86",
}

# No driver of a virtio device: what a network card of the host, passed through, shares with netkvm.
_NOT_DRIVERS = "sriov"


def place_of(path: str) -> tuple[str, str, str] | None:
    """(folder, architecture, name) of a file, in lower case, by its path below the ISO or directory. None for others.

    The folders are DRIVER/SYSTEM/ARCHITECTURE, also below by-driver, and by-os/ARCHITECTURE/SYSTEM, in any letter case.
    """
    *above, name = path.lower().split("/")
    if len(above) < 2 or _NOT_DRIVERS in above:
        return None
    for folder, processor in ((above[-2], above[-1]), (above[-1], above[-2])):
        system = _OTHER_NAMES.get(folder, folder)
        if system in SYSTEMS and processor in _PROCESSORS:
            return system, _PROCESSORS[processor], name
    return None


def agent_for(path: str) -> str | None:
    """The architecture that a file is QEMU's guest agent for, by its path below the ISO or directory; None for others."""
    directory, _slash, name = path.lower().rpartition("/")
    is_there = directory == _AGENTS or directory.endswith(f"/{_AGENTS}")
    return _AGENT_FILES.get(name) if is_there else None


def folders_for(release: Release) -> list[str]:
    """The folders whose drivers are for this release, the best first: the nearest that is not for a later one.

    ISOs of before a release have none for it. The drivers for a client and a server of the same version are the same.
    """
    if release.nt in _BEFORE:
        client, server = _BEFORE[release.nt]
        return [server, client] if release.is_server and server != client else [client]
    if release.nt != (10, 0):
        return []
    if release.is_server:
        return [*(folder for build, folder in _SERVERS if build <= release.build), "w10"]
    return ["w11", "w10"] if release.build >= _WINDOWS_11 else ["w10"]


def is_copied(name: str, names: frozenset[str]) -> bool:
    """Whether a guest gets the file called name, of those in a folder (in lower case).

    Debugging symbols are for developers. vioprot goes with a card that is passed through. qemufwcfg only keeps the
    device manager from showing an unknown device, and fwcfg is the driver of the same device.
    """
    stem = name.rpartition(".")[0]
    if name.endswith(".pdb") or stem == "vioprot":
        return False
    return stem != "qemufwcfg" or not any(each.startswith("fwcfg.") for each in names)
