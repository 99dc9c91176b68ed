# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions in place that are killed at random moments, and what the next run makes of them.

script/kills is the documentation of main().
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections import Counter as Counts
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, replacement
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.commit import InPlace
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats.layout import Layout
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.journal import pending
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    in_child,
    wait_until,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import create, qemu_io

# name: format, options of `qemu-img create`
LAYOUTS: dict[str, tuple[str, Sequence[str]]] = {
    "raw": ("raw", ()),
    "qcow2": ("qcow2", ()),
    "qcow2-snapshot": ("qcow2", ()),
    "qcow2-small-clusters": ("qcow2", ("-o", "cluster_size=4k")),
    "qcow2-lazy-refcounts": ("qcow2", ("-o", "lazy_refcounts=on")),
    "vmdk": ("vmdk", ()),
    "vmdk-flat": ("vmdk", ("-o", "subformat=monolithicFlat")),
    "vdi": ("vdi", ()),
    "vpc": ("vpc", ()),
    "vpc-fixed": ("vpc", ("-o", "subformat=fixed")),
    "vhdx": ("vhdx", ()),
    "vhdx-fixed": ("vhdx", ("-o", "subformat=fixed")),
}

# Seconds to wait at each point that a commit reaches: from one to the next it may take no time, and kills are to hit
# there too.
_PAUSE = 0.02

# What the conversion writes, with pieces large and small, over data and over nothing.
_WRITES = [(0x40 + number, number * 1600 << 10, 64 << 10 if number % 3 else 768 << 10) for number in range(40)]


@dataclass(frozen=True)
class Sample:
    """A disk to be converted, and what it holds before and afterwards (raw images)."""

    disk: Path
    image_format: str
    before: Path
    after: Path


def make_sample(directory: Path, name: str) -> Sample:
    """Make the sample of a layout in an empty directory."""
    image_format, options = LAYOUTS[name]
    files = directory / "disk"
    files.mkdir()
    disk = files / ("disk." + image_format)
    create(disk, image_format, options=options)
    if name == "qcow2-snapshot":
        subprocess.run(["qemu-img", "snapshot", "-c", "before", disk], check=True)
    overlay = str(directory / "overlay")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", image_format, overlay], check=True)
    for state in ("before", "after"):
        subprocess.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", overlay, directory / state], check=True)
        _write(overlay)
    return Sample(disk, image_format, directory / "before", directory / "after")


def _write(overlay: str) -> None:
    qemu_io(overlay, "qcow2", *("write -P %d %d %d" % write for write in _WRITES))


class Kills:
    """Conversions of copies of a sample, which are killed."""

    def __init__(self, sample: Sample, place: Path, source: random.Random) -> None:
        """place: an empty directory, in which there is one copy at a time."""
        self.seen: Counts[str] = Counter()
        self._sample = sample
        self._place = place
        self._source = source
        self._path = str(place / sample.disk.name)
        # How long it takes until a conversion is done, in seconds, from each of the points at which a wait may begin.
        # The machine may be busier then or later, so what is found corrects it.
        self._durations = self._measured()

    def one(self) -> str:
        """Kill a conversion, and the run that finishes it every other time; finish it.

        Returns: what is wrong then, "" if nothing is.
        """
        self._begin()
        point = self._source.choice(list(self._durations))
        self._kill(lambda begin: self._convert(lambda reached: reached == point and begin()), self._durations[point])
        try:
            found = self._found()
            self.seen[found] += 1
            self._durations[point] *= 0.8 if found == "all written" else 1.1
            if found == "journal" and self._source.random() < 0.5:
                self._kill(self._finish_from, self._durations["ready"])
            self._finish()
            if found == "nothing written":
                self._convert(lambda point: None)
            with InPlace(self._disks(), room=0):  # removes what a run that was killed after its commit has left
                pass
        except GuestconvError as error:
            return f"{error.code}: {error.message}"
        return self._wrong()

    def _found(self) -> str:
        if pending(self._disks()) is not None:
            return "journal"
        return "nothing written" if self._holds(self._sample.before) else "all written"

    def _measured(self) -> dict[str, float]:
        """{point: seconds}: "begin" is when commit() is called, "ready" just before the journal is written."""
        self._begin()
        reached: dict[str, float] = {}
        self._convert(lambda point: reached.setdefault(point, time.monotonic()))
        end = time.monotonic()
        return {point: end - reached[point] for point in ("begin", "ready")}

    def _begin(self) -> None:
        for entry in list(self._place.iterdir()):
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        subprocess.run(["cp", "-r", "--sparse=always", f"{self._sample.disk.parent}/.", self._place], check=True)

    def _disks(self) -> list[images.Disk]:
        return images.disks_from_option([{"path": self._path, "format": self._sample.image_format}])

    def _convert(self, step: Callable[[str], object]) -> None:
        def slowly(point: str) -> None:
            step(point)
            time.sleep(_PAUSE)

        with InPlace(self._disks(), room=0, step=slowly) as workspace:
            _write(workspace.overlays[0].path)
            slowly("begin")
            workspace.commit()

    def _finish_from(self, begin: Callable[[], object]) -> None:
        begin()
        self._finish()

    def _finish(self) -> None:
        journal = pending(self._disks())
        if journal is not None:
            journal.finish(step=lambda point: time.sleep(_PAUSE))

    def _kill(self, work: Callable[[Callable[[], object]], None], seconds: float) -> None:
        """Run work in a process, and kill it and its qemu-img at a random moment after it called what it is given.

        seconds: how long it takes from then on.
        """
        reading, writing = os.pipe()
        child = in_child(lambda: work(lambda: os.write(writing, b"!")))
        os.close(writing)
        os.read(reading, 1)
        time.sleep(self._source.random() * seconds)
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(child, 0)
        os.close(reading)
        wait_until(self._is_idle)

    def _is_idle(self) -> bool:
        try:
            pending(self._disks())
        except GuestconvError as error:
            # The kernel is still ending qemu-img.
            return error.code not in ("disk-busy", "disk-in-use")
        return True

    def _holds(self, expected: Path) -> bool:
        return (
            subprocess.run(
                ["qemu-img", "compare", "-q", "-f", self._sample.image_format, "-F", "raw", self._path, str(expected)],
                check=False,
            ).returncode
            == 0
        )

    def _wrong(self) -> str:
        if not self._holds(self._sample.after):
            return "the disk does not hold what the overlay held"
        if self._sample.image_format not in ("raw", "vpc"):  # qemu-img has no check for these
            check = subprocess.run(
                ["qemu-img", "check", "-f", self._sample.image_format, self._path],
                capture_output=True,
                text=True,
                check=False,
            )
            # 3: clusters are leaked. QEMU counts a cluster of a qcow2 before anything points to it, so that what a kill
            # leaves is one that is counted and not used: it wastes room, and can never be handed out twice.
            allowed = (0, 3) if self._sample.image_format == "qcow2" else (0,)
            if check.returncode not in allowed:
                return check.stderr + check.stdout
            self.seen["leaks"] += check.returncode == 3
        left = [entry for entry in os.listdir(self._place) if not os.path.exists(self._sample.disk.parent / entry)]
        return f"left: {left}" if left else ""


def kill_many(name: str, count: int, seed: int, directory: str, as_before: bool = False) -> tuple[str, list[str]]:
    """Kill conversions of disks of a layout. Returns: a line that sums it up, and what went wrong."""
    if as_before:
        replacement.layout_of = lambda disk: Layout(in_place=True)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        for part in ("sample", "place"):
            os.mkdir(os.path.join(scratch, part))
        kills = Kills(
            make_sample(Path(scratch, "sample"), name), Path(scratch, "place"), random.Random("%d %s" % (seed, name))
        )
        wrong = [found for found in (kills.one() for _number in range(count)) if found]
    found = ", ".join("%s %d" % item for item in sorted(kills.seen.items()))
    return "%s: %d kills (found afterwards: %s), %d wrong" % (name, count, found, len(wrong)), wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/kills")
    parser.add_argument("layouts", nargs="*", metavar="LAYOUT", help="one of: {}".format(", ".join(LAYOUTS)))
    parser.add_argument("--count", type=int, default=200, help="kills for each layout (200)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of the random moments")
    parser.add_argument("--directory", default=tempfile.gettempdir(), help="where the disks are")
    parser.add_argument("--as-before", action="store_true", help="commit to each layout in place, which is not safe")
    options = parser.parse_args()
    names = options.layouts or list(LAYOUTS)
    print("seed %d" % options.seed, flush=True)
    failed = False
    with ProcessPoolExecutor() as pool:
        jobs = [
            pool.submit(kill_many, name, options.count, options.seed, options.directory, options.as_before)
            for name in names
        ]
        for job in jobs:
            line, wrong = job.result()
            print(line, *sorted(set(wrong)), sep="\n  ", flush=True)
            failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
