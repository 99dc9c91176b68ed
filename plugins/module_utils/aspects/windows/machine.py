# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows expects of the virtual machine besides its devices: its UUID, its clock, the hypervisor's interface, a TPM."""

from __future__ import annotations

import re

from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...model.description import Findings
from ...texts import registry
from ..plan import Plan
from . import release

NAME = "machine"
INSPECT_AFTER: tuple[str, ...] = ()
CONVERT_AFTER: tuple[str, ...] = ()

_TIME_ZONE = r"Control\TimeZoneInformation"
# Windows takes the hardware's clock for UTC where it is 1, and for the local time where it is not.
_UNIVERSAL = "RealTimeIsUniversal"
# What the firmware said of the machine when Windows 8 or later started last, among others its UUID (SMBIOS type 1).
_CONFIGURATION = "HardwareConfig"
_UUID = re.compile(r"\{([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}", re.IGNORECASE)
# What a firmware has that knows none.
_NO_UUIDS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")

_KVM = "kvm"


def inspect(root: GuestRoot) -> Findings:
    """Nothing that can be chosen."""
    return Findings()


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have the machine's clock, UUID and hypervisor be what Windows knows. Raises GuestconvError."""
    plan.hardware.of_guest.update(of_guest(root, is_on_kvm=_KVM in plan.target.hypervisors))
    if not plan.target.has_local_time and plan.hardware.of_guest["clock"] == "localtime":
        plan.hardware.of_guest["clock"] = _to_universal(root)


def of_guest(root: GuestRoot, is_on_kvm: bool) -> dict[str, str | bool]:
    """The keys of the target's hardware that Windows knows best. Raises GuestconvError."""
    found: dict[str, str | bool] = {}
    uuid = _uuid(root)
    if uuid:
        found["uuid"] = uuid
    current = release.controlled(root, "")
    universal = release.number(current.key(_TIME_ZONE), _UNIVERSAL) if current else None
    found["clock"] = "utc" if universal == 1 else "localtime"
    known = release.of(root)
    if known:
        found["windows"] = f"{known.major}.{known.minor}.{known.build}"
    if is_on_kvm:
        found["hyperv"] = True
    if root.guest.hardware.get("tpm"):
        found["tpm"] = True
    return found


def _uuid(root: GuestRoot) -> str:
    """The UUID that Windows saw, which is in another order of bytes than VMware shows it; "" where it is not known.

    Licences are bound to it.
    """
    hive = root.hive(release.SYSTEM, "")
    match = _UUID.fullmatch(release.text(hive.key(_CONFIGURATION) if hive else None, "LastConfig"))
    uuid = match.group(1).lower() if match else ""
    return "" if uuid in _NO_UUIDS else uuid


def _to_universal(root: GuestRoot) -> str:
    """Have Windows take the hardware's clock for UTC. The clock that the machine is to have."""
    current = release.controlled(root, "the clock of the target's machines is at UTC")
    zone = current.key(_TIME_ZONE) if current else None
    if zone is None:
        raise GuestconvError(
            "registry-malformed",
            f"The registry of {root.name} has no key {_TIME_ZONE}, so its clock cannot be set to UTC.",
            hint="Start Windows on its old hypervisor, and set its time zone.",
        )
    zone.set(_UNIVERSAL, registry.dword(1))
    return "utc"
