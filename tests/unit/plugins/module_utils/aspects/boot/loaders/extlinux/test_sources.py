# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EXTLINUX's configuration is generated from."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.extlinux import sources


def everything(line):
    return f"{part(line)} x".lstrip()


def part(line):
    return line.replace("/dev/sda1", "UUID=1")


def test_debian_keeps_the_root_and_the_arguments():
    text = 'EXTLINUX_UPDATE="true"\nEXTLINUX_PARAMETERS="ro quiet"\nEXTLINUX_ROOT="root=/dev/sda1"\n'
    assert sources.edit_debian(text, everything, part) == (
        'EXTLINUX_UPDATE="true"\nEXTLINUX_PARAMETERS="ro quiet x"\nEXTLINUX_ROOT="root=UUID=1"\n'
    )


def test_alpine_keeps_the_root_and_the_arguments():
    text = "overwrite=1\ndefault_kernel_opts=quiet\nmodules=ext4\nroot=/dev/sda1\n"
    assert sources.edit_alpine(text, everything, part) == (
        'overwrite=1\ndefault_kernel_opts="quiet x"\nmodules=ext4\nroot=UUID=1\n'
    )
    assert sources.edit_alpine("root=\n", everything, lambda line: line + "UUID=1") == "root=\n"
    assert sources.edit_alpine("root=a\n", everything, lambda line: "") == "root=a\n"
