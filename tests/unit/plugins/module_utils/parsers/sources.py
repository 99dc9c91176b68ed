# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of a source's metadata, and of the headers of disk images."""

from __future__ import annotations

import io
import struct
import uuid

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    differencing,
    disk_files,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import (
    probe,
    qcow2,
    vdi,
    vhd,
    vhdx,
    vmdk,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats.reading import BadHeader
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError, in_text
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import disk_names, finding, volume_mark
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import (
    libvirt_xml,
    manifest,
    metadata,
    ovf,
    ovf_items,
    vmx,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.places import packages, registry
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import disk_urls, hostile_xml
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser

VMX = (
    '.encoding = "windows-1252"',
    '.encoding = "utf-7"',
    '.encoding = "idna"',
    'guestOS = "debian"',
    'scsi0:0.fileName = "a.vmdk"',
    'scsi0:0.present = "TRUE"',
    'bios.hddOrder = "scsi0:0"',
    'ethernet0.present = "TRUE"',
    'ethernet0.address = "00:50:56:aa:bb:cc"',
    'memsize = "1024"',
    "|22",
    "|0A",
    'displayName = "a"',
    "numvcpus = 9" + "9" * 400,
    'encryption.keysafe = "a"',
)
# An MBR with a partition, and the superblock of ext4 that fills a disk.
BEGINNINGS = [
    bytes(440) + b"NUMB\0\0" + b"\x80\0\0\0\x83\0\0\0" + b"\0\x08\0\0" * 2 + bytes(48) + b"\x55\xaa" + bytes(200),
    bytes(1080) + b"\x53\xef" + bytes(46) + b"0123456789abcdef",
]
MANIFEST = (
    "SHA1(a)= " + "0" * 40,
    "SHA256(b)= " + "f" * 64,
    "SHA512 (c) = ",
    "MD5(a)= 0",
    "(",
    ")=",
    "SHA1(",
    "0" * 40,
)
DOMAIN = (
    "<domain>",
    "</domain>",
    "<devices>",
    "</devices>",
    "<disk type='file'>",
    "</disk>",
    "<source file='/a'/>",
    "<source/>",
    "<target dev='sda' bus='scsi'/>",
    "<driver type='qcow2'/>",
    "<boot order='1'/>",
    "<memory unit='KiB'>1</memory>",
    "<address type='drive' unit='0x1'/>",
    "<address type='pci' slot='0x" + "f" * 99 + "'/>",
    "<vcpu>1</vcpu>",
    "<interface><mac address='00:50:56:aa:bb:cc'/></interface>",
    "<disk type='network'>",
    "<source protocol='nbd' name='a'>",
    "<host name='a' port='1'/>",
    "</source>",
    "<!DOCTYPE a>",
    "<?a?>",
    "<!--",
    "-->",
    "&a;",
    "&#0;",
    "<![CDATA[",
    "]]>",
    "<os>",
    "<type>hvm</type>",
    "<loader type='pflash'/>",
    "</os>",
    "<name>a</name>",
    "<controller type='scsi' index='0' model='a'/>",
    "<address type='pci' slot='" + "9" * 5000 + "'/>",
)
ENVELOPE = (
    "<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'>",
    "</Envelope>",
    "<References>",
    "</References>",
    "<Disk diskId='d'/>",
    "<File id='f' href='a.vmdk'/>",
    "<DiskSection>",
    "<Disk diskId='d' fileRef='f' capacity='1' capacityAllocationUnits='byte * 2^30'/>",
    "</DiskSection>",
    "<VirtualSystem>",
    "</VirtualSystem>",
    "<VirtualHardwareSection>",
    "</VirtualHardwareSection>",
    "<Item>",
    "</Item>",
    "<ResourceType>17</ResourceType>",
    "<ResourceType>4</ResourceType>",
    "<HostResource>ovf:/disk/d</HostResource>",
    "<Parent>1</Parent>",
    "<InstanceID>1</InstanceID>",
    "<VirtualQuantity>1</VirtualQuantity>",
    "<AllocationUnits>byte * 9999^99</AllocationUnits>",
    "<AddressOnParent>a</AddressOnParent>",
    "<!--",
    "-->",
    "<!DOCTYPE a>",
    "&a;",
)
NAMES = ("web01", "-disk1", "_2", ".qcow2", ".vmdk", "-000001", "root", "sda", "-flat", "9" * 12, "..", "é")
URLS = (
    "https://",
    "ssh://",
    "nbd://",
    "nbd+unix:///a?socket=/b",
    "user:a@",
    "[::1]",
    ":99999",
    "host",
    "/a",
    "%00",
    "%2f",
    "#",
    "?",
    "@",
    "[",
    "]",
    ":80",
)


def _domain(data):
    description = libvirt_xml.parse(data, "/a.xml", lambda pool, name: None)
    for disk in description["disks"]:
        if disk_urls.is_url(disk["path"]):
            _url(disk["path"])


def _vmx(data):
    settings = vmx.parse(data)
    vmx.describe(settings, "/a.vmx")


def _url(text):
    assert not disk_urls.is_export(text) or disk_urls.is_url(text)
    if disk_urls.is_url(text):
        found = registry.parse_url(text)
        disk_urls.of_file(found.host, found.port, found.user, found.path)


def _names(text):
    names = list(dict.fromkeys(name for name in text.replace("/", "").split("\n") if name))
    disk_names.group("/guests/web01", names, True)
    disk_names.group("/", names, False)
    for name in names:
        finding.file_stem(name)


def _words(text):
    metadata.number(text)
    metadata.normal_mac(text)


def _xml(data):
    metadata.local_name(hostile_xml.parse(data, 4096))


def _image(data):
    """Reads whatever a header can say, of every format."""
    size, stream = len(data), io.BytesIO(data)
    probe.probe(stream, size)
    calls = [
        lambda: vmdk.read_header(stream),
        lambda: vdi.ends_early(stream, size),
        lambda: vhd.is_differencing(stream),
        lambda: vhd.parent(stream),
        lambda: vdi.identity(stream),
        lambda: vhdx.is_differencing(stream),
        lambda: vhdx.data_identity(stream),
        lambda: vhdx.linkages(stream),
    ]
    calls += [lambda kind=kind: differencing.is_differencing(stream, kind) for kind in probe.SUPPORTED]
    calls += [lambda kind=kind: probe.virtual_size(stream, size, kind) for kind in probe.SUPPORTED]
    calls += [lambda kind=kind: probe.layout(stream, kind, 65536) for kind in probe.SUPPORTED]
    calls.append(lambda: qcow2.counts_beyond_end(stream, size, qcow2.read_header(stream)))
    calls.append(lambda: qcow2.used_end(stream, qcow2.read_header(stream)))
    for call in calls:
        try:
            call()
        except BadHeader as error:
            assert str(error)
    for judge in (lambda: packages.refuse_others(stream, "/a"), lambda: disk_files.measure(stream, size, "/a")):
        try:
            judge()
        except GuestconvError as error:
            if error.code not in ("source-disk-damaged", "source-disk-format", "source-hostile"):
                raise


QCOW2 = (
    struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, 0, 0, 16, 1 << 30, 0, 2, 65536, 131072, 1, 0, 0).ljust(96, b"\0")
    + struct.pack(">II", 4, 104)
    + struct.pack(">II5s3x", 0xE2792ACA, 5, b"qcow2")
    + bytes(8)
)
VDI = (
    (b"<<< disk image >>>".ljust(64) + b"\x7f\x10\xda\xbe").ljust(344, b"\0")
    + struct.pack("<I", 1024).ljust(24, b"\0")
    + struct.pack("<QIIII", 1 << 30, 1 << 20, 0, 1024, 1).ljust(144, b"\0")
)
DESCRIPTOR = (
    b'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nparentFileNameHint="b.vmdk"\n'
    b'RW 2048 FLAT "a-flat.vmdk" 0\nRW 2048 ZERO\n'
)
SPARSE = struct.pack("<4sIIQQQ", b"KDMV", 1, 3, 0, 128, 1).ljust(512, b"\0") + DESCRIPTOR
_REGION = struct.pack("<16sQII", uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le, 256 << 10, 1 << 16, 1)
_SIZE = struct.pack("<16sIIII", uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le, 1 << 14, 8, 0, 0)
# The two tables behind each other, which the strategy puts to their places.
VHDX = (struct.pack("<4sIII", b"regi", 0, 1, 0) + _REGION, (struct.pack("<8s2xH20x", b"metadata", 1) + _SIZE))
VHD = b"conectix".ljust(48, b"\0") + struct.pack(">Q", 1 << 30).ljust(464, b"\0")
HEADS = (QCOW2, VDI, DESCRIPTOR, SPARSE, b"COWD" + SPARSE[4:], VHD, bytes(1024) + VHD)


def _vhdx(tables):
    regions, entries = tables
    return b"vhdxfile".ljust(192 << 10, b"\0") + regions.ljust(64 << 10, b"\0") + entries.ljust(64 << 10, b"\0")


ERRORS = ("virttools.guestconv.choose", ": ", "It is wrong.", " (", "no-space", ")", " Do this.")

WHOLE_VHDX = _vhdx(VHDX)
OF_SOURCE = ("source-",)

PARSERS = (
    Parser(
        "VMX", VMX, _vmx, codes=OF_SOURCE, inputs=hostile_texts.documents(*VMX), sample="\n".join(VMX[:-1]).encode()
    ),
    Parser(
        "the manifest of an OVF",
        MANIFEST,
        lambda data: manifest.parse(data, "/a.mf"),
        codes=("source-malformed",),
        inputs=hostile_texts.documents(*MANIFEST),
        sample=MANIFEST[0].encode(),
    ),
    Parser(
        "a domain of libvirt's",
        DOMAIN,
        _domain,
        codes=OF_SOURCE,
        inputs=hostile_texts.documents(*DOMAIN)
        | hostile_texts.texts(*DOMAIN).map(
            lambda text: f"<domain><devices>{text}</devices></domain>".encode("utf-8", "replace")
        ),
        sample="".join(
            (*DOMAIN[:1], *DOMAIN[2:3], *DOMAIN[4:5], DOMAIN[6], DOMAIN[8], DOMAIN[5], DOMAIN[3], DOMAIN[1])
        ).encode(),
    ),
    Parser(
        "an OVF",
        ENVELOPE,
        lambda data: ovf.parse(data, "/a.ovf"),
        codes=OF_SOURCE,
        inputs=hostile_texts.documents(*ENVELOPE),
        sample=b"<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'/>",
    ),
    Parser("a unit in an OVF", ("byte", "*", " ", "2", "^", "30", "KB"), ovf_items.unit_of, sample="byte * 2^30"),
    Parser(
        "XML",
        DOMAIN,
        _xml,
        codes=("xml-",),
        inputs=hostile_texts.documents(*DOMAIN) | hostile_texts.texts(*DOMAIN),
        sample="<a/>",
    ),
    Parser("the names of disks' files", NAMES, _names),
    Parser("an error of a filter", ERRORS, in_text.from_text, sample="".join(ERRORS)),
    Parser(
        "URLs",
        URLS,
        _url,
        codes=("source-url-invalid", "source-url-not-supported"),
        inputs=hostile_texts.texts(*URLS) | st.lists(st.sampled_from(URLS), max_size=6).map("".join),
        sample="https://host/a",
    ),
    Parser("numbers and addresses of metadata", ("1", "00:50:56:aa:bb:cc", "0" * 12), _words),
    Parser(
        "the header of an image",
        (),
        _image,
        inputs=st.sampled_from((*HEADS, WHOLE_VHDX[:512])).flatmap(hostile_texts.damaged)
        | st.tuples(*map(hostile_texts.damaged, VHDX)).map(_vhdx)
        | st.binary(max_size=600),
        sample=QCOW2,
    ),
    Parser(
        "the beginning of a disk",
        (),
        volume_mark.mark_of,
        inputs=st.sampled_from(BEGINNINGS).flatmap(hostile_texts.damaged) | st.binary(max_size=600),
        sample=BEGINNINGS[0],
    ),
)
