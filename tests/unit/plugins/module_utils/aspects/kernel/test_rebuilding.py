# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds that the guest's own program rebuilds, and what must be true of them then."""

from __future__ import annotations

import gzip

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import initramfs_tools
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.kernel.kernel_guests import (
    an_initrd,
    convert,
    make_rebuilding,
    make_root,
)


def test_what_cannot_be_supplemented_is_rebuilt_by_the_guests_tool_and_checked():
    root = make_rebuilding(b"\x89LZO\0\r\n\x1a\n" + bytes(64), "/usr/sbin/mkinitramfs")
    convert(root)
    assert root.commands == [["update-initramfs", "-u", "-k", "6.1.0-50-amd64"]]
    assert root.files["/etc/initramfs-tools/modules"] == "virtio_pci\nvirtio_blk\n"


def test_an_initrd_that_is_not_update_initramfs_s_is_rebuilt_where_it_is():
    command = initramfs_tools.command("/boot/initrd-small", "6.1.0-50-amd64")
    assert command == ["mkinitramfs", "-o", "/boot/initrd-small", "6.1.0-50-amd64"]


def test_a_rebuild_can_be_asked_for_and_a_complete_initrd_is_not_rebuilt():
    root = make_rebuilding(an_initrd(), "/usr/sbin/mkinitramfs")
    convert(root, mode="rebuild")
    convert(root, mode="rebuild")
    assert len(root.commands) == 1


def test_a_rebuild_that_does_not_bring_the_driver_is_an_error():
    root = make_root(initrd_bytes=an_initrd())
    root.files["/usr/sbin/mkinitramfs"] = "program"
    with pytest.raises(GuestconvError) as caught:
        convert(root, mode="rebuild")
    assert caught.value.code == "initrd-not-complete"


def test_an_initrd_that_was_made_anew_must_be_able_to_open_an_encrypted_root():
    root = make_rebuilding(an_initrd(), "/usr/sbin/mkinitramfs")
    with pytest.raises(GuestconvError) as caught:
        convert(root, mode="rebuild", programs=("cryptsetup", "systemd-cryptsetup"))
    assert caught.value.code == "initrd-cannot-unlock" and "cryptsetup" in caught.value.message
    # What is appended takes nothing away.
    convert(make_root(initrd_bytes=an_initrd()), programs=("cryptsetup",))


@pytest.mark.parametrize(
    "path, text, mappings, is_right",
    (
        ("cryptroot/crypttab", "sda3_crypt UUID=1 none luks\n", ("sda3_crypt",), True),
        ("cryptroot/crypttab", "\nother UUID=1 none luks\n", ("sda3_crypt",), False),
        ("cryptroot/crypttab", "", ("sda3_crypt",), False),
        ("cryptroot/crypttab", "", (), True),
        ("conf/conf.d/cryptroot", "target=sda3_crypt,source=UUID=1,key=none\n", ("sda3_crypt", "r"), True),
    ),
)
def test_a_debian_initrd_that_was_made_anew_must_know_the_mapping_of_the_root(path, text, mappings, is_right):
    root = make_rebuilding(an_initrd(), "/usr/sbin/mkinitramfs")
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    files = [initrd.File(path, 0o644, text.encode()), initrd.File("sbin/cryptsetup", 0o755, b"x")]
    root.rebuilt = gzip.compress(initrd.supplement(empty, files), mtime=0)
    asked = {
        "mode": "rebuild",
        "programs": ("cryptsetup",),
        "mappings": tuple(frozenset((name,)) for name in mappings[:1]),
        "edits": [(r"cryptroot/crypttab|conf/conf\.d/.+", str)],
    }
    if is_right:
        convert(root, **asked)
        return
    with pytest.raises(GuestconvError, match="no line for sda3_crypt") as caught:
        convert(root, **asked)
    assert caught.value.code == "initrd-cannot-unlock"


def test_a_supplement_can_be_insisted_on():
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    files = [initrd.File("usr/lib/dracut/hostonly-files", 0o644, b""), initrd.File("squash-root.img", 0o644, b"x")]
    root = make_rebuilding(initrd.supplement(empty, files), "/usr/bin/dracut")
    with pytest.raises(GuestconvError) as caught:
        convert(root, mode="supplement")
    assert caught.value.code == "initrd-not-appendable"
    convert(root)
    assert root.commands == [["dracut", "--force", "/boot/initrd.img-6.1.0-50-amd64", "6.1.0-50-amd64"]]
    assert root.files["/etc/dracut.conf.d/guestconv.conf"] == 'add_drivers+=" virtio_pci virtio_blk "\n'


def test_a_supplement_that_is_insisted_on_is_not_replaced_by_a_rebuild_of_what_cannot_be_read():
    root = make_rebuilding(b"\x89LZO\0\r\n\x1a\n" + bytes(64), "/usr/sbin/mkinitramfs")
    with pytest.raises(GuestconvError):
        convert(root, mode="supplement")
    assert root.commands == []
