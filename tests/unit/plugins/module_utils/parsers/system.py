# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of the other files of a guest: its system, disks, packages, logins and display, and its console."""

from __future__ import annotations

import json
from types import SimpleNamespace

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import graphics, local_time, storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.console import inittab, securetty, upstart
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import locked
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import (
    arguments,
    encryption,
    lvm,
    references,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.mentions import (
    conditions,
    mdadm,
    paths,
    udev_rules,
    units,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools import (
    clock,
    cloud_init,
    records,
    repositories,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import device_names, labels
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import attachment, diagnosis, mounts
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import dracut, initramfs_tools
from ansible_collections.virttools.guestconv.plugins.module_utils.packages import apk, dpkg, pacman, rpm
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.dependencies import (
    judged,
    only_needed_by,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.rpm import Rpm
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import linux
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import (
    crypttab,
    fstab,
    luks_header,
    modprobe,
    printable,
    registry,
    tables,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import udev_rules as rules
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import display, expectations, signs, symptoms
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser, each, of_file

SELINUX = ("SELINUX=enforcing", "SELINUX= permissive", "SELINUXTYPE=targeted", " selinuxtype = mls ", "#")
FSTAB = (
    "/dev/sda1 / ext4 defaults 0 1",
    "UUID=a /home btrfs subvol=@home,subvolid=5 0 0",
    "LABEL=\\040 none swap sw 0 0",
    "#",
    "/swapfile none swap sw",
    "/dev/disk/by-id/ata-a-part1",
    "/dev/disk/by-label/a\\x20b",
    "/dev/mapper/a--b-c",
    "\\777",
    "/dev/disk/by-id/dm-uuid-LVM-" + "a" * 64,
    "PARTUUID=",
    "/dev/sda1",
)
CRYPTTAB = (
    "sda3_crypt UUID=a none luks,discard",
    "swap /dev/sda2 /dev/urandom swap,cipher=aes",
    "data /dev/sdb1 /k:UUID=b header=/h:LABEL=c,keyfile-offset=1,keyfile-size=99999999999",
    "a\\040b /dev/disk/by-uuid/a /dev/disk/by-label/k:/key keyscript=passdev,tpm2-device=auto",
    "target=root,source=/dev/sda1,key=none",
    "rd.luks.name=a=b",
    "cryptdevice=UUID=a:b:c",
    "cryptopts=target=a,source=/dev/sda1",
    "crypt_root=/dev/sda1",
    "- - - -",
    "x",
    ",",
)
RELEASE = ("ID=debian", 'VERSION_ID="12.1"', "PRETTY_NAME='a'", "VERSION_ID=", "\\", '"', "12", ".")
RESUME = ("RESUME=/dev/sda2", "RESUME=", "RESUME='UUID=a'", "export ", "/dev/sdb1", "#")
LVM = (
    "filter = [ ",
    '"a|^/dev/sda|"',
    '"r|.*|"',
    "]",
    "global_filter=",
    "use_devicesfile = 0",
    "#",
    '"a/(/"',
    '"a|[|"',
    '"a|a{9}|"',
    '"r|\\|"',
    "devices { ",
    "IDTYPE=devname IDNAME=/dev/sda1 DEVNAME=/dev/sda1 PVID=a",
    "PVID=",
    '"a|\\Z|"',
    '"a|+|"',
)
UNIT = (
    "[Mount]",
    "What=/dev/sda1",
    "[Unit]",
    "After=dev-sda1.device dev-\\x2d\\xff.device",
    "ConditionPathExists=!/dev/sda1",
    "ConditionVirtualization=|!kvm",
    "What=%%/dev/sda1",
    "\\",
    "#",
    "[Swap]",
    ".device",
)
MDADM = (
    "DEVICE /dev/sda1 /dev/sd[bc]* partitions",
    " /dev/sdc1",
    "ARRAY /dev/md0 devices=/dev/sda1,/dev/sdb1 UUID=1:2",
    "'",
    '"',
    "#",
    "dev /dev/sda1",
    "DEVICE",
    "array",
)
DISK_RULES = (
    'KERNEL=="sd?1"',
    'SUBSYSTEM=="block", ',
    'ENV{ID_SERIAL}=="a"',
    'PROGRAM=="scsi_id", RESULT=="a"',
    'SYMLINK+="asm/a%k b"',
    "\\",
    "#",
    'KERNELS=="1:0:0:0"',
    'ENV{DEVNAME}=="/dev/sda|/dev/sd[',
)
PATHS = ("raw /dev/sda1", "a -fstype=xfs :/dev/sda1", "# /dev/sda1", "/dev/disk/by-id/a", "/dev/", "/etc/a")
PACKAGES = (
    "Package: a",
    "file /usr/bin/vmware-a 12",
    "datasource_list: [ A, B ]",
    "datasource_list:\n  - A",
    "P:a\nV:1-r0",
    "%NAME%\na",
    "Status: install ok installed",
    "\n\n",
    "Version: 1:2.0-3",
    "Depends: b (>= 1) | c, d:any",
    "Architecture: amd64",
    "Conffiles:\n /etc/a 0123\n /etc/b newconffile",
    "Auto-Installed: 1",
    " continued",
    "Provides: x",
    "Essential: yes",
    "Suggests:",
    "a\t(none)\t1\t2\tx86_64",
    "gpg-pubkey\t0\t1\t2\t(none)",
)
INITTAB = (
    "1:2345:respawn:/sbin/getty 38400 ttyS0",
    "T0:23:respawn:/sbin/getty -L ttyS1",
    "#",
    "hvc0",
    "ttyS0",
    "getty",
    "tty1",
    ":",
)
XORG = (
    'Section "Device"',
    'Driver "vmware"',
    'BusID "PCI:0:15:0"',
    "EndSection",
    'Section "Screen"',
    'driver "modesetting"',
)
CONSOLE = (
    "login:",
    "\x1b[2J",
    "\x1b[1;1H",
    "\x1b]0;a\x07",
    "Kernel panic - not syncing: a",
    "grub>",
    "No bootable device.",
    "Give root password for maintenance",
    "dracut:/#",
    "(initramfs)",
    '{"return": {}}',
    "SSH-2.0-a\r\n",
)


def _fstab(text):
    root_filesystem = filesystem("/dev/sda1", "ext4", "a", "a b", partuuid="b")
    volume = filesystem(
        "/dev/a-b/c", "xfs", "c", members=[filesystem("/dev/sda2", "LVM2_member", "pv")], volume_uuid="a" * 32
    )
    found = graph([root_filesystem, volume])
    mounts.planned(fstab.parse(text), found, mounts.Mount("/", root_filesystem))
    root = FakeRoot(
        {"/etc/fstab": text, "/etc/crypttab": text},
        boot_menu=menu("resume_offset=1 " + text),
    )
    storage._hibernated_files(root)
    for name in references.names_of_hardware(root):
        device_names.partition_on_only_disk(name, ())
        attachment.disk_linked(name, {"sda": attachment.Attachment("scsi", 0, 0, "a", "0" * 16)}, (name,))
    for word in text.split():
        found.filesystems_called(word)
        device_names.logical_volume(word)
        arguments.edited(Names(found, frozenset()), f"root={word}")


def _crypttab(text):
    for entry in crypttab.parse(text) + crypttab.from_arguments(text.split()):
        assert isinstance(entry.name, str) and isinstance(entry.has_header, bool)
        found = (entry.key_file, entry.token, entry.is_waited_for, entry.option("a"))
        assert found and crypttab.is_name(entry.name) in (True, False)
    locked = filesystem("/dev/sda1", "crypto_LUKS", "a")
    root = FakeRoot({"/etc/crypttab": text, "/etc/crypttab.initramfs": text}, filesystems=[locked])
    encryption.concerns(root, Names(root.guest.storage, frozenset()))
    encryption._old_copy(Names(root.guest.storage, frozenset()), text)


LUKS_TOKENS = json.dumps(
    {
        "keyslots": {"0": {"kdf": {"memory": 1 << 20}}, "1": {"kdf": {"memory": -1}}, "2": []},
        "tokens": {
            "0": {"type": "systemd-tpm2", "keyslots": ["0"]},
            "1": {"type": "clevis", "keyslots": ["1"], "jwe": {"protected": "eyJjbGV2aXMiOnsicGluIjoidHBtMiJ9fQ"}},
            "2": {"type": "clevis", "keyslots": 7, "jwe": {"protected": "!"}},
            "3": {"type": ["a"], "keyslots": [[]]},
        },
    }
)


def _headers():
    """JSON, and what a hostile guest has in its place."""
    return hostile_texts.texts(LUKS_TOKENS, "{", "}", '"tokens": ', "[" * 1000, "0", '"jwe":', "\0")


def _header(text):
    area = hostile_texts.content(text)
    for version in (0, 1, 2, 3):
        for size in (0, 4096, 4097, 16384, 5 << 20):
            head = b"LUKS\xba\xbe" + version.to_bytes(2, "big") + size.to_bytes(8, "big")
            found = luks_header.parse(head.ljust(4096, area[:1] or b"\0") + area)
            assert found is None or (found.version in (1, 2) and found.free_keyslots <= found.keyslots)
    luks_header.parse(area)
    luks_header.size(area)


REGISTRY = ("a", "\0", "\\", '"', "\ud800", "é")


def _registry_value(text):
    content = text.encode("utf-16-le", "surrogatepass")
    for kind in range(13):
        for data in (content, content[:4], content[:8], content[:-1]):
            value = registry.Value(kind, data)
            assert registry.shown(text, value, whole=True) and value.text is not None and value.number != -1
            printable.printable([value.text, *value.texts])
    assert all(make(text).data for make in (registry.string, registry.expand, lambda one: registry.multi([one])))
    assert (registry.binary(content).data, registry.none(content).data) == (content, content)


def _release(text):
    root = FakeRoot({"/etc/os-release": text, "/etc/hostname": text})
    root.head = lambda path, count: hostile_texts.content(text)[:count]
    root.files["/bin/sh"] = text
    return printable.printable(linux.facts(root))


def _resumed(text):
    return initramfs_tools.with_devices(text, lambda name: "" if name in ("", "/dev/sdb1") else "UUID=a b")


def _lvm(text):
    for _name, patterns in lvm.filters(text):
        lvm.accepts(patterns, ["/dev/sda1", text[:99]])
    member = filesystem("/dev/sda1", "LVM2_member", "a-b")
    lvm.rejections(FakeRoot({"/etc/lvm/lvm.conf": text}, filesystems=[member]), {"sda": "/dev/vda"})


def _units(text):
    units.mounted(text)
    conditions.lost(text, ("kvm",))
    for word in text.split():
        units.path_of(word)
    root = FakeRoot({"/etc/systemd/system/a.mount": text, "/etc/crypttab": text, "/etc/smartd.conf": text})
    storage.inspect(root)


def _uuid(path):
    return "/dev/disk/by-uuid/a" if path == "/dev/sda1" else None


def _disk_rules(text):
    udev_rules.links([text]).may_be("asm/a1")
    for line in rules.rules(text):
        udev_rules.lost_tokens(line, {"sda1": "vda1"})


def _installed(text):
    found = dpkg.parse_status(text, text)
    for package in found:
        dpkg.split_version(package.version)
    only_needed_by(found[:1], found)
    judged(found[:1], found)
    dpkg.damage(text)
    dpkg.diverted(text)
    judged(found[:1], apk.parse_installed(text, text))
    pacman.ignored_packages(text)
    pacman.parse_desc(text, ["a*"])
    pacman.split_version(text)
    apk.split_version(text)
    rpm.needed_by(text)
    rpm.zypper_locks(text)
    rpm.dnf5_locks(text)
    cloud_init.datasource_list(text)
    clock.clocks(text)
    clock.servers(text)
    repositories.is_of_tools(text)
    for path in (*records.vmware_files(text), *records.virtualbox_files(text)):
        records.is_theirs(path, records.VMWARE)


def _forgotten(text):
    return dpkg.forget(text, [SimpleNamespace(name="a", arch="amd64")])


def _rpm(text):
    root = FakeRoot()
    root.ask = lambda argv, seconds: text
    Rpm(root).applications()


def _console(data):
    fed = Console()
    for start in range(0, len(data), 7):
        fed.feed(data[start : start + 7])
    fed.lines(5)
    fed.asks_for_login()
    symptoms.find(fed.text())
    display.text_of(data)
    for line in data.split(b"\n"):
        expectations._is_answer(line)


# Of QEMU's `info registers`.
REGISTERS = (
    "RIP=ffffffff810012ab",
    "EIP=0000b7b9",
    "CPL=3",
    "CR0=80050033",
    "EFER=0000000000000500",
    "HLT=0",
    "CPL=9",
    "RIP=",
)

SUPERBLOCK = bytes(64) + b"_BHRfS_M" + bytes(64) + (2).to_bytes(8, "little")

PARSERS = (
    Parser(
        "fstab",
        FSTAB,
        _fstab,
        unedited=(lambda text: tables.edited(text, lambda row: row.line),),
        edits=(lambda text: tables.edited(text, lambda row: row.with_field(0, "UUID=a")),),
    ),
    Parser("crypttab", CRYPTTAB, _crypttab),
    Parser("the header of a LUKS device", inputs=_headers(), words=(), read=_header, sample=LUKS_TOKENS),
    Parser(
        "a superblock of btrfs",
        (),
        diagnosis.devices,
        inputs=st.binary(max_size=200) | hostile_texts.damaged(SUPERBLOCK),
        sample=SUPERBLOCK,
    ),
    Parser("values of the registry", REGISTRY, _registry_value),
    Parser("os-release", RELEASE, _release),
    Parser("selinux_config", SELINUX, labels.policy),
    Parser(
        "resume",
        RESUME,
        each(initramfs_tools.devices, dracut.devices),
        unedited=(
            lambda text: initramfs_tools.with_devices(text, lambda name: None),
            lambda text: dracut.with_devices(text, lambda name: "UUID=a"),
        ),
        edits=(_resumed,),
    ),
    Parser(
        "lvm.conf and devices",
        LVM,
        _lvm,
        unedited=(lambda text: lvm.edit_devices(text, {}),),
        edits=(lambda text: lvm.edit_devices(text, {"a": "/dev/vda1"}),),
    ),
    Parser(
        "units of systemd",
        UNIT,
        _units,
        unedited=(lambda text: units.edited(text, lambda path: None),),
        edits=(lambda text: units.edited(text, _uuid),),
    ),
    Parser(
        "mdadm.conf",
        MDADM,
        of_file("/etc/mdadm.conf", storage.inspect),
        unedited=(lambda text: text if "/dev/" in text else mdadm.edited(text),),
        edits=(mdadm.edited,),
    ),
    Parser(
        "udev's rules for disks",
        DISK_RULES,
        _disk_rules,
        unedited=(lambda text: rules.each_rule(text, lambda line: line),),
    ),
    Parser(
        "paths of devices",
        PATHS,
        unedited=(lambda text: paths.edited(text, lambda path: None),),
        edits=(lambda text: paths.edited(text, _uuid),),
    ),
    Parser(
        "dpkg and apt",
        PACKAGES,
        each(_installed, _rpm),
        unedited=(lambda text: dpkg.forget(text, []),),
        edits=(_forgotten,),
    ),
    Parser(
        "inittab, securetty and upstart's jobs",
        INITTAB,
        upstart.job_port,
        unedited=(lambda text: securetty.edit_securetty(text, None),),
        edits=(
            lambda text: inittab.edit_inittab(text, "hvc0"),
            lambda text: inittab.edit_inittab(text, None),
            lambda text: inittab.edit_inittab(text, "ttyS0"),
            lambda text: inittab.edit_inittab(text, "hvc0", is_busybox=True),
            upstart.without_stanzas,
            lambda text: securetty.edit_securetty(text, "hvc0"),
        ),
        # A line that names two ports that are gone.
        found=("1:2345:respawn:/sbin/getty 38400 ttyS01:2345:respawn:/sbin/getty 38400 ttyS0",),
    ),
    Parser(
        "modprobe.d",
        (
            "blacklist virtio-blk\n",
            "install virtio_blk \\\n /bin/true\n",
            "# a\n",
            "modprobe.blacklist=a,b",
            "/sbin/modprobe a;",
            "-kernel/modules_disabled = 1\n",
            "initcall_blacklist=init,init_sd",
        ),
        each(modprobe.blocked, lambda text: modprobe.blocked_by_arguments(text.split()), locked.disables),
        unedited=(lambda text: modprobe.without_blocks(text, ()),),
        edits=(lambda text: modprobe.without_blocks(text, {"virtio_blk", "a"}),),
    ),
    Parser(
        "adjtime and files that say what the machine's clock is at",
        ("0.0 1 0.0\n1\nLOCAL\n", "UTC=no\n", 'HWCLOCK="--localtime"', "clock='local'", "\\", '"'),
        edits=(local_time.adjusted, local_time.configured),
    ),
    Parser(
        "xorg.conf",
        XORG,
        graphics.drivers_named,
        unedited=(lambda text: text if "vmware" in text.lower() else graphics.without_foreign_drivers(text, ()),),
        edits=(lambda text: graphics.without_foreign_drivers(text, ()),),
    ),
    Parser("registers", REGISTERS, signs.processor_from),
    Parser(
        "the console",
        (),
        _console,
        inputs=st.binary(max_size=300) | hostile_texts.documents(*CONSOLE),
        sample="\n".join(CONSOLE).encode(),
        # More brackets than Python's reader of JSON takes.
        found=(b"[" * 4000 + b"\n",),
    ),
)
