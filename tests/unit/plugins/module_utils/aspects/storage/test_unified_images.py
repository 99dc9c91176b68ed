# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of devices on command lines that are within unified kernel images."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import unified
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import unified_images
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)


def concerns(arguments, is_default=True, is_fixed=True):
    entry = unified.Entry("/efi/a.efi", (), arguments, unified=True, is_fixed=is_fixed)
    menu = BootMenu([entry], entry if is_default else None)
    root = FakeRoot(boot_menu=menu, filesystems=[filesystem("/dev/sda1", "ext4", "u-root")])
    return unified_images.concerns(root, Names(root.guest.storage, frozenset()))


@pytest.mark.parametrize(("is_default", "severity"), [(True, "error"), (False, "warning")])
def test_a_name_of_hardware_cannot_be_changed_there(is_default, severity):
    (found,) = concerns("root=/dev/sda1 ro", is_default)
    assert (found.code, found.severity) == ("unified-image-fixed", severity)
    assert "root=/dev/sda1" in found.message


def test_what_stays_right_is_none():
    assert concerns("root=UUID=u-root ro") == []
    assert concerns("quiet") == []
    assert concerns("root=/dev/sda1", is_fixed=False) == []
