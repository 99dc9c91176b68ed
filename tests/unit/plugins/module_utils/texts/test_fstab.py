# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab as its readers have it: what a line says, and an edit that alters nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess

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


@pytest.mark.parametrize("line", ("", " ", "# /dev/sda1 / ext4", "  # /dev/sda1 / ext4", "/dev/sda1"))
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


# The programs that read it

FINDMNT = shutil.which("findmnt")
GENERATOR = shutil.which("systemd-fstab-generator", path="/usr/lib/systemd/system-generators")
ODD = (
    b"UUID=u / ext4 defaults 0 1",
    b"\t /dev/sda1\t/a  ext4",
    b"/dev/sda1 /b ext4 defaults 0 2 seventh eighth",
    b'LABEL="my\\040boot" /c ext4',
    b"/dev/sda1 /d ext4 defaults 0 0 # comment",
    b"/dev/sda1 /e ext4 defaults 0 0\r",
    b"/dev/sda1 /f\xe4 ext4",
    b"LABEL=caf\\351 /g ext4 defaults",
    b"/dev/sda1 /h\\040i ext4 a\\054b",
    b"/dev/sda1 /j ext4 defaults,,noatime, 0 0",
    b"   # /dev/sda1 /k ext4",
    b";a /l ext4",
    b"/dev/sda1 /m\\134040 ext4",
    b"/dev/sda1 /n\\x20o ext4",
    b"/dev/sda1 /" + b"z" * 4000 + b" ext4",
    b"\xef\xbb\xbf/dev/sda1 /p ext4",
    b"/dev/sda1 /q ext4 defaults -1 0",
    b"/dev/sda1\x0bq /r ext4",
    b"/dev/sda1#x /s ext4",
    b'"/dev/sda1" /t ext4',
)


@pytest.mark.skipif(FINDMNT is None, reason="util-linux is not here")
@pytest.mark.parametrize("line", ODD)
def test_libmount_itself_reads_the_same_before_and_after_an_edit(line, tmp_path):
    def found(content):
        (tmp_path / "fstab").write_bytes(content)
        command = [FINDMNT, "--fstab", "--tab-file", tmp_path / "fstab", "--json", "-o", "SOURCE,TARGET,FSTYPE"]
        out = subprocess.run(command, capture_output=True, check=False).stdout.decode("utf-8", "surrogateescape")
        rows = json.loads(out)["filesystems"] if out else []
        return [(row["source"], row["target"], row["fstype"]) for row in rows]

    text = (line + b"\n").decode("utf-8", "surrogateescape")
    assert found(line + b"\n") == [(entry.spec, entry.path, entry.type) for entry in fstab.parse(text)]
    after = tables.edited(text, lambda row: row.with_field(0, "UUID=new")).encode("utf-8", "surrogateescape")
    assert found(after) == [("UUID=new", *rest) for _spec, *rest in found(line + b"\n")]


WAITED_FOR = (
    "defaults",
    "nofail",
    "noauto",
    "fail,nofail",
    "nofail,fail",
    "noauto,auto",
    "x-systemd.automount",
    "comment=systemd.automount",
    "_netdev",
    "x-systemd.wanted-by=multi-user.target",
    "x-systemd.device-timeout=5",
    "ro,# comment",
    "# comment nofail",
    "",
)


@pytest.mark.skipif(GENERATOR is None, reason="systemd is not here")
@pytest.mark.parametrize("options", WAITED_FOR)
def test_systemd_itself_waits_for_the_same(options, tmp_path):
    line = f"/dev/sdb1 /srv ext4 {options}\n"
    (tmp_path / "fstab").write_text(line)
    for name in ("normal", "early", "late"):
        (tmp_path / name).mkdir()
    command = [GENERATOR, *(tmp_path / name for name in ("normal", "early", "late"))]
    subprocess.run(command, env={"SYSTEMD_FSTAB": str(tmp_path / "fstab")}, check=True, capture_output=True)
    unit = tmp_path / "normal" / "srv.mount"
    assert "What=/dev/sdb1\n" in unit.read_text()
    waits = (tmp_path / "normal" / "local-fs.target.requires" / "srv.mount").is_symlink()
    assert fstab.parse(line)[0].is_waited_for == waits


@pytest.mark.parametrize(
    "line, init, expected",
    (
        ("a /x ext4 defaults 0 2", "systemd", True),
        ("a /x ext4 defaults 0 0", "systemd", True),
        ("a /x ext4 defaults 0 2", "sysvinit", True),
        ("a /x ext4 defaults 0 0", "sysvinit", False),
        ("a /x ext4 defaults", "openrc", False),
        ("a /x ext4 nofail 0 2", "openrc", False),
        ("a /x ext4 defaults 0 0", None, True),
        ("a /x auto defaults,nobootwait,comment=cloudconfig 0 2", None, False),
        ("a /x auto defaults,nobootwait,comment=cloudconfig 0 2", "systemd", True),
    ),
)
def test_other_init_systems_stop_for_what_they_check_alone(line, init, expected):
    assert fstab.parse(line)[0].stops(init) == expected
