# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a launch of the appliance that makes no progress: libguestfs itself waits forever."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

from ..errors import GuestconvError

# Seconds without a word from the appliance in which a launch cannot be at work. Its firmware, its initrd and its udev each
# write lines. It is silent longest while its kernel starts: under emulation 7 seconds, on a machine with three times as
# much to do as it can 15, and with KVM less than one.
SILENCE = {"kvm": 60, "tcg": 300}

# Seconds between two looks at the clock.
_TICK = 0.5

# Characters of the appliance's last line.
_LONGEST_LINE = 160


class ApplianceHung(GuestconvError):
    """Nothing came from an appliance while it was to start."""


class LaunchWatch:
    """A context manager around one launch.

    Args: silence: seconds; has_qemu: whether QEMU runs: until then libguestfs makes the appliance, or waits for another
    process that does, which may take minutes, in silence; on_silence: called once, from another thread, with an ApplianceHung
    (`appliance-no-progress`), when nothing has come from the appliance for so long; it must end the appliance.
    """

    def __init__(self, silence: float, has_qemu: Callable[[], bool], on_silence: Callable[[ApplianceHung], None]):
        self._silence = silence
        self._has_qemu = has_qemu
        self._on_silence = on_silence
        self._last_sign = time.monotonic()
        self._text = b""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def heard(self, text: str | bytes) -> None:
        """Take in what the appliance has written to its console; any byte is a sign of life."""
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        self._text = (self._text + data)[-4096:]
        self._last_sign = time.monotonic()

    def last_line(self) -> str:
        """The last line that is not blank, without control characters; empty when there is none."""
        lines = self._text.decode("utf-8", "replace").replace("\r", "\n").split("\n")
        printable = ["".join(c for c in line if c.isprintable()).strip() for line in lines]
        return next((line[:_LONGEST_LINE] for line in reversed(printable) if line), "")

    def __enter__(self) -> LaunchWatch:
        self._last_sign = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_TICK):
            if not self._text and not self._has_qemu():
                self._last_sign = time.monotonic()
            elif time.monotonic() - self._last_sign > self._silence:
                self._on_silence(self._error())
                return

    def _error(self) -> ApplianceHung:
        last = self.last_line()
        heard = f'the last that it wrote was "{last}"' if last else "it had not written anything"
        return ApplianceHung(
            "appliance-no-progress",
            f"The libguestfs appliance hung while it started: nothing came from it for {self._silence:g} seconds, and {heard}. "
            "It was stopped. The disks are unchanged.",
            hint="With KVM, the host cannot run kernels: use the accelerator `tcg`. Without it, run "
            "`libguestfs-test-tool` on this machine, and make sure that it has a processor and memory to spare.",
        )
