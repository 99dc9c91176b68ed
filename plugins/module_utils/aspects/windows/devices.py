# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers of cards, display and console of a Windows guest: which it can use, and those of virtio-win in its reach.

Windows installs drivers itself when it finds a device: it searches the directories of DevicePath, and the first boot
adds what is in one to the driver store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.description import Findings
from ...texts import registry
from ...virtio_win.library import Folder, WindowsDriver
from ..plan import Plan
from . import boot_drivers, drivers
from . import release as releases
from .drivers import Evidence, System
from .steps import InstallDrivers

NAME = "drivers"
INSPECT_AFTER = ("condition",)
CONVERT_AFTER = ("storage",)

_KINDS = ("network", "graphics", "console")
# Where virt-v2v has them, too.
_DIRECTORY = "/Windows/Drivers/VirtIO"
_AS_WINDOWS_HAS_IT = "%SystemRoot%\\Drivers\\VirtIO"
_SEARCHED, _PATH = "Microsoft\\Windows\\CurrentVersion", "DevicePath"
_AT_FIRST = "%SystemRoot%\\inf"
_DETAIL = "drivers of virtio-win for devices of the target"

# Updates by which Windows 7 and Server 2008 R2 check SHA-256 in signatures of drivers: KB3033929, what replaced it, and
# the monthly ones since October 2016, which have it ("2019 SHA-2 Code Signing Support requirement for Windows").
_UPDATES = ("KB3033929", "KB3125574", "KB4474419", "RollupFix")
_PACKAGES = "/Windows/servicing/Packages"
_WINDOWS_7 = (6, 1)


def inspect(root: GuestRoot) -> Findings:
    """The display and the console, which drivers Windows can use, and what virtio-win has for it."""
    # A machine has one of each, and nothing in Windows is configured for it.
    findings = Findings(devices={"graphics": {"video0": {"driver": None}}, "console": {"console": {}}})
    system = drivers.inspected(root)
    if system is None:
        return findings
    evidence = Evidence(root, system)
    target = root.guest.target
    for kind in _KINDS:
        findings.usable[kind] = {model.driver: drivers.reason(evidence, model) for model in target.all_models(kind)}
    findings.info["boot_drivers"] = dict(_boot_drivers(system))
    if evidence.virtio_win and evidence.folder:
        findings.info["virtio_win"] = {
            "path": evidence.virtio_win.path,
            "folder": evidence.folder.name,
            "drivers": dict(_versions(evidence.folder)),
        }
    findings.concerns += _concerns(root, evidence, system)
    return findings


def convert(root: GuestRoot, plan: Plan) -> None:
    """Put the drivers of virtio-win where Windows searches for drivers, and have the first boot install them."""
    system = drivers.system_of(root, _DETAIL)
    folder = Evidence(root, system).folder if system else None
    names = folder.copied() if folder else []
    if folder is None or not names:
        return
    directory = root.spelled(_DIRECTORY)
    for name in names:
        # Windows finds a file in any letter case, so there must not be two.
        root.write_bytes(root.spelled(f"{directory}/{name}"), folder.files[name].content(), _DETAIL)
    files = {f"{_thumbprint(each.certificate)}.cer": each for each in folder.publishers()}
    for name, publisher in files.items():
        detail = f"the certificate of {publisher.name}, whose drivers the first boot installs without asking"
        root.write_bytes(root.spelled(f"{directory}/{name}"), publisher.certificate, detail)
    hive = root.hive(releases.SOFTWARE, _DETAIL)
    searched = hive.key(_SEARCHED) if hive else None
    if searched is not None:
        before = searched.value(_PATH)
        searched.set(_PATH, registry.expand(with_directory(before.text if before else "")))
    authorities = tuple(name for name, publisher in files.items() if publisher.is_own_authority)
    plan.windows_first_boot.append(InstallDrivers(_AS_WINDOWS_HAS_IT, tuple(files), authorities))


def _thumbprint(certificate: bytes) -> str:
    """What Windows calls a certificate by."""
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest()


def with_directory(path: str) -> str:
    """The value DevicePath, with the directory of drivers in it once. path: the value as it was, "" for none."""
    parts = [part for part in path.split(";") if part.strip()] or [_AT_FIRST]
    if any(part.strip().rstrip("\\").casefold() == _AS_WINDOWS_HAS_IT.casefold() for part in parts):
        return path
    return ";".join([*parts, _AS_WINDOWS_HAS_IT])


def _boot_drivers(system: System) -> Iterator[tuple[str, int]]:
    """{service: its start} of the drivers of disks that targets offer, as far as there is such a service."""
    for name in boot_drivers.known_services():
        service = system.control_set.key(f"{drivers.SERVICES}\\{name}")
        start = releases.number(service, "Start")
        if start is not None:
            yield name, start


def _versions(folder: Folder) -> Iterator[tuple[str, str]]:
    """{driver: its version} of those in a folder that a target's model can use."""
    for name in boot_drivers.known_drivers():
        found = folder.driver(name)
        if isinstance(found, WindowsDriver):
            yield name, ".".join(map(str, found.driver.version))


def _concerns(root: GuestRoot, evidence: Evidence, system: System) -> Iterator[Concern]:
    release = system.release
    version = f"{release.major}.{release.minor}.{release.build} ({release.arch})"
    has_virtio = any(model.is_virtio for kind in ("block", "network") for model in root.guest.target.models[kind])
    if evidence.virtio_win is None:
        if has_virtio:
            yield Concern(
                "virtio-win-not-given",
                "info",
                f"No drivers for virtio devices are given for Windows on {root.name}: it can use what it has drivers for.",
                "Give virtio_win the path of virtio-win.iso, for devices that are faster.",
            )
        return
    folder = evidence.folder
    if folder is None:
        yield Concern(
            "virtio-win-without-release",
            "warning",
            f"virtio-win at {evidence.virtio_win.path} has no drivers for Windows {version}, which is on {root.name}.",
            "Give virtio_win the path of a virtio-win that has them, or convert the guest for devices that it has drivers "
            "for.",
        )
        return
    found = [each for each in map(folder.driver, boot_drivers.known_drivers()) if isinstance(each, WindowsDriver)]
    yield from _about_signatures(root, folder, found, release.nt == _WINDOWS_7 and release.arch != "x86")


def _about_signatures(
    root: GuestRoot, folder: Folder, found: list[WindowsDriver], is_windows_7: bool
) -> Iterator[Concern]:
    hardware: Mapping[str, Any] = root.guest.hardware
    if is_windows_7 and any(each.signature and each.signature.has_sha_256 for each in found):
        directory = root.spelled(_PACKAGES)
        if not root.glob(*(f"{directory}/Package_for_{name}~*" for name in _UPDATES)):
            yield Concern(
                "windows-sha2-missing",
                "warning",
                f"The drivers in virtio-win's folder {folder.name} have signatures with SHA-256. Windows on {root.name} has "
                "no update by which it checks them, and may not load the drivers.",
                "Install KB4474419 in the guest before it moves, or use devices that it has drivers for.",
            )
    publishers = folder.publishers()
    if publishers:
        authorities = [each.name for each in publishers if each.is_own_authority]
        yield Concern(
            "windows-publisher-trusted",
            "info",
            f"Drivers in virtio-win's folder {folder.name} are not signed by Microsoft. So that Windows on {root.name} installs "
            f"them without asking, the first boot adds their publisher ({', '.join(each.name for each in publishers)}) to the "
            "publishers that Windows trusts"
            + (f", and {', '.join(authorities)} to the authorities that it trusts" if authorities else "")
            + ", and removes what it added when they are installed.",
            "If it must not be trusted even for that time, use a virtio-win that Microsoft signed for this Windows.",
        )
    if hardware.get("secure_boot") and found:
        foreign = [each.driver.catalog for each in found if not (each.signature and each.signature.by_microsoft)]
        which = f" Not signed by Microsoft are: {', '.join(sorted(foreign))}." if foreign else ""
        yield Concern(
            "windows-drivers-secure-boot",
            "warning",
            f"With Secure Boot, Windows on {root.name} loads only drivers that Microsoft signed, and a server only those "
            f"that it certified. The drivers of the virtio-win project are not certified.{which}",
            "Use the virtio-win of Red Hat Enterprise Linux, whose drivers are certified, or leave Secure Boot off.",
        )
