# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small guests, as hypervisors export them, and guestconv_fetch run on them in this process or another."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import fetch as bring
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run.progress import Progress

MEBIBYTE = 1 << 20
PASSWORD = "Schw1erig!"
ROOT = Path(__file__).resolve().parents[2]

ENVELOPE = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
<References><File ovf:id="file1" ovf:href="disk.vmdk"/></References>
<DiskSection><Info/><Disk ovf:diskId="d1" ovf:fileRef="file1" ovf:capacity="{size}"
  ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/></DiskSection>
<VirtualSystem ovf:id="vm"><Info/><Name>{name}</Name><VirtualHardwareSection><Info/>
<Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
  <rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
<Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType>
  <rasd:ResourceType>6</rasd:ResourceType><rasd:Address>0</rasd:Address></Item>
<Item><rasd:InstanceID>4</rasd:InstanceID><rasd:ResourceType>17</rasd:ResourceType><rasd:Parent>3</rasd:Parent>
  <rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/d1</rasd:HostResource></Item>
</VirtualHardwareSection></VirtualSystem></Envelope>
"""

DOMAIN = """<domain type="test"><name>app01</name><memory unit="MiB">512</memory><vcpu>3</vcpu>
<os><type>hvm</type></os><devices><disk type="file" device="disk"><driver name="qemu" type="{format}"/>
<source file="{path}"/><target dev="vda" bus="virtio"/></disk></devices></domain>"""


def raw_disk(path, size=64, seed=1, spans=((0, 5), (20, 4), (60, 4))):
    """A raw disk of `size` MiB, random in spans (offset, length in MiB) and else a hole. Returns its path."""
    source = random.Random(seed)
    with open(path, "wb") as stream:
        for offset, length in spans:
            stream.seek(offset * MEBIBYTE)
            stream.write(source.randbytes(length * MEBIBYTE))
        stream.truncate(size * MEBIBYTE)
    return str(path)


def converted(disk, image_format, path, *options):
    """A copy of a raw disk in another format. Returns its path."""
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", image_format, *options, str(disk), str(path)], check=True)
    return str(path)


def stream_optimized(disk, path):
    """A copy of a raw disk as exports of VMware have it."""
    return converted(disk, "vmdk", path, "-o", "subformat=streamOptimized")


def package(vmdk, size, name="web01"):
    """{name of the file: content} of an OVF package of one disk, with its manifest."""
    files = {"vm.ovf": ENVELOPE.format(size=size, name=name).encode(), "disk.vmdk": Path(vmdk).read_bytes()}
    lines = (f"SHA256({file})= {hashlib.sha256(data).hexdigest()}\n" for file, data in files.items())
    return {"vm.ovf": files["vm.ovf"], "vm.mf": "".join(lines).encode(), "disk.vmdk": files["disk.vmdk"]}


def archive(files, path):
    """An OVA of files. Returns its path."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as stream:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            stream.addfile(info, io.BytesIO(data))
    return str(path)


def fetch(source, dest, check_mode=False, progress=None, **options):
    """Run guestconv_fetch in this process. progress: the path of a file, or None.

    Returns its result, with the warnings. Raises GuestconvError.
    """
    params = {"mode": None, "format": "qcow2", "name": None, "password": None, "copy_slots": None, **options}
    warnings = []
    params.update(source=source, dest=str(dest) if isinstance(dest, Path) else dest)
    module = SimpleNamespace(params=params, check_mode=check_mode, warn=warnings.append)
    with Progress([progress] if progress else [], bring.STEPS) as told:
        return dict(bring.fetch(module, told), warnings=warnings)


def fetching(source, dest, before=(), **options):
    """Run guestconv_fetch in a process of its own, by a command that begins with `before`.

    Returns a Popen, whose output is the result or the error in JSON.
    """
    arguments = json.dumps([source, str(dest), options])
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT), *filter(None, sys.path)]))
    return subprocess.Popen(
        [*before, sys.executable, "-m", "tests.sources.fetching", arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def is_same(disk, raw):
    """Whether a fetched disk (an entry of the result) has the content of a raw one."""
    command = ["qemu-img", "compare", "-q", "-f", disk["format"], "-F", "raw", disk["path"], str(raw)]
    return subprocess.run(command, check=False).returncode == 0


def notes(dest):
    """What the module noted of the only guest in dest."""
    (record,) = Path(dest).glob(".guestconv-fetch-*/fetch.json")
    return json.loads(record.read_text("utf-8"))


def disks(*entries, **more):
    """A source of disks: paths, or dicts as the option takes them; more: further keys."""
    return {"type": "disks", "disks": [str(entry) if isinstance(entry, Path) else entry for entry in entries], **more}


def refusal(source, dest, **options):
    """The GuestconvError that fetching ends with."""
    with pytest.raises(GuestconvError) as caught:
        fetch(source, dest, **options)
    return caught.value


def visible(dest):
    """The names of the files in dest, but for hidden ones."""
    return sorted(name for name in os.listdir(dest) if not name.startswith("."))
