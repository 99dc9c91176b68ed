# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NTFS volumes that ntfs-3g's programs made and marked, without a virtual machine."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import ntfs

PROGRAMS = ("mkntfs", "ntfsfix")


@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="ntfs-3g's programs are not installed")
def test_a_real_volume_is_dirty_when_it_is_to_be_checked(tmp_path):
    volume = tmp_path / "volume"
    with open(volume, "wb") as file:
        os.truncate(file.fileno(), 16 << 20)

    def run(*argv):
        subprocess.run([*argv, str(volume)], check=True, capture_output=True)

    def is_dirty():
        with open(volume, "rb") as file:
            return ntfs.is_dirty(lambda count, offset: os.pread(file.fileno(), count, offset))

    run("mkntfs", "-F", "-q")
    assert not is_dirty()
    run("ntfsfix")
    assert is_dirty()
    run("ntfsfix", "-d")
    assert not is_dirty()
