# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds within unified kernel images: what is in them decides which disks the guest can have."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import unified
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import kernels, unified_initrds
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import cpio
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

VERSION = "6.1.0-9-amd64"
ALL = ("virtio_pci", "virtio_blk", "ahci", "sd_mod")
VIRTIO = {"block": {"sda": "virtio-blk-pci"}}


def initrd(names, **texts):
    files = {f"lib/modules/{VERSION}/kernel/{name}.ko": b"ko" for name in names}
    files.update({path: text.encode() for path, text in texts.items()})
    members = [
        cpio.header(name, 0o100644, len(content), number) + cpio.padded(content)
        for number, (name, content) in enumerate(files.items(), 1)
    ]
    return b"".join(members) + cpio.trailer()


def make_root(*images, default=0, has_uname=True):
    """A root whose menu has these images, each the names of the modules in its initrd."""
    tree = f"/lib/modules/{VERSION}"
    files = {f"{tree}/modules.dep": "".join(f"kernel/{name}.ko:\n" for name in ALL), f"{tree}/modules.builtin": ""}
    files.update({f"{tree}/kernel/{name}.ko": b"ko" for name in ALL})
    entries = []
    for number, content in enumerate(images):
        path = f"/efi/EFI/Linux/{number}.efi"
        data = content if isinstance(content, bytes) else initrd(content)
        version = VERSION if has_uname else ""
        files[path] = programs.image("root=UUID=u", version, data, complete_guest.bzimage(f"{VERSION} (a)"))
        entries.append(unified.Entry(path, (), "root=UUID=u", unified=True, version=version or None))
    return FakeRoot(files, boot_menu=BootMenu(entries, entries[default]))


def convert(root, modules=("virtio_pci", "virtio_blk"), drivers=None, copies=None):
    kernel.inspect(root)
    plan = Plan(KVM, Selection(VIRTIO if drivers is None else drivers, {}))
    plan.initrd.require(modules)
    plan.initrd.copies.update(copies or {})
    before = dict(root.files)
    kernel.convert(root, plan)
    assert root.files == before
    return plan


@pytest.mark.parametrize("has_uname", [True, False])
def test_the_disks_are_those_whose_drivers_are_in_the_image(has_uname):
    root = make_root(["ahci", "sd_mod"], has_uname=has_uname)
    findings = kernel.inspect(root)
    usable = findings.usable["block"]
    assert usable["virtio-blk-pci"].startswith(
        f"kernel {VERSION} has no virtio_pci in its initrd, which cannot be changed"
    )
    assert "" in usable.values()
    assert [concern.code for concern in findings.concerns] == []
    assert findings.usable["network"]["virtio-net-pci"].endswith("has no virtio_net module")


def test_an_image_without_a_driver_for_any_disk_is_an_error():
    (found,) = kernel.inspect(make_root([])).concerns
    assert (found.code, found.severity) == ("unified-image-fixed", "error") and "virtio_blk" in found.hint


@pytest.mark.parametrize("content", [b"no initrd", b""])
def test_an_initrd_that_cannot_be_read_has_no_drivers(content):
    (found,) = kernel.inspect(make_root(content)).concerns
    assert found.code == "unified-image-fixed"


def test_an_image_that_has_all_stays():
    assert convert(make_root(["virtio_pci", "virtio_blk"])).concerns == []


def test_a_module_that_no_disk_needs_may_lack():
    assert convert(make_root(["virtio_pci", "virtio_blk"]), ("virtio_pci", "virtio_blk", "ahci")).concerns == []


def test_a_driver_that_lacks_is_an_error_of_the_default_and_a_concern_of_others():
    with pytest.raises(GuestconvError, match="virtio_blk") as caught:
        convert(make_root(["virtio_pci"]))
    assert caught.value.code == "unified-image-fixed"
    plan = convert(make_root(["virtio_pci", "virtio_blk"], ["virtio_pci"]))
    assert [(each.code, each.severity) for each in plan.concerns] == [("kernel-not-prepared", "warning")]


def test_a_file_in_it_that_would_have_to_change_is_an_error():
    root = make_root(initrd(["virtio_pci", "virtio_blk"], **{"etc/udev/rules.d/70-a.rules": "old"}))
    with pytest.raises(GuestconvError, match=r"70-a\.rules"):
        convert(root, copies={"/etc/udev/rules.d/70-a.rules": "new"})


def test_images_of_one_version_are_kernels_of_their_own():
    root = make_root(["virtio_pci", "virtio_blk"], ["ahci"], default=1)
    found = kernels.found(root, root.boot_menu)
    assert [(each.default, sorted(each.within)) for each in found] == [
        (False, ["virtio_blk", "virtio_pci"]),
        (True, ["ahci"]),
    ]


def test_an_image_may_have_no_initrd():
    data = programs.program([(".linux", b"k")])
    root = FakeRoot({"/a.efi": data})
    assert unified_initrds.modules(root, "/a.efi", VERSION) == frozenset()
