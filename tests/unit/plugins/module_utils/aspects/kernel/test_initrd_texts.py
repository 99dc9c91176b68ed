# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that conversion changes or adds in initrds, wherever their builders have them."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.kernel.kernel_guests import (
    an_initrd,
    convert,
    make_rebuilding,
    make_root,
)

LINK, RULES = "/etc/systemd/network/10-lan.link", "/etc/udev/rules.d/70-persistent-net.rules"


def an_initrd_of(builder, *files):
    """An initrd of that builder's with these files, (path, text) each; in Debian's /lib is a link to /usr/lib."""
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    evidence = {"initramfs-tools": "conf/initramfs.conf", "dracut": "usr/lib/dracut/hostonly-files"}[builder]
    members = [initrd.File(path, 0o644, text.encode()) for path, text in ((evidence, ""), *files)]
    link = initrd.writer.header("lib", 0o120777, 7, 9) + initrd.writer.padded(b"usr/lib")
    return link + initrd.supplement(empty, members)


def texts_in(root, *paths):
    after = root.files["/boot/initrd.img-6.1.0-50-amd64"]
    found = initrd.read(after, wanted=lambda name: True)
    return [None if found.content(path) is None else found.content(path).decode() for path in paths]


@pytest.mark.parametrize(
    "builder, place",
    [
        ("initramfs-tools", "usr/lib/udev/rules.d/70-persistent-net.rules"),
        ("dracut", "etc/udev/rules.d/70-persistent-net.rules"),
    ],
)
def test_the_initrds_copy_of_a_guests_file_follows_it_wherever_its_builder_put_it(builder, place):
    root = make_root(initrd_bytes=an_initrd_of(builder, (place, "old")))
    convert(root, modules=(), copies={RULES: "new", LINK: "none there"})
    assert texts_in(root, place, LINK, "usr/lib/systemd/network/10-lan.link") == ["new", None, None]
    changes = len(root.changes())
    convert(root, modules=(), copies={RULES: "new"}, files={RULES: "new"})
    assert len(root.changes()) == changes == 1


@pytest.mark.parametrize("builder", ["initramfs-tools", "dracut"])
def test_a_file_that_the_initrd_must_have_is_put_there_and_into_its_next_build(builder):
    root = make_root(initrd_bytes=an_initrd_of(builder))
    convert(root, modules=(), files={LINK: "[Link]"})
    assert texts_in(root, "etc/systemd/network/10-lan.link") == ["[Link]"]
    # initramfs-tools' hook for udev copies it unasked.
    configuration = {"dracut": f'install_items+=" {LINK} "\n', "initramfs-tools": None}[builder]
    assert root.files.get("/etc/dracut.conf.d/guestconv.conf") == configuration
    assert "/etc/initramfs-tools/modules" not in root.files
    changes = len(root.changes())
    convert(root, modules=(), files={LINK: "[Link]"})
    assert len(root.changes()) == changes


def test_a_copy_that_is_there_already_is_not_put_there_again():
    before = an_initrd_of("initramfs-tools", ("usr/lib/systemd/network/10-lan.link", "[Link]"))
    root = make_root(initrd_bytes=before)
    convert(root, modules=(), files={LINK: "[Link]"})
    assert root.files["/boot/initrd.img-6.1.0-50-amd64"] == before


def test_an_initrd_loads_what_it_needs_though_it_is_from_before_the_guest_allowed_that():
    hardening = "blacklist floppy\nblacklist virtio-blk\ninstall virtio_pci /bin/true\n"
    root = make_root(initrd_bytes=an_initrd_of("dracut", ("etc/modprobe.d/hardening.conf", hardening)))
    convert(root, modules=["virtio_pci", "virtio_blk"])
    assert texts_in(root, "etc/modprobe.d/hardening.conf") == ["blacklist floppy\n\n\n"]


def test_several_edits_of_one_text_are_all_made():
    root = make_root(initrd_bytes=an_initrd())
    edits = [
        (r"conf/conf\.d/.+", lambda text: text.replace("sda5", "sda6")),
        (r"conf/conf\.d/resume", lambda text: text.replace("RESUME", "X")),
    ]
    convert(root, modules=(), edits=edits)
    assert texts_in(root, "conf/conf.d/resume") == ["X=/dev/sda6\n"]


def test_a_file_is_not_put_beside_an_image_that_would_hide_it():
    initrd_bytes = an_initrd_of("dracut", ("squash-root.img", "x"))
    root = make_rebuilding(initrd_bytes, "/usr/bin/dracut")
    with pytest.raises(GuestconvError) as caught:
        convert(root, modules=(), files={LINK: "[Link]"}, mode="supplement")
    assert caught.value.code == "initrd-not-appendable"
    # The stand-in for dracut does not heed install_items.
    with pytest.raises(GuestconvError) as caught:
        convert(root, modules=(), files={LINK: "[Link]"})
    assert caught.value.code == "initrd-not-complete"
    assert root.commands == [["dracut", "--force", "/boot/initrd.img-6.1.0-50-amd64", "6.1.0-50-amd64"]]
    assert root.files["/etc/dracut.conf.d/guestconv.conf"] == f'install_items+=" {LINK} "\n'
