# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What new entries and images get their command line from."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import kernel_install
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

EDIT = CommandLine([lambda argument: argument.replace("/dev/sda1", "UUID=u")], ["console=ttyS0"]).edited


def edited(files):
    root = FakeRoot(files)
    kernel_install.edit_sources(root, EDIT)
    return {path: root.files[path] for path in root.files if root.files[path] != files.get(path)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("root=/dev/sda1 ro\n", "root=UUID=u ro console=ttyS0\n"),
        ("root=/dev/sda1 ro", "root=UUID=u ro console=ttyS0"),
        ("# a\nroot=/dev/sda1\nquiet\n", "# a\nroot=UUID=u\nquiet console=ttyS0\n"),
        ("console=ttyS0\nroot=/dev/sda1\n", "console=ttyS0\nroot=UUID=u\n"),
        ("\n# none\n", "\n# none\n"),
        ("", ""),
    ],
)
def test_a_file_with_a_command_line(text, expected):
    assert kernel_install.edited(text, EDIT) == expected
    assert kernel_install.edited(expected, EDIT) == expected


def test_a_part_of_a_command_line_gets_nothing_added():
    files = {"/etc/cmdline.d/root.conf": "root=/dev/sda1\n", "/etc/kernel/cmdline.d/a": "quiet\n"}
    assert edited(files) == {"/etc/cmdline.d/root.conf": "root=UUID=u\n"}


def test_what_the_distribution_has_is_overridden_and_not_edited():
    vendor = {"/usr/lib/kernel/cmdline": "root=/dev/sda1\n"}
    assert edited(vendor) == {"/etc/kernel/cmdline": "root=UUID=u console=ttyS0\n"}
    assert edited({**vendor, "/etc/kernel/cmdline": "root=UUID=u console=ttyS0"}) == {}
    # Where there is none, kernel-install takes that of the running kernel.
    assert edited({}) == {}


def test_ukify():
    path = "/etc/kernel/uki.conf"
    text = "[UKI]\nCmdline = root=/dev/sda1 ro\nStub=/x\n[A]\nCmdline=root=/dev/sda1\n"
    assert edited({path: text}) == {path: text.replace("root=/dev/sda1 ro", "root=UUID=u ro console=ttyS0")}
    assert edited({path: "[UKI]\nCmdline=@/etc/kernel/cmdline\n"}) == {}
    assert edited({path: "[UKI]\nCmdline=\n"}) == {}


def test_pieces_of_shell():
    files = {
        "/etc/dracut.conf.d/a.conf": 'uefi="yes"\nkernel_cmdline="root=/dev/sda1 quiet"\n',
        "/etc/sdboot-manage.conf": '#LINUX_OPTIONS="x"\nLINUX_OPTIONS="root=/dev/sda1"\n',
    }
    assert edited(files) == {path: text.replace("/dev/sda1", "UUID=u") for path, text in files.items()}
