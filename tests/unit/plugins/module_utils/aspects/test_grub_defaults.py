# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub and what is read after it: what the shell would read there, and what must be otherwise."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.bootloader import defaults


@pytest.mark.parametrize(
    "text, expected",
    [
        ('GRUB_CMDLINE_LINUX="a b"\n', {"GRUB_CMDLINE_LINUX": "a b"}),
        ("export GRUB_CMDLINE_LINUX='a  b'  # why\n", {"GRUB_CMDLINE_LINUX": "a  b"}),
        ("GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX=b\n", {"GRUB_CMDLINE_LINUX": "b"}),
        ("#GRUB_DISABLE_LINUX_UUID=true\nGRUB_TIMEOUT=5\n", {}),
        ("  GRUB_DISABLE_LINUX_UUID=true\n", {"GRUB_DISABLE_LINUX_UUID": "true"}),
        ("this is (no shell\n'neither", {}),
    ],
)
def test_the_settings_of_default_grub_are_read_as_the_shell_would(text, expected):
    assert defaults.settings(text) == expected


def to_uuid(line, present):
    there = line.split() + list(present or ()) + ["x"] * (present is None)
    return line.replace("/dev/sda1", "UUID=1") + ("" if "x" in there else " x")


@pytest.mark.parametrize(
    "found, expected",
    [
        # What must be there is added to the line that recovery entries have too.
        ({}, {"GRUB_CMDLINE_LINUX": '" x"'}),
        ({"GRUB_CMDLINE_LINUX": "x"}, {}),
        ({"GRUB_CMDLINE_LINUX": "", "GRUB_CMDLINE_LINUX_DEFAULT": "quiet x"}, {}),
        ({"GRUB_CMDLINE_LINUX": "x", "GRUB_CMDLINE_LINUX_DEFAULT": "root=/dev/sda1"},
         {"GRUB_CMDLINE_LINUX_DEFAULT": '"root=UUID=1"'}),
        ({"GRUB_CMDLINE_LINUX": "x", "GRUB_DISABLE_LINUX_UUID": "true"}, {"GRUB_DISABLE_LINUX_UUID": "false"}),
        ({"GRUB_CMDLINE_LINUX": "x", "GRUB_DISABLE_LINUX_UUID": "false"}, {}),
    ],
)
def test_oracle_05_only_settings_that_must_change_are_changed(found, expected):
    assert defaults.edit_settings([found], to_uuid) == [expected]


@pytest.mark.parametrize(
    "found, expected",
    [
        # A later file wins, so it is edited as the first is; what is added stands where nothing takes it away again.
        ([{"GRUB_CMDLINE_LINUX": "root=/dev/sda1"}, {"GRUB_CMDLINE_LINUX": "root=/dev/sda1"}],
         [{"GRUB_CMDLINE_LINUX": '"root=UUID=1"'}, {"GRUB_CMDLINE_LINUX": '"root=UUID=1 x"'}]),
        ([{"GRUB_CMDLINE_LINUX": "x"}, {"GRUB_CMDLINE_LINUX": "a"}], [{}, {"GRUB_CMDLINE_LINUX": '"a x"'}]),
        ([{"GRUB_CMDLINE_LINUX": "x"}, {"GRUB_CMDLINE_LINUX": "$GRUB_CMDLINE_LINUX a"}], [{}, {}]),
        ([{"GRUB_CMDLINE_LINUX": "a"}, {"GRUB_CMDLINE_LINUX_DEFAULT": "${GRUB_CMDLINE_LINUX_DEFAULT} root=/dev/sda1"}],
         [{"GRUB_CMDLINE_LINUX": '"a x"'},
          {"GRUB_CMDLINE_LINUX_DEFAULT": '"${GRUB_CMDLINE_LINUX_DEFAULT} root=UUID=1"'}]),
        ([{"GRUB_CMDLINE_LINUX": "x"}, {"GRUB_DISABLE_LINUX_UUID": "true"}],
         [{}, {"GRUB_DISABLE_LINUX_UUID": "false"}]),
        ([{}, {}], [{"GRUB_CMDLINE_LINUX": '" x"'}, {}]),
    ],
)
def test_oracle_05_the_files_of_default_grub_d_are_edited_as_they_win(found, expected):
    assert defaults.edit_settings(found, to_uuid) == expected


def test_many_files_that_double_a_setting_do_not_double_the_work():
    found = [{"GRUB_CMDLINE_LINUX": "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX x"}] * 200
    assert defaults.edit_settings(found, to_uuid) == [{}] * 200
