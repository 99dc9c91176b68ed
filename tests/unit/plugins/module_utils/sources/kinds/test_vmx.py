# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import metadata, vmx
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.kinds.entries import (
    attached,
    without_facts,
)

ESX = (Path(__file__).parent / "fixtures" / "esx.vmx").read_bytes()

# Of VMware Workstation on a German Windows; \xfc is its ü.
WORKSTATION = rb"""#!/usr/bin/vmware
.encoding = "windows-1252"
config.version = "8"
virtualHW.version = "4"
ide0:0.present = "TRUE"
ide0:0.fileName = "B%cro.vmdk"
ide1:0.present = "TRUE"
ide1:0.fileName = "auto detect"
ide1:0.deviceType = "cdrom-raw"
ide1:1.present = "TRUE"
ide1:1.fileName = "D:\ISO\debian.ISO"
nvme0.present = "TRUE"
nvme0:1.present = "TRUE"
nvme0:1.fileName = "C:\VMs\data.vmdk"
memsize = "512"
displayName = "B%cro"
guestOS = "other26xlinux"
Ethernet0.present = "TRUE"
ethernet0.addressType = "generated"
ethernet0.generatedAddress = "00:0c:29:71:61:5e"
""" % (0xFC, 0xFC)


def described(data, path="/vm/x.vmx"):
    return without_facts(vmx.describe(vmx.parse(data), path))


def disk(name, device="sda", **more):
    return {"path": name, "format": "vmdk", "device": device, **more}


def test_a_vmx_of_esx():
    assert described(ESX) == {
        "name": 'web01 "blue"',
        "disks": [
            disk("/vm/web01_1.vmdk", "sdb"),
            disk("/vm/web01-000002.vmdk", "sda"),
            disk("/vmfs/volumes/5f0c-1a2b/web01/web01_2.vmdk", "sdc"),
        ],
        "hardware": {
            "firmware": "uefi",
            "cpus": 4,
            "memory": 8192,
            "interfaces": [
                {"mac": "00:50:56:aa:bb:cc", "driver": "vmxnet3"},
                {"mac": "00:50:56:00:00:02", "driver": "e1000"},
            ],
            "disks": [
                attached("scsi", 0, 1, controller="pvscsi", boot_order=1),
                attached("scsi", 0, 0, controller="pvscsi", boot_order=2),
                attached("scsi", 1, 2, controller="mptsas1068", storage="5f0c-1a2b"),
            ],
        },
        "warnings": [],
    }


def test_a_vmx_of_workstation_in_the_encoding_of_its_windows():
    assert described(WORKSTATION) == {
        "name": "Büro",
        "disks": [disk("/vm/Büro.vmdk"), disk("/vm/C:/VMs/data.vmdk", "nvme0n2")],
        "hardware": {
            "firmware": "bios",
            "cpus": 1,
            "memory": 512,
            "interfaces": [{"mac": "00:0c:29:71:61:5e", "driver": "pcnet"}],
            "disks": [attached("ide", 0, 0, controller="ide"), attached("nvme", 0, 1, controller="nvme")],
        },
        "warnings": [metadata.BOOT_DISK_UNKNOWN],
    }


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ('key = "value"', {"key": "value"}),
        ('  KEY="value"  ', {"key": "value"}),
        ("memsize = 512", {"memsize": "512"}),
        ('a = "x=y # z"', {"a": "x=y # z"}),
        ('a = "say |22hi|22|0A"', {"a": 'say "hi"\n'}),
        ('a = ""', {"a": ""}),
        ('a = "x" # said', {"a": "x"}),
        ('# a = "x"', {}),
        ('a = "un', {}),
        ("hello", {}),
        ("", {}),
    ],
)
def test_a_line_of_a_vmx(line, settings):
    assert vmx.parse(line.encode()) == settings


@pytest.mark.parametrize(
    ("encoding", "data", "name"),
    [
        ("UTF-8", "日本".encode(), "日本"),
        ("Shift_JIS", "日本".encode("shift_jis"), "日本"),
        ("GBK", "日本".encode("gbk"), "日本"),
        ("klingon", "日本".encode(), "日本"),
        ("hex", b"6162", "6162"),
        ("utf-16", "日本".encode(), "日本"),
        ("idna", b"abc", "abc"),
    ],
)
def test_the_encoding_is_what_its_line_says_where_that_is_one_of_text(encoding, data, name):
    text = b'.encoding = "' + encoding.encode() + b'"\ndisplayName = "' + data + b'"\n'
    assert vmx.parse(text)["displayname"] == name


@pytest.mark.parametrize(
    ("virtual_device", "controller"),
    [
        ("lsilogic", "lsi53c895a"),
        ("lsisas1068", "mptsas1068"),
        ("pvscsi", "pvscsi"),
        ("buslogic", None),
        ("PVSCSI", "pvscsi"),
        ("", "lsi53c895a"),
        ("tomorrow", None),
    ],
)
def test_a_scsi_controller_is_named_as_qemu_does(virtual_device, controller):
    text = (
        f'guestOS = "x"\nscsi0.virtualDev = "{virtual_device}"\nscsi0:0.present = "TRUE"\nscsi0:0.fileName = "a.vmdk"\n'
    )
    assert described(text.encode())["hardware"].get("disks", [{}])[0].get("controller") == controller


def test_a_disk_of_a_controller_that_is_not_present_is_none():
    text = (
        'guestOS = "x"\nscsi0.present = "FALSE"\nscsi0:0.present = "TRUE"\nscsi0:0.fileName = "a.vmdk"\n'
        'sata0:0.present = "TRUE"\nsata0:0.fileName = "b.vmdk"\n'
    )
    assert described(text.encode())["disks"] == [disk("/vm/b.vmdk")]


def test_a_guest_without_a_name_is_called_like_its_file():
    assert (
        described(b'guestOS = "x"\nsata0:0.present = "TRUE"\nsata0:0.fileName = "b.vmdk"\n', "/vm/web02.vmx")["name"]
        == "web02"
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "source-malformed"),
        (b"\0\1\2" * 100, "source-malformed"),
        (b'guestOS = "x"\n', "source-without-disks"),
        (b'guestOS = "x"\nencryption.keySafe = "vmware:key/list"\n', "source-encrypted"),
        (
            b'guestOS = "x"\nsata0:0.present = "TRUE"\nsata0:0.fileName = "b.vmdk"\nsata0:1.present = "TRUE"\nsata0:1.fileName = "b.vmdk"\n',
            "source-disk-duplicate",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(data, code):
    with pytest.raises(GuestconvError) as caught:
        described(data)
    assert (caught.value.code, caught.value.path) == (code, "/vm/x.vmx")


KEYS = st.sampled_from(
    [
        "guestos",
        "displayname",
        "memsize",
        "numvcpus",
        "firmware",
        "bios.hddorder",
        "scsi0:0.filename",
        "scsi0:0.present",
        "scsi0.virtualdev",
        "nvme7:99.filename",
        "ide0:0.filename",
        "ethernet0.present",
        "ethernet0.address",
        "ethernet0.addresstype",
        "sata0:0.devicetype",
        "sata0:0.filename",
    ]
)
ODD_ENCODINGS = st.binary(max_size=12).map(lambda name: b'.encoding = "' + name + b'"\na = "\xff"')


@given(st.dictionaries(KEYS, st.text(max_size=20)))
def test_no_settings_lead_to_anything_but_a_description_or_an_error_of_ours(settings):
    try:
        assert vmx.describe(settings, "/vm/x.vmx")["disks"]
    except GuestconvError as error:
        assert error.code.startswith("source-")


@given(st.binary(max_size=300) | ODD_ENCODINGS)
def test_no_bytes_lead_to_a_traceback(data):
    assert isinstance(vmx.parse(data), dict)


# With its disks


def make(path, *options):
    subprocess.run(["qemu-img", "create", "-q", "-f", "vmdk", *options, str(path), "1G"], check=True)


def machine(folder, **disks):
    lines = ['guestOS = "x"']
    for key, name in disks.items():
        lines += [f'{key.replace("_", ":")}.present = "TRUE"', f'{key.replace("_", ":")}.fileName = "{name}"']
    path = folder / "web01.vmx"
    path.write_text("\n".join(lines))
    return str(path)


def test_the_current_snapshot_is_the_disk_and_what_is_below_it_its_backing(tmp_path):
    make(tmp_path / "web01.vmdk")
    for number in (1, 2):
        below = "web01.vmdk" if number == 1 else "web01-000001.vmdk"
        make(tmp_path / f"web01-00000{number}.vmdk", "-b", str(tmp_path / below), "-F", "vmdk")
        name = tmp_path / f"web01-00000{number}.vmdk"
        name.write_bytes(
            name.read_bytes().replace(
                str(tmp_path).encode() + b"/" + below.encode(),
                below.encode().ljust(len(str(tmp_path)) + 1 + len(below), b'"'),
            )
        )
    path = machine(tmp_path, scsi0_0="web01-000002.vmdk")
    assert vmx.read(path)["disks"] == [
        disk(
            str(tmp_path / "web01-000002.vmdk"),
            size=1 << 30,
            backing=[str(tmp_path / "web01-000001.vmdk"), str(tmp_path / "web01.vmdk")],
        )
    ]


def test_a_disk_is_looked_for_beside_the_vmx_when_it_was_copied_from_another_host(tmp_path):
    make(tmp_path / "data.vmdk", "-o", "subformat=monolithicFlat")
    path = machine(tmp_path, scsi0_0="/vmfs/volumes/elsewhere/data.vmdk")
    assert vmx.read(path)["disks"] == [disk(str(tmp_path / "data.vmdk"), size=1 << 30)]


def test_a_disk_that_is_nowhere_is_missing(tmp_path):
    with pytest.raises(GuestconvError) as caught:
        vmx.read(machine(tmp_path, scsi0_0="web01.vmdk"))
    assert (caught.value.code, caught.value.path) == ("source-disk-missing", str(tmp_path / "web01.vmdk"))


def test_a_vmx_cannot_make_a_disk_of_a_file_of_this_machine(tmp_path):
    with pytest.raises(GuestconvError) as caught:
        vmx.read(machine(tmp_path, scsi0_0="/etc/passwd"))
    assert caught.value.code == "source-disk-format"


def test_oracle_03_a_disk_has_the_uuid_that_vmware_presents_to_the_guest_also_of_the_disk_below_a_snapshot(tmp_path):
    path = machine(tmp_path, scsi0_0="web01.vmdk", scsi0_1="web01-000001.vmdk")
    below = tmp_path / "web01.vmdk"
    flat = tmp_path / "web01-flat.vmdk"
    flat.write_bytes(bytes(1 << 20))
    below.write_text(
        '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n'
        'RW 2048 FLAT "web01-flat.vmdk" 0\nddb.uuid = "60 00 C2 9a 1b 2c 3d 4e-5f 60 71 82 93 a4 b5 c6"\n'
    )
    command = [
        "qemu-img",
        "create",
        "-q",
        "-f",
        "vmdk",
        "-b",
        str(below),
        "-F",
        "vmdk",
        str(tmp_path / "web01-000001.vmdk"),
    ]
    subprocess.run(command, check=True)
    found = vmx.read(path)["hardware"]["disks"]
    assert [one["wwn"] for one in found] == ["6000c29a1b2c3d4e5f60718293a4b5c6"] * 2
