# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a libvirt domain says of a machine beyond its disks, as facts of model/source_facts.py. Pure."""

from __future__ import annotations

import re
from typing import Any

from . import libvirt_others, metadata
from .facts import Absent, Cells
from .libvirt_disks import attribute, kind_of

# Where each fact is, for docs/sources.md.
FACTS: Cells = {
    "network or port group": "`<interface><source network= | bridge= | dev=`, `portgroup=`, `<vlan>`",
    "link state": "`<link state=`",
    "PCI slot of a card": "`<interface><address slot=`",
    "kind of MAC address": "`<mac type=`",
    "disk mode": "`<transient>`, `<readonly>`",
    "sharing and bus sharing": "`<shareable>`, `<reservations>`",
    "raw device mapping": "`<disk device='lun'>`",
    "serial number and WWN": "`<serial>`, `<wwn>`",
    "storage": "`<disk><source pool=`, or the directory of `file=` or `dev=`",
    "controller and unit": "`<address>`, `<target>`",
    "snapshots": Absent("they are not in the XML of the domain; see `virsh snapshot-list`"),
    "CD-ROM and floppy": "`<disk device='cdrom' | 'floppy'>`",
    "secure boot": "`<feature name='secure-boot'>`, `<loader secure=`",
    "TPM": "`<tpm>`",
    "BIOS UUID": "`<uuid>`, `<sysinfo><system>`",
    "instance UUID": Absent("it is the BIOS UUID"),
    "sockets, cores and threads": "`<cpu><topology>`",
    "hot-plug of CPUs and memory": "`<vcpu current=`, `<maxMemory>`",
    "NUMA nodes": "`<cpu><numa>`",
    "passthrough and USB devices": "`<hostdev>`, `<redirdev>`, `<filesystem>`, `<interface type='hostdev'>`, `<launchSecurity>`, NVDIMMs",
    "serial ports": "`<serial>`, except for a pty",
    "other devices and settings": "`<parallel>`, `<sound>`, `<watchdog>`, `<vsock>`, `<shmem>`, `<smartcard>`, `<crypto>`, `<iommu>`, `<genid>`, "
    "`<sysinfo>`, `<smbios>`, `<acpi>`, `<iotune>`, `<bandwidth>`, `<filterref>`, `<qemu:commandline>`, "
    "`<mtu>`, `<cputune>` and the like, `<channel>`, `<boot>` from the network, `<cpu><feature>` for nested virtualization",
    "clock": "`<clock offset=`",
    "guest id": "the libosinfo id in `<metadata>`",
    "annotation and tags": "`<title>`, `<description>`. There are no tags",
    "running or suspended": "the attribute `id` of a domain that runs. `guestconv_fetch` asks libvirt itself",
    "template": Absent("libvirt has no templates"),
    "architecture": "`<os><type arch=`",
    "kernel of the host": "`<os><kernel>`",
}

_LIBOSINFO = "{http://libosinfo.org/xmlns/libvirt/domain/1.0}os"


def of_machine(domain: Any) -> dict[str, Any]:
    """The facts of a <domain>."""
    topology = domain.find("cpu/topology")
    size = {} if topology is None else {key: metadata.number(topology.get(key), 1 << 20) for key in _TOPOLOGY}
    vcpu = domain.find("vcpu")
    osinfo = next(iter(domain.iter(_LIBOSINFO)), None)
    text = "\n".join(filter(None, ((domain.findtext(tag) or "").strip() for tag in ("title", "description"))))
    return {
        "arch": attribute(domain, "os/type", "arch"),
        "secure_boot": _has_secure_boot(domain),
        "tpm": domain.find("devices/tpm") is not None,
        "uuid": metadata.normal_uuid(_smbios_uuid(domain) or domain.findtext("uuid")),
        "sockets": size.get("sockets"),
        "cores": size.get("cores"),
        "threads": size.get("threads"),
        "cpu_hotplug": vcpu is not None and vcpu.get("current", vcpu.text) != vcpu.text,
        "memory_hotplug": domain.find("maxMemory") is not None,
        "numa_nodes": len(domain.findall("cpu/numa/cell")),
        "passthrough": _passthrough(domain),
        "serial_ports": [_port(port) for port in domain.iterfind("devices/serial") if port.get("type") != "pty"],
        "removable": [drive for drive in (_drive(each, domain) for each in domain.iterfind("devices/disk")) if drive],
        "other_settings": libvirt_others.settings_of(domain),
        "clock": _clock(domain.find("clock")),
        "guest_id": None if osinfo is None else osinfo.get("id"),
        "annotation": text,
        "state": "running" if domain.get("id", "-1").isdigit() else None,
        "host_kernel": (domain.findtext("os/kernel") or "").strip(),
    }


_TOPOLOGY = ("sockets", "cores", "threads")
_MODES = (("transient", "nonpersistent"), ("readonly", "readonly"))


def of_disk(element: Any) -> dict[str, Any]:
    """mode, sharing, raw_device and storage of a <disk>."""
    reserved = element.find("source/reservations") is not None or element.find("reservations") is not None
    return {
        "mode": next((mode for tag, mode in _MODES if element.find(tag) is not None), None),
        "sharing": "shareable" if element.find("shareable") is not None else "reservations" if reserved else None,
        "raw_device": element.get("device") == "lun",
        "storage": _storage(element),
    }


def _storage(disk: Any) -> str | None:
    """The pool of a volume, the datastore of VMware's driver, or the directory of a file: a pool is often one."""
    path = attribute(disk, "source", "file") or attribute(disk, "source", "dev")
    directory = path.rpartition("/")[0] if path.startswith("/") else ""
    return attribute(disk, "source", "pool") or metadata.datastore(path) or directory or None


def of_card(card: Any) -> dict[str, Any]:
    """What is known of an <interface> beyond its model and MAC address."""
    names = (attribute(card, "source", key) for key in ("network", "bridge", "dev"))
    # One bridge has many networks, by port groups of Open vSwitch or by VLANs.
    group = attribute(card, "source", "portgroup")
    vlans = ",".join(str(tag.get("id")) for tag in card.iterfind("vlan/tag"))
    parts = (next(filter(None, names), ""), group, vlans and f"vlan{vlans}")
    address = card.find("address[@type='pci']")
    # Only on the root bus that is the number by which a guest names the card: on q35 cards are in slot 0 of a bus of their own.
    is_on_root = address is not None and re.fullmatch("(?:0x)?0*", address.get("bus", ""))
    slot = address.get("slot", "") if is_on_root else None
    return {
        "network": "/".join(filter(None, parts)) or None,
        "connected": False if attribute(card, "link", "state") == "down" else None,
        "pci_slot": int(slot, 16) if slot and re.fullmatch(r"0x[0-9a-fA-F]{1,2}", slot) else None,
        "mac_kind": {"static": "assigned", "generated": "generated"}.get(attribute(card, "mac", "type")),
    }


def _has_secure_boot(domain: Any) -> bool:
    features = {each.get("name"): each.get("enabled") == "yes" for each in domain.iterfind("os/firmware/feature")}
    return features.get("secure-boot", False) or attribute(domain, "os/loader", "secure") == "yes"


def _smbios_uuid(domain: Any) -> str | None:
    entries = domain.iterfind("sysinfo[@type='smbios']/system/entry[@name='uuid']")
    return next((entry.text for entry in entries), None)


def _passthrough(domain: Any) -> list[str]:
    found = [f"{each.get('type', 'host')} device" for each in domain.iterfind("devices/hostdev")]
    found += ["network card of the host" for _each in domain.iterfind("devices/interface[@type='hostdev']")]
    found += ["redirected USB device" for _each in domain.iterfind("devices/redirdev")]
    for each in domain.iterfind("devices/filesystem"):
        found.append(f"directory {attribute(each, 'source', 'dir') or attribute(each, 'source', 'name')}".strip())
    found += [f"memory encryption ({each.get('type', '')})" for each in domain.iterfind("launchSecurity")]
    for each in domain.iterfind("devices/memory"):
        if each.get("model") in ("nvdimm", "virtio-pmem"):
            found.append(f"{each.get('model')} {(each.findtext('source/path') or '').strip()}".strip())
    return found


def _port(port: Any) -> str:
    source = port.find("source")
    place = "" if source is None else source.get("path") or source.get("service") or ""
    return f"{port.get('type', '')} {place}".strip()


def _drive(element: Any, domain: Any) -> str | None:
    kinds = {"cdrom": "CD-ROM drive", "floppy": "floppy drive"}
    title, source = kinds.get(kind_of(element, domain)), element.find("source")
    medium = "" if source is None else source.get("file") or source.get("dev") or source.get("name") or ""
    return f"{title} with {medium}" if title and medium else title


def _clock(clock: Any) -> str | None:
    """As in the option: utc is the default, of libvirt as well."""
    if clock is None:
        return None
    offset, adjustment = clock.get("offset", "utc"), clock.get("adjustment", "")
    if offset == "variable" and clock.get("basis", "utc") == "utc":
        return adjustment if re.fullmatch(r"[+-]?\d{1,9}", adjustment) and int(adjustment) else "utc"
    # A time zone of its own has no other word in `hardware` than the local time.
    return {"utc": "utc", "absolute": "utc"}.get(offset, "localtime")
