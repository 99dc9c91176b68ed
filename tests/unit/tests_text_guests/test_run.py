# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""script/text-guests: what it prints, and its exit status."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.systems import engine
from tests.conftest import ROOT
from tests.text_guests import case, run

CASES = ROOT / "tests" / "text_guests" / "cases"
GUEST = (CASES / "debian-bios.txt").read_text(encoding="utf-8").partition("@expect")[0]
INITRD = "/boot/initrd.img-6.1.0-50-amd64"


@pytest.fixture
def write(tmp_path):
    """Writes a case of that guest with these expectations, and returns its path."""

    def written(*expectations, guest=GUEST, name="guest.txt"):
        path = tmp_path / name
        path.write_text(guest + "".join(f"@expect {each}\n" for each in expectations))
        return path

    return written


@pytest.mark.parametrize(
    "holding, not_holding",
    [
        ("converts", "refused"),
        ("converts OR refused", "refused=initrd-missing OR refused"),
        ("not=/etc/fstab::/dev/sda", "not=/etc/fstab::UUID="),
        ("not=/nothing::x", "has=/nothing::"),
        ("has=/dev/sda1:/etc/fstab::u-root", "has=/dev/sda2:/etc/fstab::u-root"),
        ("has=/etc/fstab::u-root AND converts", "has=/etc/fstab::u-root AND refused"),
        (f"holds={INITRD}::^usr/lib/modules/.*/virtio_blk.ko$", f"holds={INITRD}::virtio_scsi"),
        ("silent", "told=."),
        ("same=/etc/hostname", f"same={INITRD}"),
        ("same=/dev/sda1:/etc/os-release", "same=/etc/nothing"),
        ("default=6.1.0-50-amd64", "default=6.1.0-49-amd64"),
        ("roots=/dev/sda1", "roots=/dev/sda1,/dev/sdb1"),
        ("loader=grub2", "loader=extlinux"),
        ("idempotent", "source=vmware"),
    ],
)
def test_what_holds_is_right_and_what_does_not_is_wrong(write, capsys, holding, not_holding):
    right, wrong = write(holding, name="a.txt"), write(holding, not_holding, name="b.txt")
    assert run.main([str(right)]) == 0
    assert run.main([str(right), str(wrong)]) == 1
    assert capsys.readouterr().out.splitlines()[-4:] == [
        f"RIGHT {'a':44} converted",
        f"WRONG {'b':44} converted",
        f"      expected: {not_holding}",
        "1 of 2 right",
    ]


def test_a_guest_that_is_refused_holds_only_what_says_so(write):
    guest = GUEST.replace("type=swap", "type=swsuspend")
    path = write("refused", "told=hibernated", "not=/etc/fstab::UUID", "same=/etc/fstab", guest=guest)
    verdict = run.try_case(path)
    assert [each.text for each in verdict.broken] == ["not=/etc/fstab::UUID"]


def test_a_crash_is_never_right(write, capsys, monkeypatch):
    monkeypatch.setattr(engine, "inspect", lambda guest: 1 // 0)
    assert run.main(["-v", str(write("converts OR refused OR silent"))]) == 1
    printed = capsys.readouterr().out
    assert "CRASH ZeroDivisionError" in printed and "Traceback" in printed


def test_a_conversion_that_has_more_to_do_the_second_time_is_not_idempotent(write, capsys, monkeypatch):
    convert = engine.convert

    def touching(guest, *arguments, **options):
        result = convert(guest, *arguments, **options)
        with guest.mounted(guest.roots[0], read_only=False) as root:
            root.write("/etc/hostname", (root.read("/etc/hostname") or "") + "x\n", "once more")
        return result

    monkeypatch.setattr(engine, "convert", touching)
    assert run.main([str(write("converts"))]) == 0
    assert run.main([str(write("idempotent"))]) == 1
    assert "a second conversion: converted\n      changed /etc/hostname: once more\n" in capsys.readouterr().out


def test_a_malformed_file_is_wrong_and_the_others_are_run(write, capsys):
    malformed = write("converts", "nonsense", name="a.txt")
    number = malformed.read_text().count("\n")
    assert run.main([str(malformed), str(write("converts", name="b.txt"))]) == 1
    first, second, _total = capsys.readouterr().out.splitlines()
    assert first.startswith(f"WRONG a: {malformed}:{number}: nonsense is no expectation")
    assert second.startswith("RIGHT b")


def test_a_file_that_cannot_be_on_the_filesystem_is_named_with_its_line(write):
    path = write("converts", guest=GUEST + "@part sdb1 type=ext4\n@file /a/b\n@file /a\n")
    with pytest.raises(case.CaseError, match=rf"guest:{path.read_text().count(chr(10)) - 1}: /a cannot be made"):
        run.try_case(path)


def test_what_is_shown_of_a_guest_when_asked(write, capsys):
    path = write("converts", guest=GUEST + "@option initrd rebuild\n")
    assert run.main(["-v", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "      ran: update-initramfs " in printed
    assert "\n      error initrd-not-complete: " in printed
    assert run.main(["-v", str(write("converts"))]) == 0
    printed = capsys.readouterr().out
    assert "\n      changed /etc/fstab: " in printed and "\n        +UUID=u-root / ext4" in printed


@pytest.mark.parametrize("what", ["nothing.txt", ""])
def test_where_there_is_no_case_the_command_fails(tmp_path, capsys, what):
    assert run.main([str(tmp_path / what)]) != 0
    assert str(tmp_path) in "".join(capsys.readouterr())


def test_a_directory_is_all_of_its_cases():
    assert len(list(run.files([CASES]))) == len(list(CASES.glob("*.txt"))) >= 10


def test_the_script_says_how_it_is_called():
    # Without installing anything.
    script = [str(ROOT / "script" / "text-guests"), "--help"]
    printed = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert "script/text-guests [-v] FILE|DIRECTORY..." in printed and "The exit status is 0" in printed
