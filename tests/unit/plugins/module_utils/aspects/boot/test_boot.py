# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What boots the guest: its firmware, where its menu is, and the fallback that firmware without variables starts."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import boot
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import command_line, uefi
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import loaders as all_loaders
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import grub2
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

GRUB = (b"\xeb\x63\x90" + bytes(300) + b"GRUB \0Geom\0").ljust(510, b"\0") + b"\x55\xaa"
FOREIGN = b"\xfa\xb8\x00\x10".ljust(510, b"\0") + b"\x55\xaa"
EMPTY = bytes(510) + b"\x55\xaa"
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

MENU = """\
set default="0"
menuentry 'Linux' {
\tlinux%s /vmlinuz-6 root=/dev/sda2 ro quiet
\tinitrd%s /initrd-6
}
"""
STUB = "search.fs_uuid u-root root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
DEBIAN = {f"/boot/efi/EFI/debian/{name}": name for name in ("shimx64.efi", "grubx64.efi", "mmx64.efi", "fbx64.efi")}


def make_root(files=None, sectors=(EMPTY,), esp_on="sda", firmware=None, mounted=True, arch="x86_64"):
    disks = [image(f"sd{letter}") for letter, _sector in zip("ab", sectors)]
    filesystems = [filesystem("/dev/sda2", "ext4", "u-root", partuuid="p-root")]
    if esp_on:
        filesystems.append(filesystem(f"/dev/{esp_on}1", "vfat", "AB-CD", partuuid="p-esp", parttype=ESP))
    root = FakeRoot(
        {"/boot/grub/grub.cfg": MENU % ("", ""), **(files or {})},
        info={
            "mountpoints": {"/": "/dev/sda2", **({"/boot/efi": f"/dev/{esp_on}1"} if esp_on and mounted else {})},
            "arch": arch,
            "distribution": "debian",
        },
        hardware={"firmware": firmware} if firmware else {},
        disks=disks,
        filesystems=filesystems,
    )
    root.guest.boot_sector = lambda index: sectors[index]
    return root


def convert(root):
    boot.inspect(root)
    plan = Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"})
    plan.command_line.edit(lambda argument: argument.replace("=/dev/sda2", "=UUID=u-root"))
    boot.convert(root, plan)


def codes(root):
    return [(concern.code, concern.severity) for concern in boot.inspect(root).concerns]


@pytest.mark.parametrize(
    "sectors, esp_on, firmware, loaders",
    [
        ((GRUB,), None, "bios", {"sda": {"type": "bios", "name": "grub2"}}),
        ((FOREIGN,), None, "bios", {"sda": {"type": "bios", "name": "unknown"}}),
        # Cloud images boot either way.
        ((GRUB,), "sda", "bios", {"sda": {"type": "bios", "name": "grub2"}}),
        ((EMPTY,), "sda", "uefi", {"sda": {"type": "uefi", "name": "grub2"}}),
        # What a partitioning program leaves in the first sector boots nothing.
        ((FOREIGN,), "sda", "uefi", {"sda": {"type": "uefi", "name": "grub2"}}),
        (
            (FOREIGN, EMPTY),
            "sdb",
            "uefi",
            {"sda": {"type": "bios", "name": "unknown"}, "sdb": {"type": "uefi", "name": "grub2"}},
        ),
    ],
)
def test_the_firmware_is_the_one_that_something_on_the_disks_starts_with(sectors, esp_on, firmware, loaders):
    assert boot.inspect(make_root(DEBIAN, sectors, esp_on)).boot == {"firmware": firmware, "loaders": loaders}


@pytest.mark.parametrize(
    "sectors, esp_on, firmware, is_missing",
    [
        ((EMPTY,), None, None, True),
        ((GRUB,), None, "uefi", True),
        ((EMPTY,), "sda", "bios", True),
        ((GRUB,), None, "bios", False),
        ((FOREIGN,), None, None, False),
        ((GRUB,), "sda", "uefi", False),
    ],
)
def test_no_boot_loader_for_the_firmware_is_a_concern(sectors, esp_on, firmware, is_missing):
    found = codes(make_root(DEBIAN, sectors, esp_on, firmware))
    assert (("boot-loader-missing", "warning") in found) == is_missing


def test_code_that_is_not_known_is_a_concern():
    assert codes(make_root(sectors=(FOREIGN,), esp_on=None)) == [("boot-loader-unknown", "warning")]
    assert codes(make_root(sectors=(FOREIGN, GRUB), esp_on=None)) == []


def test_oracle_19_the_fallback_is_made_of_shim_and_what_it_starts_and_stays():
    question = "Name: grub2/force_efi_extra_removable\nTemplate: grub2/force_efi_extra_removable\nOwners: grub-pc \n"
    root = make_root({**DEBIAN, "/var/cache/debconf/config.dat": question})
    assert codes(root) == []
    convert(root)
    made = {path: text for path, text in root.files.items() if path.startswith("/boot/efi/EFI/BOOT/")}
    assert made == {
        "/boot/efi/EFI/BOOT/BOOTX64.EFI": "shimx64.efi",
        "/boot/efi/EFI/BOOT/grubx64.efi": "grubx64.efi",
        "/boot/efi/EFI/BOOT/mmx64.efi": "mmx64.efi",
    }
    assert "Value: true" in root.files["/var/cache/debconf/config.dat"]
    changes = len(root.changes())
    convert(root)
    assert len(root.changes()) == changes


@pytest.mark.parametrize("there", ["/boot/efi/EFI/BOOT/BOOTX64.EFI", "/boot/efi/EFI/boot/bootx64.efi"])
def test_oracle_19_a_fallback_that_is_there_stays_as_it_is(there):
    question = "Name: grub2/force_efi_extra_removable\nTemplate: grub2/force_efi_extra_removable\nValue: false\n"
    root = make_root({**DEBIAN, there: "mine", "/var/cache/debconf/config.dat": question})
    convert(root)
    assert [path for path in root.files if "/EFI/BOOT/" in path.upper()] == [there]
    assert root.files[there] == "mine" and root.files["/var/cache/debconf/config.dat"] == question


WINDOWS = b"MZ" + "Windows Boot Manager".encode("utf-16-le")


@pytest.mark.parametrize("there", ["/boot/efi/EFI/BOOT/BOOTX64.EFI", "/boot/efi/EFI/Boot/bootx64.efi"])
def test_the_boot_manager_of_windows_in_the_fallback_gives_way_to_the_boot_loader_of_linux(there):
    root = make_root({**DEBIAN, there: WINDOWS, "/boot/efi/EFI/Microsoft/Boot/bootmgfw.efi": WINDOWS})
    assert codes(root) == []
    convert(root)
    assert root.files[there] == "shimx64.efi"
    assert root.files["/boot/efi/EFI/Microsoft/Boot/bootmgfw.efi"] == WINDOWS
    changes = len(root.changes())
    convert(root)
    assert len(root.changes()) == changes


def test_a_fallback_of_windows_stays_where_there_is_nothing_else_to_start():
    root = make_root({"/boot/efi/EFI/BOOT/BOOTX64.EFI": WINDOWS, "/boot/efi/EFI/Microsoft/Boot/bootmgfw.efi": WINDOWS})
    assert "boot-loader-not-supported" in [code for code, _severity in codes(root)]


def test_a_guest_that_can_boot_with_bios_alone_gets_no_fallback():
    root = make_root(DEBIAN, (GRUB,), None)
    convert(root)
    assert not any(path.startswith("/boot/efi/EFI/BOOT") for path in root.files)


@pytest.mark.parametrize("room", [1 << 20, 10])
def test_a_guest_that_boots_with_either_gets_a_fallback_if_there_is_room(room):
    root = make_root(DEBIAN, (GRUB,), "sda")
    root.room = room
    assert boot.inspect(root).boot["firmware"] == "bios"
    convert(root)
    assert ("/boot/efi/EFI/BOOT/BOOTX64.EFI" in root.files) == (room > 10)


def system_partition(directories, preferred=()):
    return SystemPartition("/boot/efi/EFI", directories, preferred)


@pytest.mark.parametrize(
    "directories, arch, preferred, expected",
    [
        # GRUB alone, as grub-install makes it where no shim is installed.
        ({"debian": ["grubx64.efi"]}, "x86_64", [], [("debian/grubx64.efi", "BOOT/BOOTX64.EFI")]),
        (
            {"debian": ["shimaa64.efi", "grubaa64.efi"]},
            "aarch64",
            [],
            [("debian/shimaa64.efi", "BOOT/BOOTAA64.EFI"), ("debian/grubaa64.efi", "BOOT/grubaa64.efi")],
        ),
        # EL 7.0 to 7.3.
        (
            {"redhat": ["shim.efi", "grubx64.efi", "MokManager.efi", "grub.cfg"]},
            "x86_64",
            [],
            [
                ("redhat/shim.efi", "BOOT/BOOTX64.EFI"),
                ("redhat/grubx64.efi", "BOOT/grubx64.efi"),
                ("redhat/MokManager.efi", "BOOT/MokManager.efi"),
            ],
        ),
        # SUSE: its GRUB reads what is beside it.
        (
            {"boot": [], "sles": ["shim.efi", "grub.efi", "MokManager.efi", "grub.cfg", "boot.csv"]},
            "x86_64",
            [],
            [
                ("sles/shim.efi", "boot/BOOTX64.EFI"),
                ("sles/grub.efi", "boot/grub.efi"),
                ("sles/MokManager.efi", "boot/MokManager.efi"),
                ("sles/grub.cfg", "boot/grub.cfg"),
            ],
        ),
        # Of several the distribution's own; and shim without what it starts is none.
        (
            {"debian": ["shimx64.efi", "grubx64.efi"], "redhat": ["shimx64.efi", "grubx64.efi"]},
            "x86_64",
            ["redhat"],
            [("redhat/shimx64.efi", "BOOT/BOOTX64.EFI"), ("redhat/grubx64.efi", "BOOT/grubx64.efi")],
        ),
        (
            {"alma": ["SHIMX64.EFI"], "debian": ["SHIMX64.EFI", "GRUBX64.EFI"]},
            "x86_64",
            ["alma"],
            [("debian/SHIMX64.EFI", "BOOT/BOOTX64.EFI"), ("debian/GRUBX64.EFI", "BOOT/GRUBX64.EFI")],
        ),
        ({"debian": ["shimx64.efi"], "Microsoft": ["bootmgfw.efi"]}, "x86_64", [], []),
        ({"debian": ["grubx64.efi"], "BOOT": ["BOOTAA64.EFI"]}, "aarch64", [], None),
    ],
)
def test_oracle_19_what_the_fallback_is_made_of(directories, arch, preferred, expected):
    top = "/boot/efi/EFI"
    wanted = expected and [(f"{top}/{path}", f"{top}/{new}") for path, new in expected]
    assert uefi.copies(system_partition(directories, preferred), arch, all_loaders.fallbacks()) == wanted


@pytest.mark.parametrize(
    "directories, expected",
    [
        ({"BOOT": ["BOOTX64.EFI"], "a": ["shimx64.efi", "grubx64.efi", "mmx64.efi"]}, ["grubx64.efi", "mmx64.efi"]),
        ({"BOOT": ["BOOTX64.EFI", "MMX64.EFI"], "a": ["grubx64.efi"]}, ["grubx64.efi"]),
        ({"BOOT": ["BOOTX64.EFI"], "systemd": ["systemd-bootx64.efi"]}, []),
    ],
)
def test_oracle_19_shim_that_is_alone_gets_what_it_starts(directories, expected):
    made = uefi.copies(system_partition(directories), "x86_64", all_loaders.fallbacks(), is_alone=True)
    assert [new for _path, new in made] == [f"/boot/efi/EFI/BOOT/{name}" for name in expected]


TOP = "/boot/efi/EFI"
SHIM = b"MZ UEFI SHIM"


def test_oracle_19_what_is_signed_is_not_replaced_by_what_is_not():
    signed, unsigned = (programs.program([("mods", b"mimg")], is_signed) for is_signed in (True, False))
    files = {"debian/shimx64.efi": SHIM, "debian/grubx64.efi": unsigned, "BOOT/grubx64.efi": signed}
    root = make_root({f"/boot/efi/EFI/{path}": content for path, content in files.items()})
    convert(root)
    assert root.files["/boot/efi/EFI/BOOT/BOOTX64.EFI"] == SHIM
    assert root.files["/boot/efi/EFI/BOOT/grubx64.efi"] == signed
    files = {**dict(list(files.items())[:2]), "BOOT/GRUBX64.EFI": b"old"}
    root = make_root({f"/boot/efi/EFI/{path}": content for path, content in files.items()})
    convert(root)
    assert root.files["/boot/efi/EFI/BOOT/GRUBX64.EFI"] == unsigned


@pytest.mark.parametrize(
    "vendor, concern, written",
    [
        ({"debian/shimx64.efi": SHIM, "debian/grubx64.efi": b"g", "debian/bootx64.csv": b""}, [], None),
        (
            {"debian/shimx64.efi": SHIM, "debian/grubx64.efi": b"g"},
            [],
            "shimx64.efi,debian,,debian\n".encode("utf-16-le").decode(),
        ),
        ({"debian/grubx64.efi": b"g"}, [("uefi-fallback-missing", "error")], None),
    ],
)
def test_oracle_19_the_fallback_program_of_shim_has_a_list_of_what_to_start(vendor, concern, written):
    files = {"BOOT/BOOTX64.EFI": SHIM, "BOOT/fbx64.efi": b"f", **vendor}
    root = make_root({f"/boot/efi/EFI/{path}": content for path, content in files.items()})
    assert codes(root) == concern
    convert(root)
    assert root.read("/boot/efi/EFI/debian/BOOTX64.CSV") == written


def test_oracle_19_shim_that_finds_nothing_to_start_is_a_concern():
    root = make_root({"/boot/efi/EFI/BOOT/BOOTX64.EFI": SHIM})
    assert codes(root) == [("uefi-fallback-missing", "error")]


def test_oracle_19_the_fallback_is_of_the_loader_that_has_a_menu():
    both = {f"/boot/efi/EFI/{path}": path for path in ("systemd/systemd-bootx64.efi", "a/grubx64.efi")}
    root = make_root(both)
    convert(root)
    assert root.read("/boot/efi/EFI/BOOT/BOOTX64.EFI") == "a/grubx64.efi"
    # Nothing says which of two it is.
    entry = {"/boot/efi/loader/entries/a.conf": "linux /a\noptions root=/dev/sda2\n", "/boot/efi/a": "k"}
    assert codes(make_root({**both, **entry})) == [("boot-loader-uncertain", "error")]
    root = make_root({**both, **entry})
    del root.files["/boot/grub/grub.cfg"]
    convert(root)
    assert root.read("/boot/efi/EFI/BOOT/BOOTX64.EFI") == "systemd/systemd-bootx64.efi"


@pytest.mark.parametrize(
    "scripts, release, first",
    [
        ({"a": "", "b": ""}, "", "debian"),
        ({"debian": "search.fs_uuid u-gone root\n", "b": "search.fs_uuid u-root root\n"}, "", "a"),
        ({}, 'ID_LIKE="b other"\n', "debian"),
    ],
)
def test_the_directory_of_a_system_that_is_gone_comes_last(scripts, release, first):
    files = {f"{TOP}/{name}/grub.cfg": text for name, text in scripts.items()}
    files.update({f"{TOP}/{name}/grubx64.efi": name for name in ("BOOT", "b", "debian", "a")})
    root = make_root({**files, "/etc/os-release": release})
    assert boot.system_partition.mounted(root).vendors[0] == first
    root.info["distribution"] = "other-leap"
    expected = ["a", "b", "debian"] if not release else ["b", "a", "debian"]
    assert first != "debian" or boot.system_partition.mounted(root).vendors == expected


@pytest.mark.parametrize(
    "files, mounted, arch, code, severity",
    [
        ({}, True, "x86_64", "uefi-fallback-missing", "error"),
        ({"/boot/efi/EFI/debian/shimx64.efi": "x"}, True, "x86_64", "uefi-fallback-missing", "error"),
        (DEBIAN, True, "aarch64", "uefi-fallback-missing", "error"),
        (DEBIAN, False, "x86_64", "uefi-fallback-unknown", "warning"),
        (DEBIAN, True, "riscv64", "uefi-fallback-unknown", "warning"),
    ],
)
def test_oracle_19_a_fallback_that_cannot_be_made_is_a_concern(files, mounted, arch, code, severity):
    assert codes(make_root(files, mounted=mounted, arch=arch)) == [(code, severity)]


def test_a_system_partition_without_room_is_refused_before_anything_is_copied():
    root = make_root(DEBIAN)
    root.room = 10
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "boot-full"
    assert not any("/EFI/BOOT/" in path for path in root.files)


def test_with_uefi_the_menu_on_the_system_partition_is_the_one_and_both_are_edited():
    el7 = MENU.replace("vmlinuz-6", "vmlinuz-7") % ("efi", "efi")
    root = make_root({"/boot/efi/EFI/centos/grub.cfg": el7, "/boot/efi/EFI/centos/grubx64.efi": "x"})
    boot.inspect(root)
    assert root.boot_menu.default.kernel == "/boot/efi/vmlinuz-7"
    convert(root)
    for path in ("/boot/efi/EFI/centos/grub.cfg", "/boot/grub/grub.cfg"):
        assert "root=UUID=u-root ro quiet" in root.files[path]


def test_what_leads_to_the_menu_is_no_menu_and_with_bios_the_system_partition_has_none():
    stub = {**DEBIAN, "/boot/efi/EFI/debian/grub.cfg": STUB}
    root = make_root(stub)
    convert(root)
    assert root.boot_menu.default.kernel == "/vmlinuz-6"
    assert root.files["/boot/efi/EFI/debian/grub.cfg"] == STUB
    other = MENU.replace("vmlinuz-6", "vmlinuz-7") % ("efi", "efi")
    root = make_root({**stub, "/boot/efi/EFI/debian/grub.cfg": other}, (GRUB,))
    boot.inspect(root)
    assert root.boot_menu.default.kernel == "/vmlinuz-6"


def test_the_saved_entry_is_that_of_the_menus_own_directory():
    text = MENU + MENU.replace("Linux", "Old").replace("6", "5").replace('"0"', '"${saved_entry}"')
    root = make_root(
        {
            "/boot/efi/EFI/centos/grub.cfg": text % ("efi", "efi", "efi", "efi"),
            "/boot/efi/EFI/centos/grubenv": "# GRUB Environment Block\nsaved_entry=Old\n",
            "/boot/grub/grubenv": "# GRUB Environment Block\nsaved_entry=Linux\n",
        }
    )
    boot.inspect(root)
    assert root.boot_menu.default.kernel == "/boot/efi/vmlinuz-5"


def test_a_kernel_without_an_initrd_is_told_the_partition_as_it_can_find_no_uuid(monkeypatch):
    edits = []
    monkeypatch.setattr(grub2.defaults, "convert", lambda root, edit: edits.append(edit))
    text = MENU.replace("\tinitrd%s /initrd-6\n", "") % ""
    root = make_root({"/boot/grub/grub.cfg": text + MENU % ("", "")}, (GRUB,), None)
    convert(root)
    # What the menu is generated from is right for the kernel that boots.
    assert edits[0]("root=/dev/sda2 ro", None) == "root=PARTUUID=p-root ro"
    lines = [line.split()[2] for line in root.files["/boot/grub/grub.cfg"].splitlines() if "linux " in line]
    assert lines == ["root=PARTUUID=p-root", "root=UUID=u-root"]


def test_a_kernel_without_an_initrd_keeps_what_was_not_a_name_of_the_hardware():
    storage = make_root().guest.storage
    edit = command_line.by_partition
    assert edit(storage, "root=UUID=u-root ro", "root=UUID=u-root") == "root=UUID=u-root"
    assert edit(storage, "root=/dev/sda2 x", "root=UUID=u-root y") == "root=PARTUUID=p-root y"
    assert edit(storage, "root=/dev/sda9", "root=/dev/sdz") == "root=/dev/sdz"
