# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may keep Windows from installing new drivers at its first boot: policies, and programs that watch over it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from . import products, release

# Microsoft, "Manage device installation with Group Policy" (DeviceInstallation.admx). The policies of a domain are in the
# same key; Group Policy\History, by which virt-v2v warns, lists that there are any, which each member of a domain has.
_RESTRICTIONS = r"Policies\Microsoft\Windows\DeviceInstall\Restrictions"
_NANO, _CODE_INTEGRITY = "nano server", r"Control\CI\Policy"
_DENYING = ("DenyUnspecified", "DenyDeviceIDs", "DenyDeviceClasses", "DenyInstanceIDs", "DenyRemovableDevices")

# Names of products that were seen to block drivers, or to make a guest stop with 0x7B (virt-v2v(1), "Windows: installing
# of antivirus"; convert/convert_windows.ml).
_ANTIVIRUS = re.compile(
    r"\b(?:antivirus|anti-virus|endpoint (?:security|protection)|virusscan|avast|avg|avira|bitdefender|carbon black|"
    r"crowdstrike|cylance|eset|f-secure|kaspersky|mcafee|norton|panda|sentinel ?(?:one|agent)|sophos|symantec|"
    r"trellix|trend micro)\b",
    re.IGNORECASE,
)
_SHOWN = 5


def concerns(root: GuestRoot) -> list[Concern]:
    """The concerns about a Windows with a registry that can be read. Raises GuestconvError."""
    return [*_restricted(root), *_limited(root), *_watched(root)]


def s_mode(root: GuestRoot) -> Iterator[Concern]:
    """Windows in S mode runs no cmd.exe and no PowerShell. Raises GuestconvError.

    learn.microsoft.com, "Planning a Windows 10 in S mode deployment".
    """
    current = release.controlled(root, "")
    if release.number(current.key(_CODE_INTEGRITY) if current else None, "SkuPolicyRequired") == 1:
        yield _about(root, "is in S mode, which runs no scripts: that of the first boot may not run")


def _limited(root: GuestRoot) -> Iterator[Concern]:
    """Nano Server has none of the commands by which the script finds a card ("Getting Started with Nano Server")."""
    if release.of_version(root, "InstallationType").casefold() == _NANO:
        yield _about(
            root,
            "is a Nano Server, which has no Windows Installer, and no commands by which the first boot finds cards",
        )


def _about(root: GuestRoot, why: str) -> Concern:
    return Concern(
        "windows-first-boot-limited",
        "warning",
        f"Windows on {root.name} {why}.",
        "Choose the devices that the guest has today, or install drivers and set addresses by hand on the target.",
    )


def _restricted(root: GuestRoot) -> Iterator[Concern]:
    software = root.hive(release.SOFTWARE, "")
    key = software.key(_RESTRICTIONS) if software else None
    denying = [name for name in _DENYING if release.number(key, name)]
    if denying:
        yield Concern(
            "windows-driver-policy",
            "warning",
            f"A policy of Windows on {root.name} restricts which devices may be installed ({', '.join(denying)}). Drivers "
            "for the target's devices may not be installed by it.",
            "Lift the policy (Computer Configuration, System, Device Installation, Device Installation Restrictions) before "
            "the guest moves, or allow the classes of the new devices.",
        )


def _watched(root: GuestRoot) -> Iterator[Concern]:
    names = [each.name for each in products.found(root) if _ANTIVIRUS.search(f"{each.name} {each.publisher}")]
    if names:
        listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        yield Concern(
            "windows-antivirus",
            "warning",
            f"Windows on {root.name} has programs that may block new drivers, or the script of the first boot: {listed}.",
            "If the converted guest does not start, or has no network, turn them off before the guest moves.",
        )
