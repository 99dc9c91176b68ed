# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser of guests as text files, and the reference of the format."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.conftest import ROOT
from tests.text_guests import case, run
from tests.text_guests.contents import Link

README = (ROOT / "tests" / "text_guests" / "README.md").read_text(encoding="utf-8")


def parsed(text):
    return case.parse(text, "name", "name.txt")


def files(text):
    """{path: content} of the first volume of a case that lacks its ends."""
    volume = parsed(f"@part sda1\n{text}\n@expect converts\n").volumes[0]
    return {path: placed.content for path, placed in volume.files.items()}


def test_lines_of_a_file_go_on_until_the_next_word():
    assert files("@file /a\none\n\n# two\n@@three\n@file /b\n@file /c\n.") == {
        "/a": b"one\n\n# two\n@three\n",
        "/b": b"",
        "/c": b".\n",
    }


def test_bytes_of_a_file_stay_what_they_are():
    assert files("@file /a\n\udcff\x0c\x1c\r") == {"/a": b"\xff\x0c\x1c\r\n"}


def test_links_and_what_is_taken_back():
    assert files("@link /a b\n@file /c\nx\n@remove /c") == {"/a": Link("b")}


def test_options_are_tags_as_blkid_prints_them_and_others():
    volume = parsed("@part sda1 type=vfat uuid=A label=a%20b parttype=esp room=5\n@expect converts").volumes[0]
    assert volume.tags == {
        "TYPE": "vfat",
        "UUID": "A",
        "LABEL": "a b",
        "PART_ENTRY_TYPE": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
    }
    assert volume.options == {"room": "5"}


@pytest.mark.parametrize(
    "name, device, disk, number",
    [
        ("sda1", "/dev/sda1", "sda", 1),
        ("sdb", "/dev/sdb", "sdb", 0),
        ("xvdaa12", "/dev/xvdaa12", "xvdaa", 12),
        ("nvme0n1", "/dev/nvme0n1", "nvme0n1", 0),
        ("nvme0n1p3", "/dev/nvme0n1p3", "nvme0n1", 3),
        ("mmcblk0p1", "/dev/mmcblk0p1", "mmcblk0", 1),
    ],
)
def test_names_of_partitions_and_disks(name, device, disk, number):
    volume = parsed(f"@part {name}\n@expect converts").volumes[0]
    assert (volume.device, volume.disk, volume.number) == (device, disk, number)


def test_expectations_are_alternatives_of_terms():
    expectation = parsed("@part sda1\n@expect refused=a,b OR converts AND has=/dev/sda1:/x::^a::b$").expectations[0]
    assert expectation.alternatives == (
        (case.Term("refused", "a,b"),),
        (case.Term("converts"), case.Term("has", "/dev/sda1:/x", "^a::b$")),
    )


def test_text_before_the_first_word_is_a_comment():
    found = parsed("# what: this\nand that\n# right: so\n@part sda1\n# what: not this\n@expect converts")
    assert found.comments == {"what": "this", "right": "so"}


def test_a_partitioning_programs_code_starts_the_first_partition_unless_another_is_active():
    sectors = "@sector mbr\n@part sda2\n@part sda1\n{}@expect converts"
    assert [each.is_active for each in parsed(sectors.format("")).volumes] == [False, True]
    assert [each.is_active for each in parsed(sectors.replace("sda1", "sda3\n@active").format("")).volumes] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    "line, message",
    [
        ("@nothing", "@nothing is not known. Known are: @os, "),
        ("text", "Text may only follow @file"),
        ("@file etc/fstab", "etc/fstab is no absolute path"),
        ("@file", "Nothing is no absolute path"),
        ("@link /a", "PATH TARGET is wanted, not /a"),
        ("@remove /a", "There is no /a on /dev/sda1"),
        ("@system x", "@system takes nothing"),
        ("@kernel", "It lacks the kernel's version"),
        ("@kernel 6.1 initrds=/a", "initrds is no option of @kernel. Known are: path, "),
        ("@kernel 6.1 initrd=/a builder=b", "b is no builder. Known are: dracut, "),
        ("@initrd /a 6.1 b", "b is no builder"),
        ("@part sda1", "/dev/sda1 is there already"),
        ("@part disk1", "disk1 is no name of a partition or disk"),
        ("@part sdb1 kind=x", "kind is no option. Known are: type, "),
        ("@part sdb1 room=much", "much is no number of bytes"),
        ("@lv root", "root is no name of a logical volume"),
        ("@sector x", "x is no boot sector of a disk. Known are: grub2, "),
        ("@vbr x", "x is no boot sector of a partition"),
        ("@active yes", "@active takes nothing"),
        ("@firmware", "Nothing is no firmware. Known are: bios, uefi"),
        ("@hardware [1]", "It must be a JSON object"),
        ("@hardware {", "It is no JSON"),
        ("@efi /a x", "x is no EFI program. Known are: grub, "),
        ("@efi /a grub name=b", "name is no option of @efi"),
        ("@efi /a uki", "A unified kernel image needs version="),
        ("@efi /a grub machine=z80", "z80 is no machine"),
        ("@choose block", "KIND DRIVER is wanted"),
        ("@choose printer lp", "printer is no kind of device. Known are: "),
        ("@option initrd never", "never is no value of initrd"),
        ("@option x y", "x is no option. Known are: initrd, target"),
        ("@expect", "Nothing is no expectation. Known are: converts, "),
        ("@expect converts=1", "converts takes no value"),
        ("@expect told", "told needs a value"),
        ("@expect told=(", "( is no regular expression"),
        ("@expect has=/a", "has is written as has=PATH::PATTERN"),
        ("@expect not=/a::(", "( is no regular expression"),
    ],
)
def test_a_malformed_line_is_named(line, message):
    with pytest.raises(case.CaseError, match=r"^name\.txt:3: " + re.escape(message)):
        parsed(f"# what: x\n@part sda1\n{line}\n@expect converts\n")


@pytest.mark.parametrize(
    "text, message",
    [
        ("@expect converts", "There is no @part."),
        ("@part sda1", "There is no @expect."),
        ("@file /a", "no @part or @lv"),
    ],
)
def test_a_case_that_lacks_something_is_refused(text, message):
    with pytest.raises(case.CaseError, match=re.escape(message)):
        parsed(text)


@pytest.mark.parametrize(
    "name", [*(f"@{word}" for word in case.WORDS), *case.TERMS, *case.OPTIONS_OF_VOLUMES, *case.OPTIONS_OF_ARRAYS]
)
def test_the_reference_has_each_word(name):
    assert re.search(rf"^[^\n]*`[^`]*{name}\b", README, re.MULTILINE)


def test_the_example_of_the_reference_is_right(tmp_path):
    example = README.partition("\n## Example\n")[2].partition("\n## ")[0]
    path = tmp_path / "example.txt"
    path.write_text(textwrap.dedent(example))
    verdict = run.try_case(path)
    assert not verdict.broken
    assert [change.path for change in verdict.outcome.changes][:1] == ["/etc/fstab"]
