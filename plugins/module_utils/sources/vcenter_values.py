# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two forms in which vCenter describes a machine have in common: disks, settings, and values of any type. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..devices import models
from .kinds import metadata, vmx_facts

Facts = Mapping[str, Any]

# The bus, and a VMX's word, of vSphere's classes of controllers and of those of the summary.
CONTROLLERS = {
    "ParaVirtualSCSIController": ("scsi", "pvscsi"),
    "VirtualLsiLogicController": ("scsi", "lsilogic"),
    "VirtualLsiLogicSASController": ("scsi", "lsisas1068"),
    "VirtualBusLogicController": ("scsi", "buslogic"),
    "VirtualAHCIController": ("sata", "sata"),
    "VirtualNVMEController": ("nvme", "nvme"),
    "VirtualIDEController": ("ide", "ide"),
    # controller_type of vmware_guest_disk_info
    "paravirtual": ("scsi", "pvscsi"),
    "lsilogic": ("scsi", "lsilogic"),
    "lsilogicsas": ("scsi", "lsisas1068"),
    "buslogic": ("scsi", "buslogic"),
    "sata": ("sata", "sata"),
    "nvme": ("nvme", "nvme"),
    "ide": ("ide", "ide"),
}
STATES = {"poweredon": "running", "suspended": "suspended", "poweredoff": "off"}


def disk_of(bus: str, word: str, number: Any, unit: Any, path: str, backing: Facts, shared: str) -> metadata.Disk:
    """A disk at that address. word: a VMX's word for the controller. backing: with vSphere's names. shared: vSphere's word for the sharing of the bus."""
    sharing = as_text(backing.get("sharing")).lower()
    if sharing in ("", "sharingnone"):
        sharing = "" if shared.lower() in ("", "nosharing") else shared
    known_unit, known_number = as_number(unit, zero=True), as_number(number, zero=True)
    model = models.named("vmx", "block", word)
    return metadata.Disk(
        path,
        bus,
        (known_number or 0, known_unit or 0),
        controller=model.driver if model and model.bus == bus else None,
        number=known_number,
        unit=known_unit,
        wwn=re.sub("[^0-9a-f]", "", as_text(backing.get("uuid")).lower()) or None,
        mode=vmx_facts.mode_of(as_text(backing.get("diskMode"))),
        sharing=sharing or None,
        raw_device=bool(backing.get("lunUuid")),
        storage=metadata.datastore(path),
    )


def of_settings(advanced: Mapping[str, str], cpus: Any) -> dict[str, Any]:
    """The facts that vCenter keeps as settings of the VMX. advanced: by their keys in small letters."""
    found = vmx_facts.of_machine({**advanced, "numvcpus": str(cpus or 1)})
    return {key: found[key] for key in ("numa_nodes", "clock", "other_settings")}


def topology(cpus: Any, cores: Any) -> dict[str, Any]:
    """The facts about sockets and cores of a number of processors, with that many in a socket; empty if it is not known."""
    number, each = as_number(cpus), as_number(cores)
    if not number or not each:
        return {}
    return {"sockets": (number + each - 1) // each, "cores": each}


def mac_kind_of(word: Any) -> str | None:
    """What mac_kind is for vSphere's word for the type of a MAC address."""
    return {"manual": "assigned", "generated": "generated", "assigned": "generated"}.get(as_text(word).lower())


def tags_of(tags: Any) -> list[str]:
    """The names of tags, which are texts or have one."""
    names = [as_text(each.get("name")) if isinstance(each, Mapping) else as_text(each) for each in as_items(tags)]
    return [name for name in names if name]


def as_mapping(value: Any) -> Facts:
    """value, or an empty mapping for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_items(value: Any) -> list[Any]:
    """A list, or the values of a dictionary, as vmware_guest_disk_info has them."""
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value, key=str)]
    return list(value) if isinstance(value, (list, tuple)) else []


def as_text(value: Any) -> str:
    """value as text, without blanks around it; empty for None."""
    return "" if value is None else str(value).strip()


def as_number(value: Any, zero: bool = False) -> int | None:
    """The whole number that value is. None for anything else, and for 0 unless zero is."""
    found = metadata.number(as_text(value), 1 << 40)
    return found if found or zero else None
