# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers that a Windows has, by its registry and files, and those that virtio-win has for it.

Windows starts the driver of the boot disk by what the SYSTEM hive says of the ids on PCI: CriticalDeviceDatabase up to
Windows 7 and Server 2008 R2, DriverDatabase from Windows 8 and Server 2012 on. Both have the drivers that come with
Windows, too. For other devices, it searches its driver packages when it finds the device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...devices.model import Model, WindowsNeeds
from ...errors import GuestconvError
from ...guest.hives import Key
from ...guest.root import GuestRoot
from ...texts import inf
from ...texts.inf import Release
from ...virtio_win.library import Folder, VirtioWin, WindowsDriver
from . import release as releases

# The first version that has DriverDatabase (Windows 8, Server 2012).
WITH_DRIVER_DATABASE = (6, 2)
CRITICAL_DEVICES = "Control\\CriticalDeviceDatabase"
DEVICE_IDS = "DriverDatabase\\DeviceIds\\PCI"
INF_FILES = "DriverDatabase\\DriverInfFiles"
SERVICES = "Services"
_DEVICES = "Enum\\PCI"
_KERNEL_DRIVER = 1

_SYSTEM_ROOT = "/Windows"
# How a service names its file: below the system's directory, whatever it is called.
_IMAGE = re.compile(
    r"(?:\\?%?systemroot%?\\|\\\?\?\\[a-z]:\\windows\\)?((?:[^\\/:*?\"<>|%]+\\)*[^\\/:*?\"<>|%]+\.sys)", re.I
)
_DEVICE = re.compile(r"VEN_[0-9A-F]{4}&DEV_[0-9A-F]{4}|CC_\d+")
# INF files of network cards: those that come with Windows, and those that were installed.
_INF, _NETWORK_INFS = "/Windows/INF", ("[Nn][Ee][Tt]*.[Ii][Nn][Ff]", "[Oo][Ee][Mm]*.[Ii][Nn][Ff]")
_MOST_INFS = 400
_ID = re.compile(r"VEN_[0-9A-F]{4}&DEV_[0-9A-F]{4}(?:&SUBSYS_[0-9A-F]{8})?(?:&REV_[0-9A-F]{2})?")


@dataclass(frozen=True)
class System:
    """The SYSTEM hive of a root, and which Windows it is. top: its topmost key. control_set: the one in use."""

    top: Key
    control_set: Key
    release: Release

    @property
    def has_driver_database(self) -> bool:
        """Whether Windows finds the driver of the boot disk by DriverDatabase."""
        return self.release.nt >= WITH_DRIVER_DATABASE

    @property
    def is_in_test_mode(self) -> bool:
        """Whether Windows was started with test signing on (`bcdedit /set testsigning on`), by what it notes at each boot."""
        options = releases.text(self.control_set.key("Control"), "SystemStartOptions")
        return "TESTSIGNING" in options.upper().split()


def system_of(root: GuestRoot, detail: str = "") -> System | None:
    """The System of root, altered for detail; None where its registry does not have what Windows needs to start."""
    hive, release = root.hive(releases.SYSTEM, detail), releases.of(root)
    current = releases.control_set(hive) if hive else None
    return System(hive.top, current, release) if hive and current and release else None


def inspected(root: GuestRoot) -> System | None:
    """The System of root; None also where the registry cannot be read, which the aspect `condition` reports."""
    try:
        return system_of(root)
    except GuestconvError:
        return None


def devices_in(ids: Iterator[str] | tuple[str, ...]) -> list[str]:
    """The devices that ids are of, without subsystem and revision: "VEN_1AF4&DEV_1042", in their order."""
    found = (_DEVICE.match(each.upper().removeprefix("PCI\\")) for each in ids)
    return list(dict.fromkeys(match.group() for match in found if match))


class Evidence:
    """Which drivers a root has, and which its virtio-win has for it."""

    def __init__(self, root: GuestRoot, system: System) -> None:
        self._root = root
        self._system = system
        self.virtio_win: VirtioWin | None = root.guest.virtio_win
        self.folder: Folder | None = (
            self.virtio_win.folder(system.release, system.is_in_test_mode) if self.virtio_win else None
        )

    # What virtio-win has

    def offered(self, needs: WindowsNeeds) -> WindowsDriver | str:
        """The driver that virtio-win has for a model; a reason, as a part of a sentence, where there is none."""
        release = self._system.release
        if not needs.driver:
            return "Windows has no driver for it"
        if self.virtio_win is None:
            return "Windows has no driver for it, and virtio_win is not given"
        if self.folder is None:
            return (
                f"virtio-win at {self.virtio_win.path} has no folder for Windows "
                f"{release.major}.{release.minor}.{release.build} ({release.arch})"
            )
        found = self.folder.driver(needs.driver)
        if isinstance(found, str):
            return found
        missing = [each for each in devices_in(needs.ids) if each not in devices_in(found.driver.ids)]
        # One of before virtio 1.0 does not drive what a target with PCI Express has.
        return (
            f"{found.file} in virtio-win's folder {self.folder.name} does not know {missing[0]}" if missing else found
        )

    # What the guest has

    def services_of(self, needs: WindowsNeeds) -> tuple[str, ...]:
        """The services by which the guest's own driver runs; () where it has none that can be started."""
        for services in needs.services:
            if all(self.has_service(name) for name in services):
                return services
        return ()

    def has_service(self, name: str) -> bool:
        """Whether a service of this name is a driver whose file is there.

        A key alone says nothing: VMware Tools leave one without Type and ImagePath for drivers that were not installed.
        """
        service = self._system.control_set.key(f"{SERVICES}\\{name}")
        if service is None or releases.number(service, "Type") != _KERNEL_DRIVER:
            return False
        found = _IMAGE.fullmatch(releases.text(service, "ImagePath"))
        if found is None:
            return False
        path = "/".join((_SYSTEM_ROOT, *found.group(1).split("\\")))
        # Those that CompactOS has compressed are shown by ntfs-3g as symbolic links that lead nowhere.
        return self._root.exists(self._root.spelled(path))

    def starts_from(self, needs: WindowsNeeds) -> tuple[str, ...]:
        """The services by which Windows can start from a disk of a model with a driver of its own; () where it cannot."""
        services = self.services_of(needs)
        return services if services and self._knows_disk(needs, services) else ()

    def _knows_disk(self, needs: WindowsNeeds, services: tuple[str, ...]) -> bool:
        """Whether the hive leads from each of the model's devices to the driver; for devices that are not on PCI, yes."""
        return all(
            any(self._leads(each, services) for each in needs.ids if each.startswith(device))
            for device in (devices_in(needs.ids) if needs.driver else devices_in(needs.ids)[:1])
        )

    def _leads(self, identifier: str, services: tuple[str, ...]) -> bool:
        if self._system.has_driver_database:
            known = self._system.top.key(f"{DEVICE_IDS}\\{identifier}")
            return known is not None and any(map(self._is_configured, known.values()))
        found = self._system.control_set.key(f"{CRITICAL_DEVICES}\\PCI#{identifier}")
        return releases.text(found, "Service").casefold() in [name.casefold() for name in services]

    def _is_configured(self, file: str) -> bool:
        """Whether the package of an INF file is ready when Windows boots. One that was only added to the driver store is not.

        A hive of Windows 10 (regipy's test data) has both: pvscsi's package, for which there was no device, has its ids
        alone.
        """
        known = self._system.top.key(f"{INF_FILES}\\{file}")
        return known is None or known.value("Configurations") is not None

    def drives(self, needs: WindowsNeeds) -> bool:
        """Whether Windows has a driver for a device that it need not start from, or needs none."""
        if not needs.ids and not needs.services:
            return True
        if self.services_of(needs):
            return True
        devices = devices_in(needs.ids)
        return bool(devices) and (self._was_driven(devices) or self._has_package(needs.ids))

    def _was_driven(self, devices: list[str]) -> bool:
        """Whether the guest had such a device, and a driver for it."""
        return any(name.startswith(tuple(devices)) for name in self._driven)

    @cached_property
    def _driven(self) -> list[str]:
        """The ids of the devices on PCI that the guest had a driver for."""
        known = self._system.control_set.key(_DEVICES)
        services = {
            key.name.upper(): {releases.text(each, "Service") for each in key.keys()} - {""}
            for key in (known.keys() if known else ())
        }
        there = {name for names in services.values() for name in names if self.has_service(name)}
        return [name for name, names in services.items() if names & there]

    def _has_package(self, ids: tuple[str, ...]) -> bool:
        """Whether a driver package is for one of the ids of a device that the target has."""
        return not self._packaged.isdisjoint(ids)

    @cached_property
    def _packaged(self) -> frozenset[str]:
        """The ids on PCI that driver packages are for: those of the hive DRIVERS, which Windows 10 and later have.

        Of those, only what the target's devices have is asked for, and all at once: hivex has one hive open at a time.
        Before, they are in the INF files.
        """
        hive = self._root.hive("DRIVERS", "")
        if hive is None or hive.key(DEVICE_IDS) is None:
            return self._ids_in_infs()
        target = self._root.guest.target
        needs = [model.windows for kind in target.models for model in target.all_models(kind) if model.windows]
        wanted = {identifier for each in needs for identifier in each.ids}
        return frozenset(each for each in wanted if hive.key(f"{DEVICE_IDS}\\{each}") is not None)

    def _ids_in_infs(self) -> frozenset[str]:
        """The ids on PCI in the INF files of network cards."""
        found: set[str] = set()
        directory = self._root.spelled(_INF)
        for path in self._root.glob(*(f"{directory}/{pattern}" for pattern in _NETWORK_INFS))[:_MOST_INFS]:
            if self._root.is_file(path):
                found.update(_ID.findall(inf.decoded(self._root.head(path, inf.LIMIT)).upper()))
        return frozenset(found)


def reason_for_disk(evidence: Evidence, model: Model) -> str:
    """Why Windows cannot start from a disk of this model; "" where it can, be it with a driver of virtio-win."""
    needs = model.windows
    if needs is None:
        return "Windows has no driver for it"
    if evidence.starts_from(needs):
        return ""
    offered = evidence.offered(needs)
    return offered if isinstance(offered, str) else ""


def reason(evidence: Evidence, model: Model) -> str:
    """Why Windows cannot use a card, a display or a console of this model; "" where it can."""
    needs = model.windows
    if needs is None:
        return "Windows has no driver for it"
    if evidence.drives(needs):
        return ""
    offered = evidence.offered(needs)
    return offered if isinstance(offered, str) else ""
