# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a disk by guestconv_fetch, and by the end of guestconv_convert with `dest`, side by side with qemu-img convert
and nbdcopy: from a file, from an NBD server, and from a web server."""

from __future__ import annotations

import os
import random
import shlex
import shutil

from tests.benchmark import measure, table
from tests.sources.servers import WebServer, certificate

OURS, DEST = "guestconv_fetch", "dest of guestconv_convert"
DIRECT, CACHED, NBDCOPY = "qemu-img, direct I/O", "qemu-img, page cache", "nbdcopy"
# At most so many times the best of the others.
LIMIT = 1.15
_PIECE = 8 << 20
# Of each 12 pieces of the disk 5 hold data.
_OF, _WITH_DATA = 12, 5
_FAST = ("-W", "-m", "16")
# So that a copy counts as done when it is on stable storage: the program, then sync(1) of what it wrote, in "$1".
_AND_SYNC = 'copy=$1; shift; "$@" && sync "$copy"/*.qcow2'
# nbdcopy writes no qcow2 by itself: its server does. $1: the source; $2: the copy; $3: its size.
_NBDCOPY = (
    'qemu-img create -q -f qcow2 "$2" "$3" && '
    'exec nbdcopy --target-is-zero --flush --request-size=2097152 -- "$1" [ qemu-nbd --cache=none --aio=native --discard=unmap --format=qcow2 "$2" ]'
)


def measure_copies(bench, gibibytes, repeat, say, sources=()):
    """Copy a disk in all ways, interleaved, `repeat` times: {source: {way: [Usage as a dict]}}.

    bench: rows.Bench. sources: those of SOURCES to measure, all by default. say: called with a line of text for each measurement.
    """
    if not shutil.which("nbdcopy"):
        say(
            "nbdcopy is NOT measured, and the goals are compared with qemu-img alone: install libnbd-bin (EL, Fedora: libnbd)."
        )
    disk = make_disk(bench.scratch / "source.raw", gibibytes)
    samples = {}
    for number in range(repeat):
        for source in sources or SOURCES:
            for way, usage in SOURCES[source](bench, disk):
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


def _from_file(bench, disk):
    """Measure each way once: yields (way, Usage)."""
    size = str(os.path.getsize(disk))
    dest = bench.request(
        "dest", [{"path": str(disk), "format": "raw"}], {"dest": _place(bench), "dest_format": "qcow2"}
    )
    for way, command in _shuffled([*_ways(bench, str(disk), str(disk), size), (DEST, dest[0])]):
        yield way, _measured(bench, command, disk)


def _from_nbd(bench, disk):
    """As _from_file(). The server is part of what is measured, in all ways alike: a process that is not would be taken for a
    leftover."""
    place = bench.scratch / "socket"
    server = ["nbdkit", "--unix", str(place), "--readonly", "file", str(disk), "--run"]
    url = f"nbd+unix:///?socket={place}"
    for way, command in _shuffled(_ways(bench, url, url, str(os.path.getsize(disk)))):
        yield way, _measured(bench, [*server, shlex.join(command)], disk)
        # nbdkit leaves it.
        place.unlink()


def _from_https(bench, disk):
    """As _from_file()."""
    place = bench.scratch / "socket"
    url = f"nbd+unix:///?socket={place}"
    folder = bench.scratch / "tls"
    folder.mkdir(exist_ok=True)
    cert, key = certificate(folder)
    # In threads of this process, so that only its time counts.
    with WebServer(bench.scratch).running(cert, key) as address:
        web = f"{address}/{disk.name}"
        client = ["nbdkit", "--unix", str(place), "--readonly", "curl", f"url={web}", f"cainfo={cert}", "--run"]
        for way, command in _shuffled(_ways(bench, web, url, str(os.path.getsize(disk)), cert)):
            if way == OURS:
                yield way, _measured(bench, command, disk)
            else:
                # On Debian qemu-img reads no HTTPS by itself.
                yield way, _measured(bench, [*client, shlex.join(command)], disk)
                place.unlink()


SOURCES = {"file": _from_file, "NBD": _from_nbd, "HTTPS": _from_https}


def _shuffled(ways):
    """In another order each time: what the last way left to the filesystem is paid by the next."""
    ways = list(ways)
    return random.sample(ways, len(ways))


def _place(bench):
    return str(bench.scratch / "copy")


def _ways(bench, source, read, size, cafile=None):
    """The ways to copy a source (a path or URL), which the others read as `read`: yields (name, command)."""
    copy = os.path.join(_place(bench), "web01.qcow2")
    origin = {"type": "disks", "disks": [{"path": source, "format": "raw"}], **({"cafile": cafile} if cafile else {})}
    options = {"source": origin, "dest": _place(bench), "name": "web01", "mode": "copy"}
    ours, _result = bench.request("fetch", None, options, name="fetch")
    convert = ["qemu-img", "convert", *_FAST, "-f", "raw", "-O", "qcow2"]
    yield OURS, ours
    yield DIRECT, [*convert, "-T", "none", "-t", "none", read, copy]
    yield CACHED, [*convert, read, copy]
    if shutil.which("nbdcopy"):
        yield NBDCOPY, ["sh", "-c", _NBDCOPY, "sh", read, copy, size]


def _measured(bench, command, disk):
    """The Usage of a command that writes the copy, and of having that on stable storage. disk: is not in the page cache."""
    copy = bench.scratch / "copy"
    copy.mkdir()
    with open(disk, "rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    usage = measure.run([["sh", "-c", _AND_SYNC, "sh", str(copy), *command]])
    shutil.rmtree(copy)
    return usage


def points(samples):
    """The medians of measure_copies(), and for each source how many times the best of the others each of ours took."""
    found = {}
    for source, ways in samples.items():
        middle = table.medians(ways)
        best = min(usage["wall"] for way, usage in middle.items() if way not in (OURS, DEST))
        found[source] = {
            "ways": middle,
            "times": {way: middle[way]["wall"] / best for way in (OURS, DEST) if way in middle},
        }
        found[source]["met"] = all(times <= LIMIT for times in found[source]["times"].values())
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
            f"{source}, {way}: at most {LIMIT} times the best",
            table.number(times, 2),
            "met" if times <= LIMIT else "MISSED",
        ]
        for source, point in found.items()
        for way, times in point["times"].items()
    ]
    text = f"{table.render(['', 'wall s', 'CPU s'], lines)}\n\n{table.render(['goal', 'measured', ''], goals)}"
    if not any(NBDCOPY in point["ways"] for point in found.values()):
        text += "\n\nnbdcopy is missing, so the best of the others is that of qemu-img alone."
    return text
