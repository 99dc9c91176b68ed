# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's measuring and its synthetic guests, which are made without an appliance."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmark import synthetic

# In a process of its own: measuring adopts orphans and waits for all children, which in pytest's may be others'.
_MEASURE = """
import sys
from tests.benchmark import measure
try:
    usage = measure.run([sys.argv[1:]] * 2)
except measure.BenchmarkError as error:
    sys.exit(f"measured: {error}")
print(usage.cpu, usage.wall, usage.largest)
"""


def measured(*command):
    return subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=False)


def test_what_a_command_leaves_running_is_counted_as_its_own():
    burn = "import time\nwhile time.process_time() < 0.1: pass"
    printed = measured("sh", "-c", f'"{sys.executable}" -c "{burn}" >/dev/null 2>&1 &')
    cpu, _wall, largest = map(float, printed.stdout.split())
    # Two at once of 0.1 s each; nothing is said of how long it took.
    assert cpu >= 0.2
    assert largest > 0


def test_a_command_that_fails_is_told_with_what_it_said():
    printed = measured("sh", "-c", "echo this is why; exit 3")
    assert printed.returncode != 0
    assert "measured: sh -c" in printed.stderr and "this is why" in printed.stderr


def test_a_synthetic_guest_has_as_much_of_everything_as_asked_for(tmp_path):
    disks = synthetic.build(synthetic.Size(kernels=3, menu=2, files=1500, disks=2, fstab=7), tmp_path)
    tree = tmp_path / "tree"
    assert len(disks) == 2
    assert len(list((tree / "lib/modules").iterdir())) == 3
    assert (tree / "boot/grub/grub.cfg").read_text(encoding="utf-8").count("menuentry") == 2
    assert sum(path.is_file() for path in (tree / "srv").rglob("*")) == 1500
    assert len((tree / "etc/fstab").read_text(encoding="utf-8").splitlines()) == 7


@pytest.mark.parametrize("number", [0, 1])
def test_a_synthetic_disk_has_a_partition_with_a_filesystem(tmp_path, number):
    disk = synthetic.build(synthetic.Size(files=1, disks=2), tmp_path)[number]
    with open(disk, "rb") as image:
        sector = image.read(512)
        image.seek((1 << 20) + 1024 + 56)
        magic = image.read(2)
    assert sector[:5] == b"GRUB " and sector[510:] == b"\x55\xaa"
    # ext4's superblock, 1024 bytes into its filesystem: s_magic.
    assert magic == b"\x53\xef"
