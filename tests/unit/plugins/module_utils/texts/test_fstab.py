# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab as its readers have it: what a line says, and an edit that alters nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab, tables


@pytest.mark.parametrize(
    "line, expected",
    (
        ("UUID=u-1 / ext4 rw,noatime 0 1", ("UUID=u-1", "/", "ext4", ("rw", "noatime"))),
        ("\t/dev/sda1\t /srv/my\\040data/ xfs", ("/dev/sda1", "/srv/my data", "xfs", ())),
        ("LABEL=my\\040boot //boot ext4 ,defaults,, 0 0 seventh", ("LABEL=my boot", "/boot", "ext4", ("defaults",))),
        ("LABEL=caf\\303\\251 /x ext4", ("LABEL=café", "/x", "ext4", ())),
        ("/dev/sda1 /x ext4 ro\r", ("/dev/sda1", "/x", "ext4", ("ro",))),
        ("/dev/sda5 none swap sw", ("/dev/sda5", "none", "swap", ("sw",))),
        ("a\x0bb /x\u2028y ext4", ("a\x0bb", "/x\u2028y", "ext4", ())),
    ),
)
def test_a_line_is_read_as_libmount_reads_it(line, expected):
    (entry,) = fstab.parse(line + "\n")
    assert (entry.spec, entry.path, entry.type, entry.options) == expected
    assert fstab.parse(line) == [entry]


@pytest.mark.parametrize("line", ("", " ", "# /dev/sda1 / ext4", "  # /dev/sda1 / ext4", "/dev/sda1 /", "/dev/sda1"))
def test_what_is_no_entry_is_passed_over(line):
    assert fstab.parse(line) == []


@pytest.mark.parametrize(
    "line, is_mount, is_tried, is_waited_for",
    (
        ("a /x ext4 defaults", True, True, True),
        ("a /x ext4 noauto", True, False, False),
        ("a /x ext4 rw,nofail", True, True, False),
        ("a /x nfs _netdev", True, True, False),
        ("a /x ext4 x-systemd.automount", True, True, False),
        ("a none swap sw", False, True, False),
        ("a /swap swap sw", False, True, False),
    ),
)
def test_the_options_say_whether_the_guest_starts_without_it(line, is_mount, is_tried, is_waited_for):
    (entry,) = fstab.parse(line)
    assert (entry.is_mount, entry.is_tried, entry.is_waited_for) == (is_mount, is_tried, is_waited_for)


@pytest.mark.parametrize(
    "line, expected",
    (
        ("/dev/hdc /media/cdrom0 udf,iso9660 user,noauto", True),
        ("/dev/hdc /media/cdrom0 auto user,noauto", True),
        ("/dev/sr0 /mnt iso9660 nofail", True),
        ("/dev/fd0 /media/floppy0 auto noauto", True),
        ("/dev/hdc /media/cdrom0 iso9660 ro", False),
        ("/dev/sdb1 /media/usb0 auto noauto", False),
        ("/dev/sdb1 /srv/cdroms auto noauto", False),
        ("/dev/sdb1 /srv iso9660,ext4 noauto", False),
        ("a none swap noauto", False),
    ),
)
def test_drives_have_a_medium_at_times(line, expected):
    (entry,) = fstab.parse(line)
    assert entry.may_lack_medium is expected


TEXT = "# a b\n  old /x  ext4\tro, 0 0 7 \r\n\n\told\nother /y xfs\nold /z ext4"


def test_an_edit_keeps_every_other_byte():
    edited = tables.edited(TEXT, lambda row: row.with_field(0, "new") if row.fields[0] == "old" else row.line)
    assert edited == "# a b\n  new /x  ext4\tro, 0 0 7 \r\n\n\tnew\nother /y xfs\nnew /z ext4"
    assert tables.edited(TEXT, lambda row: row.line) == TEXT
    assert tables.edited("", lambda row: "x") == ""
    assert tables.edited(TEXT, lambda row: row.with_field(len(row.fields) - 1, "last")).startswith(
        "# a b\n  old /x  ext4\tro, 0 0 last \r\n\n\tlast\n"
    )
