# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that runs qemu-img.

Always with an argument vector and a time limit; with limits on memory and CPU time as well while an image is judged.
Paths given to it are absolute: so QEMU takes none for a protocol (`nbd:`, `json:`) or an option. Formats are always
stated, for QEMU must never guess one from what a guest wrote into its disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import struct
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any, Callable, cast

from ..errors import GuestconvError
from ..qemu.mortal import MORTAL

# As OpenStack limits it (nova/privsep/qemu.py): a crafted header can make qemu-img ask for gigabytes.
_LIMITS = ("prlimit", "--as=1073741824", "--cpu=30")
_INFO_SECONDS = 60
_CHECK_SECONDS = 300
# Bytes of an image for which a check has one second more.
_CHECK_PACE = 64 << 20
# Bytes that are read at a time of what it prints.
_PIECE = 4096

# The bytes that QEMU locks in an image: RAW_LOCK_PERM_BASE + n for each permission it uses, RAW_LOCK_SHARED_BASE + n
# for each that it does not grant others (block/file-posix.c); n of writing is 1, of resizing 3.
_USES_WRITE, _DENIES_WRITE = 101, 201
_FLOCK = "hhqqi"  # struct flock with a 64-bit off_t: fcntl(2)


class QemuImgFailed(GuestconvError):
    """qemu-img ran, and reported an error."""


class TooSlow(GuestconvError):
    """qemu-img had not ended in time."""


@dataclass(frozen=True)
class Outcome:
    """What one run of qemu-img came to: its exit code and what it printed."""

    code: int
    output: str
    errors: str

    @property
    def reason(self) -> str:
        """The first line of the errors, for people; nothing is decided by it."""
        lines = self.errors.strip().splitlines()
        return lines[0].replace("qemu-img: ", "", 1) if lines else f"exit code {self.code}"


def copy_timeout(amount: int) -> int:
    """Seconds that copying `amount` bytes may take: ten minutes and a pace of 4 MiB/s."""
    return 600 + amount // (4 << 20)


def run(
    arguments: Sequence[str],
    timeout: float,
    limited: bool = False,
    keep_open: Sequence[int] = (),
    quiet: bool = False,
    mortal: bool = False,
    program: str = "qemu-img",
) -> Outcome:
    """Run qemu-img.

    Args: arguments: without the program's name; timeout: in seconds; limited: with bounds on memory and CPU time, for
    images that are not judged yet; keep_open: descriptors that the child inherits; quiet: drop what it says on stderr;
    mortal: have the kernel kill it when we are killed, where it could wait for somebody else's server; program: qemu-img,
    or qemu-io of the same package.
    Returns: Outcome. Errors: qemu-img-missing, qemu-img-timeout. It is killed when an exception (SIGTERM) comes.
    """
    command = [*(MORTAL if mortal else ()), *(_LIMITS if limited else ()), program, *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
            env=dict(os.environ, LC_ALL="C"),
            timeout=timeout,
            pass_fds=keep_open,
            check=False,
        )
    except FileNotFoundError as error:
        raise _missing(error) from error
    except subprocess.TimeoutExpired as error:
        raise _too_slow(arguments, timeout) from error
    printed, errors = ((data or b"").decode("utf-8", "replace") for data in (done.stdout, done.stderr))
    return Outcome(done.returncode, printed, errors)


def run_checked(arguments: Sequence[str], timeout: float, **options: Any) -> str:
    """Run qemu-img and return its output. Errors: as run(), and qemu-img-failed where it does not succeed."""
    outcome = run(arguments, timeout, **options)
    _require_success(arguments, outcome)
    return outcome.output


def transfer(
    arguments: Sequence[str], timeout: float, tell: Callable[[float], Any], lock: int, mortal: bool = False
) -> None:
    """Run a command of qemu-img that moves data (commit, convert), as run_checked() does.

    tell: called with how much of it is done (0 to 1). lock: a descriptor that the child inherits. mortal: as in run().
    """
    # util/qemu-progress.c: "    (%3.2f/100%%)\r"
    tail = b""
    with closing(_printed([arguments[0], "-p", *arguments[1:]], timeout, mortal, (lock,))) as printed:
        for piece in printed:
            tail = (tail + piece)[-_PIECE:]
            percents = re.findall(rb"\(([\d.]+)/100%\)", tail)
            if percents:
                tell(float(percents[-1]) / 100)


def _printed(
    arguments: Sequence[str], timeout: float, mortal: bool, keep_open: Sequence[int] = ()
) -> Generator[bytes, None, None]:
    """Run qemu-img, and yield what it prints while it runs. To be closed: then it is killed, if it still runs.

    Args: as of run(). Errors: as run_checked(), at the end.
    """
    # Its errors are kept in a file: a pipe that nobody reads would stop it when it is full.
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                [*(MORTAL if mortal else ()), "qemu-img", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(os.environ, LC_ALL="C"),
                pass_fds=keep_open,
            )
        except FileNotFoundError as error:
            raise _missing(error) from error
        output = cast(IO[bytes], process.stdout)
        try:
            yield from _pieces(output, time.monotonic() + timeout, _too_slow(arguments, timeout))
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            output.close()
        errors.seek(0)
        _require_success(arguments, Outcome(code, "", errors.read().decode("utf-8", "replace")))


def _pieces(output: IO[bytes], deadline: float, too_slow: GuestconvError) -> Iterator[bytes]:
    """What comes out of a pipe until it ends. Errors: too_slow, if it has not by the deadline (time.monotonic())."""
    while select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
        piece = os.read(output.fileno(), _PIECE)
        if not piece:
            return
        yield piece
    raise too_slow


def tellers(names: Sequence[str], tell: Callable[[str, float], Any]) -> list[Callable[[float], Any]]:
    """What transfer() takes as tell, for each of the disks that are written one after the other: tell hears of all."""

    def teller(number: int, name: str) -> Callable[[float], Any]:
        return lambda fraction: tell(f"writing {name}", (number + fraction) / len(names))

    return [teller(number, name) for number, name in enumerate(names)]


def share(tell: Callable[[str, float], Any], start: float, end: float) -> Callable[[str, float], Any]:
    """A tell for a part of all that is written: from `start` to `end`, of 1."""
    return lambda disk, fraction: tell(disk, start + fraction * (end - start))


def _require_success(arguments: Sequence[str], outcome: Outcome) -> None:
    if outcome.code != 0:
        raise QemuImgFailed(
            "qemu-img-failed",
            f"qemu-img {arguments[0]} failed: {outcome.reason.rstrip('.')}.",
            extra={"qemu_img": outcome.errors[-2000:]},
        )


def _missing(error: FileNotFoundError) -> GuestconvError:
    return GuestconvError(
        "qemu-img-missing",
        f"{error.filename} was not found on this machine.",
        hint="Install qemu-utils (Debian, Ubuntu) or qemu-img (EL, Fedora).",
    )


def _too_slow(arguments: Sequence[str], timeout: float) -> TooSlow:
    return TooSlow(
        "qemu-img-timeout", f"qemu-img {arguments[0]} of {arguments[-1]} was not done after {timeout:g} seconds."
    )


def info(path: str, image_format: str) -> tuple[dict[str, Any] | None, str]:
    """`qemu-img info` of one image without its backing file, and without regard to locks.

    Returns: (dict, ""), or (None, reason) where QEMU cannot open the image.
    """
    outcome = run(["info", "-U", "--output=json", "-f", image_format, path], _INFO_SECONDS, limited=True)
    return (json.loads(outcome.output), "") if outcome.code == 0 else (None, outcome.reason)


def is_damaged(path: str, image_format: str) -> bool:
    """Whether `qemu-img check` finds the image damaged; leaked clusters, which only waste room, do not count.

    It reads all metadata, for which it has the longer the larger the file is. Exit codes: 0 sound, 1 could not go on, 2 damaged, 3 leaks,
    63 not known for this format (man qemu-img).
    """
    arguments = ["check", "-U", "-q", "--output=json", "-f", image_format, path]
    with open(path, "rb") as stream:
        timeout = _CHECK_SECONDS + stream.seek(0, os.SEEK_END) // _CHECK_PACE
    return run(arguments, timeout, quiet=True).code in (1, 2)


def repair(path: str, image_format: str, lock: int) -> None:
    """Have QEMU repair the metadata of an image. What the guest sees of it stays the same.

    lock: a descriptor that the child inherits. Errors: qemu-img-failed, qemu-img-timeout.
    """
    arguments = ["check", "-q", "-r", "all", "-f", image_format, path]
    run_checked(arguments, copy_timeout(os.path.getsize(path)), keep_open=(lock,))


def flush(reference: str) -> str:
    """Open a block node for writing, and have it on stable storage. Returns: why that fails, or ""."""
    outcome = run(["-c", "flush", reference], _CHECK_SECONDS, mortal=True, program="qemu-io")
    return "" if outcome.code == 0 else outcome.reason


def spans(reference: str, timeout: float, mortal: bool = False) -> Iterator[dict[str, Any]]:
    """What `qemu-img map` reports of a block node, one span after the other, as it prints them: a large disk in fragments
    has millions, which are neither in memory nor in a file at once.

    Args: as of run(). Errors: as run_checked(), and qemu-img-failed where the output is not complete; both at the end.
    """
    rest, last = b"", b""
    with closing(_printed(["map", "-U", "--output=json", reference], timeout, mortal)) as printed:
        for piece in printed:
            # A list in JSON, each item on a line of its own: dump_map_entry() in QEMU's qemu-img.c.
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                last, item = line, line.strip(b"[],")
                if item:
                    yield json.loads(item)
    # qemu-img does not notice that it cannot write what it prints.
    if rest or not last.endswith(b"]"):
        raise QemuImgFailed("qemu-img-failed", "The output of qemu-img map is not complete.")


def held_bytes(overlay: str, cluster_size: int = 1) -> int:
    """The bytes that a qcow2 overlay itself holds, counted in whole clusters of what it will be written to.

    Its backing file is not opened.
    """
    alone = json.dumps({"driver": "qcow2", "backing": None, "file": {"driver": "file", "filename": overlay}})
    clusters, free = 0, 0  # free: the first cluster that is not counted yet
    for span in spans("json:" + alone, _CHECK_SECONDS):
        if span["data"]:
            end = -(-(span["start"] + span["length"]) // cluster_size)
            clusters += end - max(free, span["start"] // cluster_size)
            free = end
    return clusters * cluster_size


def required_bytes(path: str, image_format: str, path_format: str = "qcow2", cluster_size: int = 0) -> int:
    """The bytes that a copy of an image, with all that is beneath it, will need as `image_format` (raw, qcow2).

    cluster_size: of that copy, a power of two, from 512 bytes to 2 MiB; 0 for QEMU's own choice.
    """
    options = ["-o", f"cluster_size={cluster_size}"] if cluster_size else []
    arguments = ["measure", "-U", "--output=json", "-f", path_format, "-O", image_format, *options, path]
    return int(json.loads(run_checked(arguments, _CHECK_SECONDS))["required"])


def is_written_to(path: str) -> bool:
    """Whether some QEMU has the image open for writing. See _locked() for what is looked at."""
    return _locked(path, _USES_WRITE)


def denies_writing(path: str) -> bool:
    """Whether some QEMU has the image open in a way that keeps others from writing (a reader does that, too)."""
    return _locked(path, _USES_WRITE) or _locked(path, _DENIES_WRITE)


def _locked(path: str, byte: int) -> bool:
    """Whether another process holds QEMU's lock on this byte of the image.

    Asked of the kernel and not of qemu-img, because `qemu-img info` on a raw image takes no lock that conflicts: it
    succeeds while a virtual machine writes to it (tried with QEMU 7.2). Asking takes no lock, so no QEMU that starts
    at this moment is disturbed.
    """
    query = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, query)
    except OSError:  # a filesystem without locks: QEMU does without, too (locking=auto)
        return False
    finally:
        os.close(descriptor)
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)
