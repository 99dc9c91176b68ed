# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of guests that differ by what boots them."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import LOADERS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors.catalogue import DECLARED
from tests.guests import boot_variants
from tests.guests.boot_variants import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_a_row_names_a_loader_and_a_code_that_there_are(name):
    variant = VARIANTS[name]
    assert variant.loader in {loader.NAME for loader in LOADERS}
    assert not variant.refused or variant.refused in DECLARED
    assert (variant.firmware == "uefi") == (variant.third == "esp")


def test_there_is_a_guest_of_each_loader():
    assert {loader.NAME for loader in LOADERS} == {variant.loader for variant in VARIANTS.values()}


class FakeWorkshop:
    """Files in memory."""

    machine_id, versions = "m", ["6.1.0-57-amd64", "6.12.117+deb12-amd64"]
    older, newer = versions

    def __init__(self, files):
        self.files = files

    def read(self, path):
        return self.files[path]

    def write(self, path, text):
        self.files[path] = text

    edit = boot_variants.Workshop.edit


def test_the_default_is_in_grubenv_by_the_identifiers_of_the_menu():
    workshop = FakeWorkshop(
        {
            "/etc/default/grub": "GRUB_DEFAULT=0\n",
            "/boot/grub/grub.cfg": "set default=\"0\"\nsubmenu 'A' $menuentry_id_option 'gnulinux-advanced-9d' {\n}\n",
        }
    )
    VARIANTS["grub2-saved"].install(workshop)
    block = workshop.files["/boot/grub/grubenv"]
    assert "saved_entry=gnulinux-advanced-9d>gnulinux-6.1.0-57-amd64-advanced-9d\n" in block
    assert len(block) == 1024 and block.startswith("# GRUB Environment Block\n")
    assert 'set default="${saved_entry}"' in workshop.files["/boot/grub/grub.cfg"]
    assert workshop.files["/etc/default/grub"] == "GRUB_DEFAULT=saved\n"


def test_a_text_that_is_not_there_is_not_replaced():
    workshop = FakeWorkshop({"/etc/default/grub": "GRUB_DEFAULT=saved\n", "/boot/grub/grub.cfg": ""})
    with pytest.raises(AssertionError, match="GRUB_DEFAULT=0"):
        VARIANTS["grub2-index"].install(workshop)
