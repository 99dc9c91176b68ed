# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a disk by guestconv_fetch, side by side with qemu-img convert, from a file and from an NBD server."""

from __future__ import annotations

import os
import shlex
import shutil

from tests.benchmark import measure, table

OURS, DIRECT, CACHED = "guestconv_fetch", "qemu-img, direct I/O", "qemu-img, page cache"
# At most so many times the best of the others.
LIMIT = 1.15
_PIECE = 8 << 20
# Of each 12 pieces of the disk 5 hold data.
_OF, _WITH_DATA = 12, 5
_FAST = ("-W", "-m", "16")
# So that a copy counts as done when it is on stable storage: the program, then sync(1) of what it wrote, "$1".
_AND_SYNC = 'copy=$1; shift; "$@" && sync "$copy"'


def measure_copies(bench, gibibytes, repeat, say):
    """Copy a disk in all ways, interleaved, `repeat` times: {source: {way: [Usage as a dict]}}.

    bench: rows.Bench. say: called with a line of text for each measurement.
    """
    disk = make_disk(bench.scratch / "source.raw", gibibytes)
    samples = {}
    for number in range(repeat):
        for source, way, usage in _once(bench, disk):
            samples.setdefault(source, {}).setdefault(way, []).append(vars(usage))
            say(f"{number + 1}/{repeat} {source}, {way}: {usage.wall:.1f} s, {usage.cpu:.1f} s of CPU")
    return samples


def make_disk(path, gibibytes):
    """A raw disk of this size at path, of which 5 of 12 pieces hold data. Returns path."""
    size = int(gibibytes * (1 << 30)) // _PIECE * _PIECE
    piece = os.urandom(_PIECE)
    with open(path, "wb") as stream:
        stream.truncate(size)
        for number in range(size // _PIECE):
            if number % _OF < _WITH_DATA:
                stream.seek(number * _PIECE)
                # No two are alike.
                stream.write(number.to_bytes(8, "big") + piece[8:])
        os.fsync(stream.fileno())
    return path


def _once(bench, disk):
    """Measure each way once: yields (source, way, Usage)."""
    for way, command in _ways(bench, str(disk)):
        yield "file", way, _measured(bench, command)
    # The server is part of what is measured, in all ways alike: a process that is not would be taken for a leftover.
    place = bench.scratch / "socket"
    server = ["nbdkit", "--unix", str(place), "--readonly", "file", str(disk), "--run"]
    for way, command in _ways(bench, f"nbd+unix:///?socket={place}"):
        yield "NBD", way, _measured(bench, [*server, shlex.join(command)])
        # nbdkit leaves it.
        place.unlink()


def _ways(bench, source):
    """The ways to copy a source, a path or URL: yields (name, command)."""
    dest = str(bench.scratch / "copy" / "web01.qcow2")
    origin = {"type": "disks", "disks": [{"path": source, "format": "raw"}]}
    options = {"source": origin, "dest": os.path.dirname(dest), "name": "web01", "mode": "copy"}
    ours, _result = bench.request("fetch", None, options)
    convert = ["qemu-img", "convert", *_FAST, "-f", "raw", "-O", "qcow2"]
    yield OURS, ours
    yield DIRECT, [*convert, "-T", "none", "-t", "none", source, dest]
    yield CACHED, [*convert, source, dest]


def _measured(bench, command):
    """The Usage of a command that writes the copy, and of having that on stable storage."""
    copy = bench.scratch / "copy"
    copy.mkdir()
    usage = measure.run([["sh", "-c", _AND_SYNC, "sh", str(copy / "web01.qcow2"), *command]])
    shutil.rmtree(copy)
    return usage


def points(samples):
    """The medians of measure_copies(), and for each source how many times the best of the others ours took."""
    found = {}
    for source, ways in samples.items():
        middle = table.medians(ways)
        best = min(middle[way]["wall"] for way in middle if way != OURS)
        found[source] = {
            "ways": middle,
            "times": middle[OURS]["wall"] / best,
            "met": middle[OURS]["wall"] <= best * LIMIT,
        }
    return found


def copy_table(found):
    """points() as an aligned table."""
    lines = [
        [f"{source}, {way}", table.number(usage["wall"]), table.number(usage["cpu"])]
        for source, point in found.items()
        for way, usage in point["ways"].items()
    ]
    goals = [
        [
            f"{source}: at most {LIMIT} times the best",
            table.number(point["times"], 2),
            "met" if point["met"] else "MISSED",
        ]
        for source, point in found.items()
    ]
    return f"{table.render(['', 'wall s', 'CPU s'], lines)}\n\n{table.render(['goal', 'measured', ''], goals)}"
