# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of a Windows guest: with which drivers it can start, and that it starts with the chosen ones.

Drivers that start today stay as they are, so that the guest also starts on the hardware that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...model import target_hardware
from ...model.description import Findings
from ...virtio_win.library import WindowsDriver
from ..plan import Plan
from . import boot_drivers, drivers
from .drivers import Evidence

NAME = "storage"
INSPECT_AFTER = ("condition",)
CONVERT_AFTER = ()

_DRIVERS = "/Windows/System32/drivers"
# A machine without PCI, as Hyper-V's of generation 2, did not need the driver of that bus.
_PCI = "pci"
# What starts together with a driver, where Windows has it: with that of an IDE controller, the one for those of other
# chips; with that of Hyper-V's disks, the filter below it, and what reads the boot disk of a machine with a BIOS, on IDE.
_TOGETHER = {"intelide": ("pciide",), "storvsc": ("storflt", "intelide", "atapi", "pciide")}
_DETAIL = "Windows finds its disks on {}"


def inspect(root: GuestRoot) -> Findings:
    """One block device per disk; with which drivers Windows can start, and which of them it starts at boot today."""
    findings = Findings(devices={"block": dict(_disks(root))})
    system = drivers.inspected(root)
    if system is None:
        return findings
    evidence = Evidence(root, system)
    models = root.guest.target.all_models("block")
    findings.usable["block"] = {model.driver: drivers.reason_for_disk(evidence, model) for model in models}
    return findings


def _disks(root: GuestRoot) -> Iterator[tuple[str, dict[str, Any]]]:
    own = _disks_of_root(root)
    for position, disk in enumerate(root.guest.disks):
        source = (root.guest.hardware.get("disks") or [])[position : position + 1]
        known: Mapping[str, Any] = source[0] if source else {}
        yield (
            disk.device,
            {
                "name": disk.device,
                "driver": known.get("controller"),
                # Windows numbers its disks as it finds them, and calls volumes by what is on them.
                "name_on_target": None,
                "position": position,
                "size": disk.virtual_size,
                "mountpoints": ["/"] if disk.device in own else [],
            },
        )


def _disks_of_root(root: GuestRoot) -> frozenset[str]:
    name = root.info["mountpoints"].get("/", root.name)
    found = next((each for each in root.guest.storage.filesystems if each.name == name), None)
    return root.guest.storage.disks_of(found) if found else frozenset()


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have Windows start from disks of the chosen models.

    Errors: device-required, driver-not-available, where a driver is not there any more, registry-not-written.
    """
    _refuse_needed(root, plan)
    chosen = target_hardware.disk_models([disk.device for disk in root.guest.disks], plan.target, plan.selection)
    for model in {model.driver: model for model in chosen.values()}.values():
        detail = _DETAIL.format(model.driver)
        system = drivers.system_of(root, detail)
        needs = model.windows
        if system is None or needs is None:
            raise _not_available(model.driver, "Windows has no driver for it")
        evidence = Evidence(root, system)
        services = evidence.starts_from(needs)
        boot_drivers.enable(system, [_PCI] if needs.ids else [])
        if services:
            boot_drivers.enable(system, [each for name in services for each in (name, *_TOGETHER.get(name, ()))])
            continue
        offered = evidence.offered(needs)
        if isinstance(offered, str):
            raise _not_available(model.driver, offered)
        _copy(root, evidence, offered, detail)
        boot_drivers.install(system, offered, needs.ids)


def _copy(root: GuestRoot, evidence: Evidence, driver: WindowsDriver, detail: str) -> None:
    """Put the driver's file where its service has it."""
    if evidence.folder is not None:
        name = boot_drivers.file_name(driver)
        path = root.spelled(f"{_DRIVERS}/{name}")
        root.write_bytes(path, evidence.folder.files[name].content(), detail)


def _not_available(driver: str, reason: str) -> GuestconvError:
    return GuestconvError(
        "driver-not-available",
        f"Windows cannot start from a disk on {driver}: {reason}.",
        hint="Choose another driver, or give virtio_win the path of a virtio-win that has the driver.",
        path="guest.devices.block",
    )


def _refuse_needed(root: GuestRoot, plan: Plan) -> None:
    """Refuse to remove the disk that Windows is on, and the one that it starts from."""
    own = _disks_of_root(root)
    first = target_hardware.boot_order([disk.device for disk in root.guest.disks], root.guest.hardware)[:1]
    for device in sorted(plan.selection.removed["block"]):
        if device in own or device in first:
            raise GuestconvError(
                "device-required",
                f"The disk {device} cannot be removed: Windows on {root.name} does not start without it.",
                path=f"guest.devices.block.{device}",
            )
