# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries that a person wrote into scripts of /etc/grub.d."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import custom
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

LINE = CommandLine([lambda argument: argument.replace("/dev/sda1", "UUID=x")], ["console=x"]).edited
ENTRY = "menuentry 'mine' {\n\tlinux\t/vmlinuz root=/dev/sda1 ro\n\tinitrd\t/initrd\n}\n"
EDITED = ENTRY.replace("/dev/sda1 ro", "UUID=x ro console=x")
TAIL = "#!/bin/sh\nexec tail -n +3 $0\n"
HERE = "#!/bin/sh\ncat << 'EOF'\n%sEOF\n"
GENERATED = "cat <<EOF\n\tlinux\t${dirname}/${basename} root=${device} ro ${args}\nEOF\n"
ECHO = "echo 'linux /vmlinuz root=/dev/sda1'\n"


@pytest.mark.parametrize(
    "before, after",
    [
        (TAIL + ENTRY, TAIL + EDITED),
        (HERE % ENTRY, HERE % EDITED),
        (GENERATED, GENERATED),
        (ECHO, ECHO),
        (TAIL + "linux16 /memtest\n", TAIL + "linux16 /memtest\n"),
        (GENERATED.replace("${device}", "/dev/sda1"), GENERATED.replace("${device}", "UUID=x")),
    ],
)
def test_oracle_05_entries_that_are_printed_as_they_are_are_edited(before, after):
    assert custom.edited(before, LINE, LINE) == after


@pytest.mark.parametrize(
    "text, is_told",
    [(ECHO, True), (f"#{ECHO}", False), (TAIL + ENTRY, False), (GENERATED, False), (HERE % ENTRY, False)],
)
def test_a_script_that_names_the_old_hardware_elsewhere_is_a_concern(text, is_told):
    concerns = custom.concerns(FakeRoot({"/etc/grub.d/06_mine": text}))
    codes = ["boot-menu-source-not-edited"] if is_told else []
    assert [concern.code for concern in concerns] == codes
    assert all("/etc/grub.d/06_mine" in concern.message for concern in concerns)


def test_a_script_that_cannot_be_edited_stays_and_is_a_concern():
    # What is taken for an environment block keeps its size.
    text = "# GRUB Environment Block\n" + HERE % ENTRY + "#"
    root = FakeRoot({"/etc/grub.d/06_mine": text})
    plan = SimpleNamespace(concerns=[])
    custom.convert(root, plan, SimpleNamespace(with_initrd=LINE, without_initrd=LINE))
    assert [concern.code for concern in plan.concerns] == ["boot-menu-source-not-edited"]
    assert root.files["/etc/grub.d/06_mine"] == text
