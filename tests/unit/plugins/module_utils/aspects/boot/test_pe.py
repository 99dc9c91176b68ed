# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFI programs: their sections, and whether they are signed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import pe
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs

STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")


@pytest.mark.parametrize("machine", [0x8664, 0x14C, 0xAA64])
@pytest.mark.parametrize("is_signed", [False, True])
def test_the_sections_of_a_program(machine, is_signed):
    data = programs.program([(".text", b"code"), (".cmdline", b"x" * 700)], is_signed, machine)
    found = pe.parse(data)
    assert (found.machine, found.is_signed) == (machine, is_signed)
    assert [section.name for section in found.sections] == [".text", ".cmdline"]
    section = found.section(".cmdline")
    assert data[section.start : section.start + section.size] == b"x" * 700
    assert found.section(".initrd") is None


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ", b"MZ" + bytes(0x3A) + b"\xff\xff\xff\xff" + bytes(99), programs.program([(".text", b"")])[:0x90]],
)
def test_what_is_no_program_or_does_not_go_on(data):
    assert pe.parse(data) is None


@pytest.mark.skipif(not (STUB.is_file() and shutil.which("objdump")), reason="no stub of systemd's")
def test_objdump_sees_the_same_sections(tmp_path):
    made = tmp_path / "image.efi"
    part = tmp_path / "part"
    part.write_bytes(b"root=UUID=u quiet")
    command = ["objcopy", "--add-section", f".cmdline={part}", "--change-section-vma", ".cmdline=0x30000"]
    subprocess.run([*command, str(STUB), str(made)], check=True, capture_output=True)
    data = made.read_bytes()
    printed = subprocess.run(["objdump", "-h", str(made)], check=True, capture_output=True, text=True).stdout
    shown = re.findall(r"^ *\d+ (\S+) +([0-9a-f]{8}) +[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]{8})", printed, re.MULTILINE)
    found = pe.parse(data[: pe.HEAD])
    assert [(each.name, each.start) for each in found.sections] == [
        (name, int(place, 16)) for name, _size, place in shown
    ]
    section = found.section(".cmdline")
    assert data[section.start : section.start + section.size].rstrip(b"\0") == b"root=UUID=u quiet"
