# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SYSTEM hive must have for Windows to start from a disk: services, and what leads from the device to them.

The keys were read from hives of Windows 7, 8.1 and 10 (the test data of mkorman90/regipy), and from virt-v2v
(convert/windows_virtio.ml). Everything is set as it must be in the end, so that a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...devices import models
from ...guest.hives import Key
from ...texts import registry
from ...texts.driver_packages import PROCESSORS, package_name, processor_in, version_value
from ...virtio_win.library import WindowsDriver
from .drivers import CRITICAL_DEVICES, DEVICE_IDS, INF_FILES, SERVICES, System, devices_in

_DATABASE = "DriverDatabase"
_PACKAGES = f"{_DATABASE}\\DriverPackages"
_AT_BOOT = 0
_KERNEL_DRIVER, _NORMAL_ERRORS = 1, 1
_GROUP = "SCSI miniport"
# The order of drivers within their group; that of Windows' own miniports is below it.
_TAG = 0x21
# How well an id fits: the first of a line of the INF, and a further one. Read from DeviceIds of Windows 10.
_FIRST, _FURTHER = b"\x01\xff\x00\x00", b"\x02\xff\x00\x00"
_OVERRIDE = "StartOverride"


@dataclass(frozen=True)
class _Id:
    """An id on PCI, as the hive spells it. is_first: whether it is the first of its line in the INF."""

    text: str
    is_first: bool
    section: str
    description: str


def known_services() -> list[str]:
    """The services of disk drivers, by the catalogue of device models."""
    needs = [model.windows for model in models.DISKS.values() if model.windows]
    return list(dict.fromkeys(name for each in needs for services in each.services for name in services))


def known_drivers() -> list[str]:
    """The drivers of virtio-win, by the catalogue of device models."""
    needs = [model.windows for rows in models.MODELS.values() for model in rows.values() if model.windows]
    return list(dict.fromkeys(each.driver for each in needs if each.driver))


def enable(system: System, services: Iterable[str]) -> None:
    """Have Windows start drivers that it has when it boots.

    StartOverride is what Windows sets for a boot driver whose device it does not find any more.
    """
    for name in services:
        service = system.control_set.key(f"{SERVICES}\\{name}")
        if service is not None:
            service.set("Start", registry.dword(_AT_BOOT))
            _without_override(service)


def install(system: System, driver: WindowsDriver, known_ids: Sequence[str]) -> None:
    """Have Windows find a driver of virtio-win, whose file is in System32\\drivers, and start it when it boots.

    known_ids: by which QEMU's devices may be known, where the driver has others of the same devices.
    """
    _service(system, driver)
    ids = list(_ids(driver, known_ids))
    if system.has_driver_database:
        _database(system, driver, ids)
    else:
        for each in ids:
            key = system.control_set.create(f"{CRITICAL_DEVICES}\\PCI#{each.text}")
            key.set("Service", registry.string(driver.service.name))
            key.set("ClassGUID", registry.string(driver.driver.class_guid))


def file_name(driver: WindowsDriver) -> str:
    """The name of the driver's file in System32\\drivers."""
    return driver.service.binary.lower()


def _service(system: System, driver: WindowsDriver) -> None:
    found = driver.service
    service = system.control_set.create(f"{SERVICES}\\{found.name}")
    service.set("Type", registry.dword(found.type or _KERNEL_DRIVER))
    service.set("Start", registry.dword(_AT_BOOT))
    service.set("ErrorControl", registry.dword(found.error_control or _NORMAL_ERRORS))
    service.set("Group", registry.string(found.group or _GROUP))
    service.set("Tag", registry.dword(_TAG))
    service.set("ImagePath", registry.expand(f"system32\\drivers\\{file_name(driver)}"))
    service.set("Owners", registry.multi([driver.file]))
    for setting in found.settings:
        service.create(setting.key).set(setting.name, registry.dword(setting.number))
    _without_override(service)


def _without_override(service: Key) -> None:
    override = service.key(_OVERRIDE)
    if override is not None:
        override.delete()


def _ids(driver: WindowsDriver, known_ids: Sequence[str]) -> Iterator[_Id]:
    """All ids of the driver's devices: those of the INF, and those of known_ids that are of the same devices.

    Windows compares the ids that a device has with those here, from the most exact one on.
    """
    seen = set()
    for device in driver.driver.devices:
        own = [each.upper().removeprefix("PCI\\") for each in device.ids]
        others = [each for each in known_ids if devices_in((each,))[0] in devices_in(tuple(own)) and "&REV_" in each]
        for text in (*own, *others):
            if text not in seen:
                seen.add(text)
                is_first = text == own[0] or text in others
                yield _Id(text, is_first, device.section, device.description)


def _database(system: System, driver: WindowsDriver, ids: Sequence[_Id]) -> None:
    """The driver's package in DriverDatabase, and what leads to it."""
    inf, top = driver.file, system.top
    package = package_name(inf, system.release.arch, driver.content)
    sections = list(dict.fromkeys(each.section for each in ids))
    for each in ids:
        top.create(f"{DEVICE_IDS}\\{each.text}").set(inf, registry.binary(_FIRST if each.is_first else _FURTHER))
    top.create(f"{_DATABASE}\\DeviceIds\\{driver.driver.class_guid.lower()}").set(inf, registry.none())
    file = top.create(f"{INF_FILES}\\{inf}")
    file.set("", registry.multi([package]))
    file.set("Active", registry.string(package))
    file.set("Configurations", registry.multi(sections))
    key = top.create(f"{_PACKAGES}\\{package}")
    key.set("", registry.string(inf))
    key.set("Version", registry.binary(version_value(driver.driver, _processor(system))))
    key.set("Catalog", registry.string(driver.driver.catalog))
    key.set("Provider", registry.string(driver.driver.provider))
    for section in sections:
        configuration = key.create(f"Configurations\\{section}")
        configuration.set("ConfigFlags", registry.dword(0))
        configuration.set("Service", registry.string(driver.service.name))
    for each in ids:
        descriptor = key.create(f"Descriptors\\PCI\\{each.text}")
        descriptor.set("Configuration", registry.string(each.section))
        descriptor.set("Description", registry.string(each.description))
        descriptor.set("Manufacturer", registry.string(driver.driver.provider))


def _processor(system: System) -> int:
    """The processor, as the package of Windows' own disk drivers has it; by the architecture where that is not there."""
    for inf in ("disk.inf", "mshdc.inf", "storahci.inf"):
        file = system.top.key(f"{INF_FILES}\\{inf}")
        active = file.value("Active") if file else None
        package = system.top.key(f"{_PACKAGES}\\{active.text}") if active and active.text else None
        version = package.value("Version") if package else None
        found = processor_in(version.data) if version else None
        if found is not None:
            return found
    return PROCESSORS[system.release.arch]
