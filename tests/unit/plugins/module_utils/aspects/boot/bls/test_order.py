# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order each boot loader shows its entries."""

from __future__ import annotations

import random
import re
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.bls import (
    Place,
    as_fedora_grub,
    as_grub,
    as_systemd_boot,
    split_counters,
)

EL = ("a-4.18.0-80.el8.x86_64", "a-0-rescue", "a-4.18.0-372.9.1.el8.x86_64", "a-4.18.0-372.el8.x86_64")


def test_grub_shows_the_newest_kernel_first_and_the_rescue_entry_last():
    assert as_fedora_grub(EL, str) == [EL[2], EL[3], EL[0], EL[1]]
    # A letter comes after a digit there, as `sort -V` has it.
    assert as_grub(EL, str) == [EL[3], EL[2], EL[0], EL[1]]


def test_the_grub_of_fedora_takes_a_name_for_that_of_a_package():
    # A machine-id, or a prefix of one's own, counts before the version.
    assert as_fedora_grub(("a-6.1-1", "b-5.1-1"), str) == ["b-5.1-1", "a-6.1-1"]
    assert as_fedora_grub(("custom", "a-6.1-1"), str) == ["custom", "a-6.1-1"]
    assert as_fedora_grub(("a-1", "a_1", "b"), str) == ["b", "a_1", "a-1"]
    assert as_fedora_grub(("6.1", "6_1"), str) == ["6.1"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.conf", ("a", None, 0)),
        ("a+3.conf", ("a", 3, 0)),
        ("a+2-1.conf", ("a", 2, 1)),
        ("a+0-3.efi", ("a", 0, 3)),
        ("a+b+4.conf", ("a+b", 4, 0)),
        ("a+3-b.conf", ("a+3-b", None, 0)),
        ("6.1+1+2.conf", ("6.1+1", 2, 0)),
    ],
)
def test_boot_counters(name, expected):
    assert split_counters(name) == expected


def test_systemd_boot_goes_by_the_keys_and_puts_last_what_has_no_tries_left():
    places = [
        Place("a+0-3.conf", "debian", "m", "9"),
        Place("z.conf"),
        Place("b.conf", "debian", "m", "6.1.0-10"),
        Place("c.conf", "debian", "m", "6.1.0-9"),
        Place("d.conf", "arch", "m", "1"),
        Place("e.conf", "debian", None, "1"),
        Place("y.efi", profile=1),
        Place("y.efi"),
        Place("x+1.conf"),
        Place("x+2-1.conf"),
    ]
    expected = ["d", "e", "b", "c", "z", "y", "y", "x+2-1", "x+1", "a+0-3"]
    found = as_systemd_boot(places, lambda place: place)
    assert [place.name.rpartition(".")[0] for place in found] == expected
    assert [place.profile for place in found if place.name == "y.efi"] == [0, 1]


def a_menu(directory):
    """The places of the entries that were written below directory, with keys by chance, the same in each run."""
    chance = random.Random(1)
    entries = directory / "loader" / "entries"
    entries.mkdir(parents=True)
    (directory / "l").write_text("k", encoding="utf-8")
    names = {f"{chance.choice('ab')}-{chance.randint(1, 12)}.{chance.randint(1, 3)}.conf" for _count in range(30)}
    places = []
    for name in sorted(names):
        keys = {
            "sort-key": chance.choice((None, "one", "two")),
            "machine-id": chance.choice((None, "1" * 32, "2" * 32)),
            "version": chance.choice((None, "6.1", "6.10", "6.9~rc1")),
        }
        lines = [f"{key} {value}\n" for key, value in keys.items() if value]
        (entries / name).write_text("linux /l\n" + "".join(lines), encoding="utf-8")
        places.append(Place(name, keys["sort-key"], keys["machine-id"], keys["version"]))
    return places


# bootctl insists that an EFI system partition is a filesystem of its own.
IN_FILESYSTEM = """
mount -t tmpfs none "$1/esp" && cp -r "$1/from/." "$1/esp" || exit 77
SYSTEMD_RELAX_ESP_CHECKS=1 exec bootctl list --json=short --esp-path="$1/esp"
"""


@pytest.mark.skipif(not (shutil.which("bootctl") and shutil.which("unshare")), reason="no systemd-boot")
def test_bootctl_shows_the_same_order(tmp_path):
    places = a_menu(tmp_path / "from")
    (tmp_path / "esp").mkdir()
    command = ["unshare", "-rm", "sh", "-c", IN_FILESYSTEM, "sh", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no filesystem of its own can be mounted here")
    shown = re.findall(r'"id" *: *"([^"]+\.conf)"', done.stdout)
    assert shown == [place.name for place in as_systemd_boot(places, lambda place: place)]
