# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the door keeps to the contract of the real one, and has its functions."""

from __future__ import annotations

import inspect

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.root import GuestRoot
from ansible_collections.virttools.guestconv.tests import hives
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

pytest.register_assert_rewrite(
    "ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.door_contract"
)

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.door_contract import Contract  # noqa: E402 - it is rewritten first

# Of the real one alone: what the guest, which mounts it, calls.
NOT_PLAYED = ("close",)


def functions(kind):
    return {
        name: list(inspect.signature(function).parameters)
        for name, function in inspect.getmembers(kind)
        if inspect.isfunction(function) and not name.startswith("_")
    }


def test_the_stand_in_has_the_functions_of_the_door_with_the_same_parameters():
    real = functions(GuestRoot)
    assert functions(FakeRoot) == {name: real[name] for name in real if name not in NOT_PLAYED}


@pytest.mark.parametrize(
    "name",
    [
        *("name", "guest", "info", "boot_menu", "mount_plan", "mounted", "not_mounted", "not_searched", "started_by"),
        *("is_read_only", "instance"),
    ],
)
def test_the_stand_in_has_the_attributes_of_the_door(name):
    real = GuestRoot(None, "/dev/sda1", None)
    assert hasattr(real, name) and isinstance(getattr(FakeRoot(), name), type(getattr(real, name))) or name == "guest"


def test_the_head_of_a_large_file_is_read_in_messages_that_the_protocol_can_carry():
    content = bytes(range(256)) * (5 << 12)

    class Appliance:
        def pread(self, path, count, offset):
            assert count < 4 << 20, "count is too large for the protocol"
            return content[offset : offset + count]

    root = GuestRoot(Appliance(), "/dev/sda1", None)
    for count in (16, 4 << 20, len(content), len(content) + (4 << 20)):
        assert root.head("/boot/efi/EFI/debian/grubx64.efi", count) == content[:count]


class TestStandIn(Contract):
    """The contract, on the stand-in."""

    def door(self, files, links):
        return FakeRoot(files, links=links)

    hive_file = staticmethod(hives.stand_in)
