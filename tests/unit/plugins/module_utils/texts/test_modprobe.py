# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps modules from being loaded, as kmod reads it."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import modprobe


@pytest.mark.parametrize(
    "text, blocked",
    [
        ("", set()),
        ("blacklist virtio_blk", {"virtio_blk"}),
        ("  blacklist\tvirtio-blk # why", {"virtio_blk"}),
        ("#blacklist a\n# blacklist b\nblacklist c\n", {"c"}),
        ("install virtio_blk /bin/true", {"virtio_blk"}),
        ("install \\\n virtio_blk \\\n /bin/false\nblacklist b", {"virtio_blk", "b"}),
        ("install a", {"a"}),
        ("blacklist", set()),
        ("install", set()),
        # They load it after all.
        ("install a /sbin/modprobe --ignore-install a", set()),
        ("install a modprobe -i a && modprobe b;", set()),
        ("install a { insmod /a.ko; }", set()),
        # These load it, too.
        ("options a b=1\nalias b a\nsoftdep a pre: b\nremove a /bin/true", set()),
    ],
)
def test_modules_are_kept_from_being_loaded_by_these_lines(text, blocked):
    assert {block.module for block in modprobe.blocked(text)} == blocked
    assert modprobe.blocked(modprobe.without_blocks(text, blocked)) == []
    assert modprobe.without_blocks(text, {"another"}) == text
    if blocked:
        grep = ["grep", "-qE", "-e", modprobe.expression(blocked)]
        assert subprocess.run(grep, input=text, text=True, check=False).returncode == 0


def test_modules_are_kept_from_being_loaded_by_these_arguments():
    arguments = [
        "quiet",
        "modprobe.blacklist=floppy,virtio-blk",
        "module_blacklist=virtio_net",
        "a=virtio_pci",
        "blacklist=",
    ]
    assert modprobe.blocked_by_arguments(arguments) == [
        ("floppy", arguments[1], False, False),
        ("virtio_blk", arguments[1], False, False),
        ("virtio_net", arguments[2], True, False),
    ]


def test_functions_that_are_left_out_keep_modules_from_starting():
    assert modprobe.blocked_by_arguments(["initcall_blacklist=sysfb_init,,virtio_blk_init,e1000_init_module"]) == [
        (module, "initcall_blacklist=sysfb_init,,virtio_blk_init,e1000_init_module", True, True)
        for module in ("virtio_blk", "e1000", "e1000e")
    ]
