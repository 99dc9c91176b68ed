# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes that disks are written to: loop devices and NBD exports, full of old data."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import state_directory

OLD = b"\xff"


def states_in(folder, monkeypatch):
    """Have volumes keep their state in a directory in the folder, which is returned, and not in that of this machine."""
    states = folder / "states"
    states.mkdir(exist_ok=True)
    monkeypatch.setattr(state_directory, "_VOLUME_STATE", str(states))
    return states


def old_data(path, mebibytes):
    """A file of that many MiB without one zero. Returns its path."""
    with open(path, "wb") as stream:
        for _number in range(mebibytes):
            stream.write(OLD * (1 << 20))
    return str(path)


@contextmanager
def loop_device(path):
    """Yields the block device that shows the file at path."""
    attached = subprocess.run(["losetup", "--find", "--show", path], capture_output=True, text=True, check=False)
    if attached.returncode != 0:
        pytest.skip("loop devices cannot be made here: " + attached.stderr)
    device = attached.stdout.strip()
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


class Export:
    """An NBD export of a file, by nbdkit, for reading and writing. url: its URL."""

    def __init__(self, path, folder, *filters):
        self._folder, self._statistics = Path(folder), Path(folder) / "statistics"
        self.url = f"nbd+unix:///?socket={folder}/volume.sock"
        command = ["nbdkit", "--foreground", "--unix", f"{folder}/volume.sock", f"--pidfile={folder}/volume.pid"]
        settings = [f"file={path}", f"statsfile={self._statistics}"]
        self._command = [*command, *filters, "--filter=stats", "file", *settings]
        self._process = None

    def __enter__(self):
        (self._folder / "volume.sock").unlink(missing_ok=True)
        (self._folder / "volume.pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(self._command)
        while not (self._folder / "volume.pid").exists():
            assert self._process.poll() is None
        return self

    def __exit__(self, *_exception):
        self._process.terminate()
        self._process.wait()

    def written(self):
        """After it has ended: how many bytes of data clients wrote to it; zeroes that are named as such are none."""
        line = re.search(r"^write: \d+ ops, .*?, ([\d.]+) (bytes|KiB|MiB|GiB)", self._statistics.read_text(), re.M)
        if line is None:
            return 0
        return float(line.group(1)) * {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[line.group(2)]
