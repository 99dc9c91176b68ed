# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of descriptors that are the same in all cases, and the archives that descriptors come in."""

from __future__ import annotations

import io
import tarfile
import zipfile

VMX = """.encoding = "UTF-8"
config.version = "8"
virtualHW.version = "19"
displayName = "web01"
memSize = "2048"
numvcpus = "2"
"""

_NAMESPACES = (
    'xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" '
    'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" '
    'xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vbox="http://www.virtualbox.org/ovf/machine"'
)
_VMDK = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"


def domain(given):
    """The XML of a domain of libvirt."""
    given = given if isinstance(given, dict) else {"devices": given}
    return (
        f'<domain type="{given.get("type", "kvm")}"><name>web01</name><memory unit="KiB">2097152</memory>'
        f"{given.get('more', '<vcpu>2</vcpu>')}"
        f"<os>{given.get('os', '<type arch=%r machine=%r>hvm</type>' % ('x86_64', 'q35'))}</os>"
        f"<devices>{given['devices']}</devices></domain>"
    )


def ovf(given):
    """The bytes of an OVF envelope of one machine, whose disks are on the SCSI controller 1."""
    if "text" in given:
        return given["text"].encode(given.get("encoding", "utf-8"))
    references, disks, items = [], [], ["ResourceType=6;InstanceID=1;Address=0;ResourceSubType=VirtualSCSI"]
    for number, (href, attributes) in enumerate(given["disks"].items()):
        references.append(f'<File ovf:id="f{number}" ovf:href="{href}" {attributes.get("file", "")}/>')
        disks.append(
            f'<Disk ovf:diskId="d{number}" ovf:fileRef="f{number}" ovf:format="{_VMDK}" {attributes.get("disk", "")}/>'
        )
        if attributes.get("attached", True):
            place = f"Parent=1;AddressOnParent={number};{attributes.get('item', '')}"
            items.append(f"ResourceType=17;InstanceID=d{number};HostResource=ovf:/disk/d{number};{place}")
    encoding = given.get("encoding", "utf-8")
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><Envelope {_NAMESPACES}>'
        f"<References>{''.join(references)}</References><DiskSection>{''.join(disks)}</DiskSection>"
        f'<VirtualSystem ovf:id="web01"><Name>{given.get("name", "web01")}</Name>{given.get("system", "")}'
        f"<VirtualHardwareSection>{''.join(map(_item, [*items, *given.get('items', ())]))}"
        f"{given.get('hardware', '')}</VirtualHardwareSection></VirtualSystem></Envelope>"
    )
    return text.encode(encoding)


def _item(text):
    values = dict(pair.split("=", 1) for pair in text.split(";") if pair)
    # VMware's settings have dots in their names.
    settings = "".join(
        f'<vmw:Config vmw:key="{name}" vmw:value="{value}"/>' for name, value in values.items() if "." in name
    )
    elements = "".join(f"<rasd:{name}>{value}</rasd:{name}>" for name, value in values.items() if "." not in name)
    return f"<Item>{elements}{settings}</Item>"


def ova(given, disk):
    """The bytes of an archive of an OVF and its disks. disk: from a name to bytes."""
    members = {"web01.ovf": ovf(given["ovf"]), **{name: disk(name) for name in given["ovf"]["disks"]}}
    if "manifest" in given:
        members["web01.mf"] = given["manifest"].encode()
    buffer = io.BytesIO()
    kind = given.get("kind", "tar")
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w" if kind == "tar" else f"w:{kind}") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
