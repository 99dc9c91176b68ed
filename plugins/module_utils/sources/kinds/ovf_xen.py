# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What XenServer's OVFs say in settings of their own (XenCenter: XenModel/Actions/OvfActions/Export.cs, XenOvfApi/OVF.cs). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import metadata
from .ovf_elements import attribute, named

_VGPU = "vgpu."


def settings_of(hardware: Any) -> dict[str, str]:
    """{name: value} of the settings in a VirtualHardwareSection; none where it is not XenServer's.

    Those that are lists of their own are there by their parts as well: {"platform.timeoffset": "0"}. There is a setting
    "vgpu" for each card; here they have the numbers of their places: {"vgpu.3": "GRID K100"}.
    """
    found: dict[str, str] = {}
    for number, element in enumerate(named(hardware, "VirtualSystemOtherConfigurationData")):
        name = attribute(element, "Name")
        value = next(((child.text or "").strip() for child in named(element, "Value")), "")
        if name == "vgpu":
            found[f"{_VGPU}{number}"] = _part(value, "VGPU_type_model_name") or "GPU"
            continue
        found[name] = value
        for part in value.split(";") if name in ("platform", "HVM_boot_params") else ():
            key, equals, text = part.partition("=")
            if equals:
                found[f"{name}.{key.strip()}"] = text.strip()
    return found


def firmware(settings: Mapping[str, str]) -> str | None:
    """That of a machine with settings (as of settings_of()); None for one that has none, as it is paravirtualised."""
    kind = settings.get("HVM_boot_params.firmware", "").lower()
    if kind in ("uefi", "bios"):
        return kind
    return "bios" if settings.get("HVM_boot_policy") else None


def of_machine(settings: Mapping[str, str], cpus: int | None) -> dict[str, Any]:
    """The facts of the machine with settings (as of settings_of()), as far as it has them."""
    cores = metadata.number(settings.get("platform.cores-per-socket"), 1 << 20)
    offset = settings.get("platform.timeoffset", "")
    facts = {
        "secure_boot": settings.get("platform.secureboot", "").lower() == "true",
        "tpm": settings.get("platform.vtpm", "").lower() == "true",
        "sockets": -(-cpus // cores) if cpus and cores else None,
        "cores": cores,
        "clock": offset if re.fullmatch(r"[+-]?\d{1,9}", offset) and int(offset) else None,
        "host_kernel": settings.get("PV_kernel"),
        "passthrough": [card for key, card in settings.items() if key.startswith(_VGPU)],
    }
    return {key: value for key, value in facts.items() if value}


def _part(text: str, name: str) -> str:
    """The value of name in "name=value;..."."""
    found = re.search(rf"(?:\A|;){name}=([^;]*)", text)
    return found.group(1).strip() if found else ""
