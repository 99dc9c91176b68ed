# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices and settings of a VMX that no target gets, in words. vCenter and OVFs of VMware have some of the keys, too. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# VMware's tools set the clock of the guest.
TIME = "a clock that is set by the host"

_SWITCHES = (
    ("smbios.reflecthost", "SMBIOS strings of the host"),
    ("vhv.enable", "nested virtualization"),
    ("vvtd.enable", "IOMMU"),
    ("mks.enable3d", "3D graphics"),
    ("tools.synctime", TIME),
)

# What VMware's own tools write; all else is for cloud-init (DataSourceVMware), Ignition, and scripts of the guest.
_OF_TOOLS = re.compile(
    r"guestinfo\.(?:vmtools|detailed|toolsinstall|appinfo|gc|driver|vmware|tools|svga|disable|enable).*"
)
_GUESTINFO = "guestinfo."

_UNLIMITED = ("", "0", "-1", "off", "unlimited")
_LIMIT = re.compile(r"sched\.(?:cpu|mem)\.(?:max|min)")
_DISK_LIMIT = re.compile(r"sched\.(\w{1,8}:\d{1,3})\.throughputcap")
_MASK = re.compile(r"cpuid\.(?:[0-9a-f]{1,8}\.){1,2}e[abcd]x(?:\.amd)?")
_FILTER = re.compile(r"ethernet\d{1,3}\.filter\d{1,3}\.name")
_PARALLEL = re.compile(r"(parallel\d)\.present")


def settings_of(settings: Mapping[str, str]) -> list[str]:
    """A text for each of them. settings: by their keys in small letters."""
    found = [text for key in sorted(settings) for text in _of_key(settings, key)]
    if is_true(settings, "sound.present"):
        found.append("sound card")
    found += [title for key, title in _SWITCHES if is_true(settings, key)]
    if settings.get("hypervisor.cpuid.v0", "").strip().lower() == "false":
        found.append("that the hypervisor is hidden")
    if settings.get("bios.bootorder", "").strip().lower().startswith("ethernet"):
        found.append("start from the network")
    return found


def _of_key(settings: Mapping[str, str], key: str) -> Iterator[str]:
    value = settings[key].strip()
    port, disk = _PARALLEL.fullmatch(key), _DISK_LIMIT.fullmatch(key)
    if port and is_true(settings, key):
        yield f"parallel port {settings.get(f'{port[1]}.filename', '')}".strip()
    if disk and value.lower() not in _UNLIMITED:
        yield f"limits of the disk {disk[1]}"
    if _LIMIT.fullmatch(key) and value.lower() not in _UNLIMITED:
        yield f"{key} ({value})"
    if value and (_MASK.fullmatch(key) or (key.startswith(_GUESTINFO) and not _OF_TOOLS.fullmatch(key))):
        yield key
    if value and _FILTER.fullmatch(key):
        yield f"filter {value} of a network card"


def is_true(settings: Mapping[str, str], key: str) -> bool:
    """Whether the setting key is true; by default it is not."""
    return settings.get(key, "").strip().lower() in ("true", "1", "yes")
