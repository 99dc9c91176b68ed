# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter's summary of a machine: `hw_name`, `hw_eth0`, and what `vmware_guest_disk_info` returns of its disks. Pure."""

from __future__ import annotations

from typing import Any

from . import vcenter_values as values
from .kinds import metadata
from .vcenter_values import Facts

# What the summary of a machine does not have.
_NOT_IN_SUMMARY = (
    "firmware",
    "models and PCI slots of network cards",
    "link state",
    "CD-ROM and floppy",
    "secure boot",
    "hot-plug",
    "passthrough devices",
    "serial ports",
    "other devices",
    "limits of processors, memory, disks and network cards",
    "properties of an OVF environment",
)


def of_summary(facts: Facts, disks: Any) -> metadata.Machine:
    """The machine of a summary, and of what vmware_guest_disk_info returned of its disks (None: they are not known)."""
    advanced = {
        str(key).lower(): str(value) for key, value in values.as_mapping(facts.get("advanced_settings")).items()
    }
    unknown = [*_NOT_IN_SUMMARY, *(() if disks else ("disks",))]
    snapshots, guest_id = facts.get("snapshots"), values.as_text(facts.get("hw_guest_id"))
    return metadata.Machine(
        name=values.as_text(facts.get("hw_name")),
        disks=[_disk_of_summary(values.as_mapping(one), number) for number, one in enumerate(values.as_items(disks))],
        interfaces=_cards_of_summary(facts),
        cpus=values.as_number(facts.get("hw_processor_count")),
        memory=values.as_number(facts.get("hw_memtotal_mb")),
        facts={
            **values.of_settings(advanced, facts.get("hw_processor_count")),
            **values.topology(facts.get("hw_processor_count"), facts.get("hw_cores_per_socket")),
            "snapshots": len(snapshots) if isinstance(snapshots, list) else None,
            "tpm": values.as_mapping(facts.get("tpm_info")).get("tpm_present") is True,
            "uuid": metadata.normal_uuid(values.as_text(facts.get("hw_product_uuid"))),
            "instance_uuid": metadata.normal_uuid(values.as_text(facts.get("instance_uuid"))),
            "guest_id": guest_id,
            "arch": metadata.arch_of_guest_id(guest_id),
            "annotation": values.as_text(facts.get("annotation")),
            "tags": values.tags_of(facts.get("tags")),
            "state": values.STATES.get(values.as_text(facts.get("hw_power_status")).lower()),
            "template": facts.get("hw_is_template") is True,
            "unknown": unknown,
        },
    )


def _cards_of_summary(facts: Facts) -> list[metadata.Card] | None:
    """None where the summary has no list of cards, which is not the same as a machine without any."""
    names = facts.get("hw_interfaces")
    if not isinstance(names, list):
        return None
    return [_card_of_summary(values.as_mapping(facts.get(f"hw_{name}"))) for name in names]


def _card_of_summary(card: Facts) -> metadata.Card:
    return metadata.Card(
        mac=metadata.normal_mac(values.as_text(card.get("macaddress"))),
        # On a distributed switch the summary names the switch ("DVSwitch: ..."), which has many port groups.
        network=values.as_text(card.get("portgroup_key")) or values.as_text(card.get("summary")) or None,
        mac_kind=values.mac_kind_of(card.get("addresstype")),
    )


def _disk_of_summary(disk: Facts, number: int) -> metadata.Disk:
    bus, word = values.CONTROLLERS.get(values.as_text(disk.get("controller_type")).lower(), ("scsi", ""))
    return values.disk_of(
        bus,
        word,
        disk.get("controller_bus_number"),
        disk.get("unit_number"),
        values.as_text(disk.get("backing_filename")) or f"disk {number}",
        {
            "diskMode": disk.get("backing_diskmode"),
            "sharing": disk.get("backing_sharing"),
            "uuid": disk.get("backing_uuid"),
            "lunUuid": disk.get("backing_lunuuid") or disk.get("backing_devicename"),
        },
        values.as_text(disk.get("controller_bus_sharing")),
    )
