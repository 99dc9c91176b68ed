# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for initrds: worked out before anything is written, and known at inspection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.budget import SPARE, Need, affordable
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.space import Space
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.kernel.kernel_guests import (
    MODULES,
    an_initrd,
    convert,
    make_rebuilding,
    make_root,
)

DEFAULT, OTHER = "6.1.0-50-amd64", "6.1.0-49-amd64"


@pytest.mark.parametrize(
    "needs, room, expected",
    (
        # The default has what room there is, wherever it stands.
        ([(5, False), (5, True)], 5, [False, True]),
        ([(5, False), (5, True)], 9, [False, True]),
        ([(5, False), (5, True)], 10, [True, True]),
        # What does not fit takes nothing from what does.
        ([(2, True), (9, False), (3, False)], 5, [True, False, True]),
        ([(6, True), (3, False)], 5, [False, True]),
        # What takes no room is not refused for want of it.
        ([(0, True), (0, False)], -SPARE, [True, True]),
        ([], 0, []),
    ),
)
def test_oracle_13_the_default_comes_first_and_what_does_not_fit_takes_nothing(needs, room, expected):
    needs = [Need("/boot", size, is_default) for size, is_default in needs]
    assert affordable(needs, {"/boot": room + SPARE}) == expected


@given(
    st.lists(st.builds(Need, st.sampled_from(["/", "/boot"]), st.integers(0, 50), st.booleans())),
    st.fixed_dictionaries({"/": st.integers(0, 100), "/boot": st.integers(0, 100)}),
)
def test_what_is_affordable_leaves_the_spare_room_on_each_filesystem(needs, room):
    fits = affordable(needs, {mountpoint: left + SPARE for mountpoint, left in room.items()})
    for mountpoint, left in room.items():
        assert sum(need.size for need, fit in zip(needs, fits) if fit and need.mountpoint == mountpoint) <= left
    for need, fit in zip(needs, fits):
        assert fit or need.size


class SmallRoom:
    """A root with little room in /boot, and what is asked for it."""

    def __init__(self, root, room):
        self.root, self.asked = root, []
        root.room = room
        root.space = self.space

    def space(self, path):
        self.asked.append(path)
        return Space(path, "/boot" if path == "/boot" else "/", "/dev/sda1", self.root.room)


def supplement_size():
    root = make_root(initrd_bytes=an_initrd())
    before = len(root.files[f"/boot/initrd.img-{DEFAULT}"])
    convert(root)
    return len(root.files[f"/boot/initrd.img-{DEFAULT}"]) - before


def test_oracle_12_13_a_kernel_that_is_not_needed_and_has_no_room_is_a_concern():
    # The menu has the other one first.
    root = make_root((OTHER, DEFAULT), initrd_bytes=an_initrd())
    root.boot_menu = BootMenu(root.boot_menu.entries, root.boot_menu.entries[1])
    small = SmallRoom(root, SPARE + supplement_size() * 3 // 2)
    plan = convert(root)
    assert "virtio_blk" in initrd.read(root.files[f"/boot/initrd.img-{DEFAULT}"]).modules(DEFAULT)
    assert root.files[f"/boot/initrd.img-{OTHER}"] == an_initrd()
    (concern,) = plan.concerns
    assert concern.code == "kernel-not-prepared" and OTHER in concern.message and "KiB free" in concern.message
    # At inspection, and once for both.
    assert small.asked == ["/boot", "/boot"]


def test_oracle_13_nothing_is_written_where_the_default_has_no_room():
    root = make_root((OTHER, DEFAULT), initrd_bytes=an_initrd())
    root.boot_menu = BootMenu(root.boot_menu.entries, root.boot_menu.entries[1])
    SmallRoom(root, SPARE + supplement_size() - 1)
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "boot-full"
    assert [path for _action, path, _detail in root.changes() if DEFAULT in path] == []


def test_oracle_13_inspection_says_that_boot_is_full_and_what_is_needed():
    root = make_root(initrd_bytes=an_initrd())
    root.room = 5000
    findings = kernel.inspect(root)
    (concern,) = findings.concerns
    assert (concern.code, concern.severity) == ("boot-full", "error")
    assert "4 KiB free" in concern.message and "1025 KiB are needed" in concern.message
    # The driver stays: without the room there is none.
    assert findings.usable["block"]["virtio-blk-pci"] == ""


def test_a_driver_with_room_is_recommended_in_the_place_of_one_without():
    root = make_root(initrd_bytes=an_initrd())
    ahci = "kernel/drivers/ata/ahci.ko"
    root.files[f"/lib/modules/{DEFAULT}/modules.dep"] += f"{ahci}:\n"
    root.files[f"/lib/modules/{DEFAULT}/{ahci}"] = "module"
    root.files[f"/boot/initrd.img-{DEFAULT}"] = an_initrd(ahci)
    root.room = 5000
    findings = kernel.inspect(root)
    (concern,) = findings.concerns
    assert (concern.code, concern.severity) == ("boot-full", "warning")
    assert "ahci is recommended instead" in concern.message
    usable = findings.usable["block"]
    assert usable["ahci"] == "" and "5 KiB" not in usable["ahci"] and "KiB free" in usable["virtio-blk-pci"]


@pytest.mark.parametrize(
    "content, room",
    ((an_initrd(*MODULES), 0), (an_initrd(), 1 << 30), (b"damaged", 0)),
    ids=("complete", "room", "damaged"),
)
def test_what_needs_no_room_or_has_it_or_cannot_be_read_is_no_concern(content, room):
    root = make_root(initrd_bytes=content)
    root.room = room
    assert kernel.inspect(root).concerns == []


def test_oracle_13_a_rebuild_needs_the_room_of_the_old_one_and_that_to_unpack_it():
    unreadable = b"\x89LZO\0\r\n\x1a\n" + bytes(1 << 20)
    root = make_rebuilding(unreadable, "/usr/sbin/mkinitramfs")
    root.room = SPARE
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "boot-full" and root.commands == []
    root.files["/var/tmp/.k"] = ""
    small = SmallRoom(root, SPARE + (2 << 20))
    convert(root)
    assert small.asked[-1] == "/var/tmp" and root.commands != []


def test_oracle_13_dracut_writes_over_the_old_one_and_needs_room_to_unpack_it():
    root = make_rebuilding(b"\x89LZO\0\r\n\x1a\n" + bytes(1 << 20), "/usr/bin/dracut")
    root.files["/var/tmp/.k"] = ""
    root.room = 1 << 19
    with pytest.raises(GuestconvError) as caught:
        convert(root)
    assert caught.value.code == "filesystem-full" and "again" in caught.value.message and root.commands == []
