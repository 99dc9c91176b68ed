# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot entries with several images, and images that several entries, links or copies have."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.kernel.kernel_guests import (
    MAIN,
    MICROCODE,
    MODULES,
    an_initrd,
    convert,
    make_root,
)


def raw_image(*files):
    empty = initrd.Initrd({}, {}, [initrd.image.Archive(0, 0, "", 0)], 0, False)
    return initrd.supplement(empty, [initrd.File(path, 0o644, content) for path, content in files])


def sequence(*paths, before=b"", **files):
    """A root whose default entry has an initrd of these images."""
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", paths, "root=/dev/sda1")]
    files = {MICROCODE: raw_image(("kernel/x86/microcode/GenuineIntel.bin", b"x")), **files}
    return make_root(entries=entries, initrd_bytes=before or an_initrd(), **files)


@pytest.mark.parametrize("paths", ((MICROCODE, MAIN), (MAIN, MICROCODE), (MICROCODE, MICROCODE, MAIN)))
def test_of_several_images_the_one_with_the_kernels_modules_is_completed(paths):
    root = sequence(*paths)
    microcode = root.files[MICROCODE]
    convert(root)
    assert root.files[MICROCODE] == microcode
    assert "virtio_blk" in initrd.read(root.files[MAIN]).modules("6.1.0-50-amd64")
    changes = len(root.changes())
    convert(root)
    assert len(root.changes()) == changes


def test_what_another_image_has_is_not_missing():
    further = raw_image(*((f"usr/lib/modules/6.1.0-50-amd64/{path}", b"module") for path in MODULES[:4]))
    root = sequence(MAIN, "/boot/further.img", **{"/boot/further.img": further})
    convert(root)
    assert root.changes() == []


def test_a_microcode_image_is_not_taken_for_the_initrd_where_that_is_of_an_unknown_builder():
    root = sequence(MAIN, MICROCODE, before=raw_image(("init", b"x")))
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "initrd-not-supported" and MAIN in caught.value.message


def test_a_text_that_a_later_image_has_in_its_old_form_is_an_error():
    later = raw_image(("conf/conf.d/resume", b"RESUME=/dev/sda5\n"))
    root = sequence(MAIN, "/boot/later.img", **{"/boot/later.img": later})
    with pytest.raises(GuestconvError) as caught:
        convert(root, edits=[(r"conf/conf\.d/.+", lambda text: text.replace("/dev/sda5", "UUID=u"))])
    assert caught.value.code == "initrd-not-complete"


def test_an_image_that_is_not_there_is_a_concern_whichever_it_is():
    root = sequence(MICROCODE, MAIN)
    del root.files[MICROCODE]
    (concern,) = kernel.inspect(root).concerns
    assert (concern.code, concern.severity) == ("initrd-missing", "error") and MICROCODE in concern.message


def test_an_image_of_several_entries_is_completed_once():
    paths = ((MICROCODE, MAIN), (MAIN,))
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", each, "root=/dev/sda1") for each in paths]
    root = make_root(entries=entries, initrd_bytes=an_initrd(), **{MICROCODE: raw_image(("kernel/x86/a", b"x"))})
    convert(root)
    assert [path for _action, path, _detail in root.changes()].count(MAIN) == 1


COPY = "/boot/efi/m/6.1.0-50-amd64/initrd.img"


def test_what_the_menus_initrd_was_copied_from_is_completed_too():
    entries = [Entry("/boot/efi/m/6.1.0-50-amd64/linux", (COPY,), "root=UUID=u", version="6.1.0-50-amd64")]
    root = make_root(entries=entries, initrd_bytes=an_initrd())
    root.files.update({COPY: an_initrd(), "/boot/efi/m/6.1.0-50-amd64/linux": b"k"})
    plan = convert(root)
    assert root.files[COPY] == root.files[MAIN] != an_initrd()
    assert plan.concerns == []


def test_an_initrd_that_the_menu_names_by_a_link_is_completed_once():
    entries = [Entry("/boot/vmlinuz-6.1.0-50-amd64", ("/initrd.img",), "root=UUID=u", version="6.1.0-50-amd64")]
    root = make_root(entries=entries, initrd_bytes=an_initrd())
    root.links["/initrd.img"] = MAIN
    convert(root)
    changed = [path for _action, path, *_more in root.changes()]
    assert "/initrd.img" in changed and MAIN not in changed


def test_an_initrd_that_the_menu_names_by_a_link_and_by_its_file_is_completed_once():
    entries = [
        Entry("/boot/vmlinuz-6.1.0-50-amd64", (path,), "root=UUID=u", version="6.1.0-50-amd64")
        for path in ("/initrd.img", MAIN)
    ]
    root = make_root(entries=entries, initrd_bytes=an_initrd())
    root.links["/initrd.img"] = MAIN
    convert(root)
    changed = [path for _action, path, *_more in root.changes()]
    assert len({"/initrd.img", MAIN} & set(changed)) == 1
    once = make_root(entries=entries[1:], initrd_bytes=an_initrd())
    convert(once)
    assert root.files[MAIN] == once.files[MAIN]


def test_an_original_that_cannot_be_completed_is_a_concern():
    entries = [Entry("/boot/efi/m/6.1.0-50-amd64/linux", (COPY,), "root=UUID=u", version="6.1.0-50-amd64")]
    root = make_root(entries=entries, initrd_bytes=b"no initrd")
    root.files.update({COPY: an_initrd(), "/boot/efi/m/6.1.0-50-amd64/linux": b"k"})
    plan = convert(root)
    assert root.files[MAIN] == b"no initrd" and root.files[COPY] != an_initrd()
    ((code, message),) = [(concern.code, concern.message) for concern in plan.concerns]
    assert code == "kernel-not-prepared" and MAIN in message
