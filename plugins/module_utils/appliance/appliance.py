# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance: libguestfs's small virtual machine, launched once over the disks of one guest."""

from __future__ import annotations

import errno
import os
import platform
import threading
import time
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol

from ..devices.letters import letters
from ..errors import GuestconvError
from ..qemu import accelerator as accelerators
from ..run.child_processes import children, kill_children
from .calls import Calls
from .drives import drive
from .failures import ApplianceError, CallFailed, TextNotUtf8
from .launch_watch import SILENCE, ApplianceHung, LaunchWatch
from .trace import Trace, summary
from .write_errors import WriteErrors

try:
    import guestfs

    GUESTFS_IMPORT_ERROR: str | None = None
except ImportError:
    GUESTFS_IMPORT_ERROR = traceback.format_exc()

# Arrays are started read-only, until something is written to them: their superblocks say then what the guest left, and
# no member is written anew (Linux, drivers/md/md.c: start_ro).
_ARRAYS = "md_mod.start_ro=1"
# Of a path at which there is nothing, or a symbolic link that leads nowhere.
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)

# The calls that run a program inside the guest; they are what conversion is slow by, so they are counted.
_COMMANDS = frozenset(("command", "command_lines", "sh", "sh_lines"))


class ApplianceDisk(Protocol):
    """What an appliance opens: the file at path, as format."""

    @property
    def path(self) -> str:
        """Absolute."""

    @property
    def format(self) -> str:
        """As QEMU calls it."""


class Appliance(Calls):
    """The disks, opened in a running appliance: a context manager around one launch.

    A handle is used from one thread only and launched once, as libguestfs demands.

    Args:
        disks: in the guest's order.
        read_only: nothing is written to the disks; libguestfs puts a throwaway overlay of its own over each.
        accelerator: "auto", "kvm" or "tcg".
        memory: MiB for the appliance, or None for libguestfs's default.
        timeout: seconds after which the appliance is killed, or None. The call that runs then fails with `timeout`.
        trace: a file that gets one line of JSON per call, or None.
        workdir: the directory for libguestfs's own throwaway overlays, or None for its default.
        fixed_appliance: a directory with one, or None for that which libguestfs makes of this host's packages.
    Errors on entering: appliance-launch-failed, appliance-not-found, kvm-not-usable, memory-invalid, qemu-not-found,
        trace-not-writable; appliance-no-progress, whatever the timeout, when nothing comes from the appliance for long.

    warnings: for the user. launches, commands, calls: how many there were.
    """

    def __init__(
        self,
        disks: Sequence[ApplianceDisk],
        *,
        read_only: bool,
        accelerator: str = "auto",
        memory: int | None = None,
        timeout: float | None = None,
        trace: str | None = None,
        workdir: str | None = None,
        fixed_appliance: str | None = None,
    ) -> None:
        self.disks = disks
        self.warnings: list[str] = []
        self.launches = 0
        self.commands = 0
        self.calls = 0
        self._read_only = read_only
        self._requested = accelerator
        self._memory = memory
        self._timeout = timeout
        self._workdir = workdir
        self._fixed = fixed_appliance
        self._trace_path = trace
        self._trace: Trace | None = None
        self._handle: Any = None  # guestfs.GuestFS
        self._watchdog: threading.Timer | None = None
        self._devices: dict[str, str] = {}
        self._older_children = children()
        self._write_errors: WriteErrors | None = None
        # Why we killed it.
        self._stopped: GuestconvError | None = None

    def __enter__(self) -> Appliance:
        if self._fixed:
            _check_fixed(self._fixed)
        if self._trace_path:
            self._trace = Trace(self._trace_path, self.warnings.append)
        if self._timeout:
            self._watchdog = threading.Timer(self._timeout, self._expire)
            self._watchdog.daemon = True
            self._watchdog.start()
        try:
            self._launch()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def close(self) -> None:
        """Stop the appliance, so that all writes have reached the disks. Errors: ApplianceError, when they have not."""
        self.call("shutdown")
        self._end()

    def device(self, index: int) -> str:
        """The appliance's name of a disk, by its index: the order in which its kernel finds disks is not stable."""
        return self._devices[label(index)]

    def name_in_shell(self, device: str) -> str:
        """What a device is called in scripts: the names of disks and partitions are libguestfs's, which translates them."""
        return next((f"/dev/disk/guestfs/{label}" for label, name in self._devices.items() if name == device), device)

    def status(self, path: str) -> dict[str, int] | None:
        """The result of stat(2) of path, symbolic links followed (guestfs_statns); None when there is nothing.

        It costs less than a tenth of is_file and is_dir, for each of which the appliance starts a process.
        """
        if not is_possible(path):
            return None
        try:
            return self.statns(path)
        except ApplianceError as error:
            # What is most often so costs no further call.
            if isinstance(error, CallFailed) and error.errno in _NOT_THERE:
                return None
            # A symbolic link exists even when it leads nowhere.
            if self.exists(path) and not self.is_symlink(path):
                raise
            return None

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call libguestfs's function `name`, counted and traced. Errors: ApplianceError; GuestconvError `timeout`."""
        if self._stopped:
            # What was to be killed may not have been there yet: libguestfs starts QEMU only after some other programs.
            raise self._stopped
        started = time.monotonic()
        failure = None
        self.calls += 1
        self.commands += name in _COMMANDS
        try:
            return getattr(self._handle, name)(*arguments, **options)
        except RuntimeError as error:
            failure = str(error)
            if self._stopped:
                raise self._stopped from error
            raise CallFailed("appliance-call-failed", failure) from error
        except ValueError as error:
            # Of the binding, which takes and gives str only.
            failure = str(error)
            raise TextNotUtf8(
                "guest-text-not-utf-8",
                f"{name} {' '.join(repr(summary(one)) for one in arguments)}: the guest has a name or text there that "
                "is not UTF-8, or that holds a NUL.",
                hint="Rename or rewrite it in the guest, or move it out of that directory.",
            ) from error
        finally:
            if self._trace:
                self._trace.write(name, arguments, options, time.monotonic() - started, failure)

    def _launch(self) -> None:
        chosen, warning = accelerators.choose(self._requested, self._fixed)
        if warning:
            self.warnings.append(warning)
        try:
            self._start(chosen)
        except (ApplianceError, ApplianceHung) as error:
            if chosen != "kvm" or self._requested != "auto":
                raise _launch_error(error) from error
            self._start_emulated(error)
        self._devices = self.list_disk_labels()

    def _start_emulated(self, failure: ApplianceError | ApplianceHung) -> None:
        """Start once more, after a start with KVM that ended in failure."""
        how = "did not start"
        if isinstance(failure, ApplianceHung):
            how = "hung while it started"
        self.warnings.append(f"The appliance {how} with KVM, so it is emulated, which is many times slower.")
        if self._watchdog and not self._watchdog.is_alive():
            raise self._timeout_error()  # it has come to its end meanwhile, and would not come again
        self._stopped = None
        try:
            self._start("tcg")
        except (ApplianceError, ApplianceHung) as second:
            raise _launch_error(second) from second
        if isinstance(failure, ApplianceHung):
            # What hangs emulated too says nothing about KVM.
            accelerators.kvm_failed("a libguestfs appliance hung on it while it started")

    def _start(self, accelerator: str) -> None:
        self._close_handle()
        self._handle = handle = guestfs.GuestFS(python_return_dict=True)
        self._configure(handle, accelerator)
        for index, disk in enumerate(self.disks):
            name, options = drive(disk.path)
            options.update(format=disk.format, label=label(index), readonly=self._read_only)
            if not self._read_only:
                # An overlay that is lost with the host is no loss: the commit begins with an fsync of it.
                options["cachemode"] = "unsafe"
            self.call("add_drive", name, **options)
        self._write_errors = WriteErrors([disk.path for disk in self.disks], self._stop)
        for option, value in self._write_errors.qemu_options:
            handle.config(option, value)
        self._write_errors.start()
        with LaunchWatch(SILENCE[accelerator], self._write_errors.has_qemu, self._stop) as watch:
            # The callback gets (event, handle, text, array): guestfs-python(3).
            heard = handle.set_event_callback(lambda *event: watch.heard(event[2]), guestfs.EVENT_APPLIANCE)
            self.call("launch")
        handle.delete_event_callback(heard)
        self.launches += 1

    def _configure(self, handle: Any, accelerator: str) -> None:
        # libvirtd, the other backend, is often absent, and cannot read disks below a directory of root's.
        handle.set_backend("direct")
        append = [_ARRAYS]
        if accelerator == "tcg":
            handle.set_backend_setting("force_tcg", "1")
            # Processes at the same addresses: what was translated for one is used for the next, so that starting one
            # costs a third less. The kernel's own addresses stay random.
            append.append("norandmaps")
            if platform.machine() == "x86_64":
                # After libguestfs's own, so it is the one that counts.
                handle.config("-cpu", accelerators.PROCESSORS["tcg"])
        handle.set_append(" ".join(append))
        if self._fixed:
            handle.set_path(self._fixed)
        if self._workdir:
            handle.set_tmpdir(self._workdir)
        if self._memory is not None:
            _give_memory(handle, self._memory)

    def _expire(self) -> None:
        self._stop(self._timeout_error())

    def _stop(self, reason: GuestconvError) -> None:
        # A call that hangs in libguestfs cannot be interrupted, but it fails once its qemu is gone. libguestfs says which
        # one that is only between two calls, so all go that were started since: qemu, and what watches over it.
        self._stopped = self._stopped or reason
        kill_children(spared=self._older_children)

    def _timeout_error(self) -> GuestconvError:
        return GuestconvError(
            "timeout",
            f"The appliance was still at work after {self._timeout} seconds, so it was stopped. The disks are unchanged.",
            hint="Raise the option timeout, or find out with the option trace which call takes so long.",
        )

    def _end(self) -> None:
        if self._watchdog:
            self._watchdog.cancel()
        self._close_handle()
        if self._trace:
            self._trace.close()

    def _close_handle(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None
        if self._write_errors is not None:
            self._write_errors.end()
            self._write_errors = None


def label(index: int) -> str:
    """The label of a disk in the appliance, by its index, where /dev/disk/guestfs/LABEL is the disk."""
    # libguestfs allows letters only, up to 20.
    return "disk" + letters(index)


def is_possible(path: str) -> bool:
    """Whether a file can have this path at all, and the binding can pass it: a guest's texts may hold any."""
    try:
        encoded = path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    parts = encoded.split(b"/")
    return path.startswith("/") and b"\0" not in encoded and len(encoded) < 4096 and all(len(p) < 256 for p in parts)


def _give_memory(handle: Any, memory: int) -> None:
    try:
        handle.set_memsize(memory)
    except (RuntimeError, OverflowError) as error:
        raise GuestconvError(
            "memory-invalid",
            f"The appliance cannot have {memory} MiB of memory: {error}.",
            hint="Leave memory out, or give 1024 or more.",
            path="memory",
        ) from error


def _check_fixed(directory: str) -> None:
    # The files by which libguestfs knows a fixed appliance (lib/appliance.c).
    lacking = [
        name
        for name in ("kernel", "initrd", "root", "README.fixed")
        if not os.path.isfile(os.path.join(directory, name))
    ]
    if lacking:
        raise GuestconvError(
            "appliance-not-found",
            f"There is no fixed appliance in {directory}: it has no {', '.join(lacking)}.",
            hint=f"Make it with `libguestfs-make-fixed-appliance {directory}`, of the package libguestfs-tools.",
            path="fixed_appliance",
        )


def _launch_error(error: GuestconvError) -> GuestconvError:
    if not isinstance(error, CallFailed):
        return error
    return GuestconvError(
        "appliance-launch-failed",
        f"The libguestfs appliance did not start: {error.message}",
        hint="Run `libguestfs-test-tool` on this machine: it says why. On Ubuntu the kernel must be readable: "
        "`chmod 0644 /boot/vmlinuz-*`.",
    )


def version() -> str:
    """libguestfs's own version, such as "1.48.6"."""
    numbers = guestfs.GuestFS(python_return_dict=True).version()
    return f"{numbers['major']}.{numbers['minor']}.{numbers['release']}"
