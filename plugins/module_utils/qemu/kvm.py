# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether KVM works on this machine, shown by running a Linux kernel with it.

The device node alone proves little. On some hosts it opens and makes virtual machines, and QEMU aborts when it sets up the
host's processor (`kvm_buf_set_msrs: Assertion`). On others (nested, with a KVM that cannot run a kernel) the firmware
runs, and then the virtual processor spins in the host's kernel forever. So a kernel is really started, without a
root filesystem: it initialises the machine, panics for want of one, and resets, upon which QEMU ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..texts import untrusted_json
from .mortal import MORTAL

DEVICE = "/dev/kvm"

# Seconds for the kernel to come to its end. A working KVM takes less than one; a busy machine several.
_PROBE_TIMEOUT = 20

# Seconds that QEMU gets to go away once it is killed: one that hangs in the host's kernel may never.
_KILL_TIMEOUT = 5

# Seconds that a failure is remembered: it may have been due to a machine that was too busy, or an administrator may
# have loaded another KVM module. That KVM works is remembered until the host boots again.
_FAILURE_AGE = 3600

# Without a root filesystem every kernel comes to this: init/do_mounts.c, mount_block_root().
_MARK = re.compile(rb"Kernel panic - not syncing: (?:VFS: Unable to mount root fs|No working init found)")

# The directory for what is remembered, with the user's number added, as libguestfs has /var/tmp/.guestfs-0.
_MEMORY = "/var/tmp/.guestconv"

# Where distributions have kernels, as supermin looks for them too (src/format_ext2_kernel.ml).
_KERNELS = ("/boot/vmlinuz-*", "/lib/modules/*/vmlinuz", "/usr/lib/modules/*/vmlinuz")


def why_not(emulator: str, processor: str, fixed_appliance: str | None = None) -> str | None:
    """Why KVM cannot be used, as part of a sentence, or None when it can.

    emulator: QEMU's path. processor: as QEMU's -cpu takes it. fixed_appliance: a directory with a kernel, or None.
    Takes some tenths of a second where KVM works; the answer is remembered for this boot of the host.
    """
    if not os.path.exists(DEVICE):
        return f"there is no {DEVICE}"
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return f"this user may not open {DEVICE}"
    kernel = find_kernel(fixed_appliance)
    if kernel is None:
        return "there is no readable Linux kernel to test it with (/boot/vmlinuz-*)"
    with _locked_memory() as memory:
        known = _remembered(memory, emulator)
        if known is not None:
            return known.reason
        probed = probe(emulator, "kvm", processor, kernel)
        # Any other failure shows at once, and may be gone the next time.
        if probed.reason is None or probed.hung:
            _remember(memory, emulator, probed.reason)
        return probed.reason


def remember_failure(emulator: str, reason: str) -> None:
    """Have why_not() answer so for the next hour, without a probe."""
    with _locked_memory() as memory:
        _remember(memory, emulator, reason)


def find_kernel(fixed_appliance: str | None = None) -> str | None:
    """The path of a Linux kernel that QEMU for x86 can start, the appliance's own first; None when there is none.

    Its version matters little: what is tested is whether any kernel starts.
    """
    directories = [fixed_appliance, *os.environ.get("LIBGUESTFS_PATH", "").split(":")]
    candidates = [os.path.join(directory, "kernel") for directory in directories if directory]
    candidates.append(os.environ.get("SUPERMIN_KERNEL", ""))
    for pattern in _KERNELS:
        # The newest first, by the time at which it was installed.
        found = [str(path) for path in Path("/").glob(pattern[1:])]
        candidates += sorted(found, key=_time_of_change, reverse=True)
    return next((path for path in candidates if path and _is_x86_kernel(path)), None)


def _time_of_change(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _is_x86_kernel(path: str) -> bool:
    """Whether path holds a bzImage (the kernel's Documentation/arch/x86/boot.rst: "HdrS" at 0x202)."""
    try:
        with open(path, "rb") as kernel:
            kernel.seek(0x202)
            return kernel.read(4) == b"HdrS"
    except OSError:
        return False


class Probe(NamedTuple):
    """What became of a kernel: why it did not come to its end, or None when it did; and whether time ran out on it."""

    reason: str | None
    hung: bool = False


def probe(emulator: str, accelerator: str, processor: str, kernel: str) -> Probe:
    """Start a kernel. Never raises, and takes _PROBE_TIMEOUT seconds at most, and those in which QEMU is ended."""
    machine = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35", "-m", "256"]
    # edd=off: the firmware is not asked for disks. quiet: the panic is shown all the same, and a serial port is slow.
    arguments = "console=ttyS0 earlyprintk=serial,ttyS0 quiet panic=-1 edd=off"
    command = [emulator, *machine, "-accel", accelerator, "-cpu", processor, "-serial", "stdio"]
    command += ["-kernel", kernel, "-append", arguments]
    try:
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [*MORTAL, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        return Probe(f"QEMU cannot be run: {error.strerror}")
    try:
        output, errors = process.communicate(timeout=_PROBE_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_KILL_TIMEOUT)
        return Probe(f"a Linux kernel did not start on it within {_PROBE_TIMEOUT} seconds", hung=True)
    if _MARK.search(output):
        return Probe(None)
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return Probe(lines[-1].rstrip(".") if lines else f"QEMU ended with status {process.returncode} before a kernel ran")


# --- what is remembered


@contextlib.contextmanager
def _locked_memory() -> Iterator[str | None]:
    """The path of the file with the answers, locked, so that of many modules that start at once only one probes.

    None where this user can have no such file: then nothing is remembered.
    """
    directory = f"{_MEMORY}-{os.geteuid()}"
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(directory, 0o700)
        status = os.lstat(directory)
        # Everybody may make names in /var/tmp.
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise PermissionError(directory)
        lock = os.open(
            os.path.join(directory, "kvm.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
    except OSError:
        yield None
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield os.path.join(directory, "kvm.json")
    finally:
        os.close(lock)


def _host(emulator: str) -> dict[str, object]:
    """What an answer holds for: this boot, this kernel and its KVM modules, this device node, this QEMU."""
    device, program = os.stat(DEVICE), os.stat(emulator)
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    return {
        "boot": boot,
        "kernel": platform.release(),
        "modules": sorted(path.name for path in Path("/sys/module").glob("kvm*")),
        "device": [device.st_dev, device.st_ino, device.st_rdev],
        "qemu": [emulator, program.st_size, program.st_mtime_ns],
    }


def _remembered(memory: str | None, emulator: str) -> Probe | None:
    """What became of an earlier probe, or None when there is none that holds."""
    if memory is None:
        return None
    try:
        answer = untrusted_json.load(memory)
        reason, age = answer["reason"], time.time() - answer["time"]
        if answer["host"] != _host(emulator) or not (reason is None or isinstance(reason, str)):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Probe(reason) if reason is None or 0 <= age < _FAILURE_AGE else None


def _remember(memory: str | None, emulator: str, reason: str | None) -> None:
    if memory is None:
        return
    # What cannot be remembered is found out again.
    with contextlib.suppress(OSError):
        answer = json.dumps({"host": _host(emulator), "time": time.time(), "reason": reason})
        with open(memory + ".new", "w", encoding="utf-8") as file:
            file.write(answer)
        os.replace(memory + ".new", memory)
