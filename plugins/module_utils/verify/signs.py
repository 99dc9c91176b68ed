# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs of life of a machine that boots: whether its kernel has started, and since when nothing has moved."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Seconds without a sign of life before a kernel, after which none will start. Firmware and boot loader read the disk or
# count down on the display; the longest that they do neither is while a kernel unpacks itself: a second with KVM, ten
# under emulation, and machines may be ten times as busy.
SILENCE = {"kvm": 60, "tcg": 300}

# printk's time stamps, the first line of every Linux, and what getty asks.
_KERNEL = re.compile(r"^\[ *\d+\.\d{6}\]|Linux version \d|^\S+ login:", re.MULTILINE)

# The bits of x86 that matter (Intel SDM volume 3, 2.5 and 2.2.1), and where kernels begin: Linux and Windows are in the
# upper half of the addresses, firmware and boot loaders in the first 4 GiB, on pages or without.
_PAGING = 1 << 31
_LONG_MODE_ACTIVE = 1 << 10
_UPPER_HALF = 1 << 63
_UPPER_HALF_32 = 1 << 31


@dataclass(frozen=True)
class Processor:
    """The first processor in QEMU's `info registers`."""

    instruction: int
    level: int
    paging: bool
    long_mode: bool
    halted: bool

    @property
    def runs_kernel(self) -> bool:
        """Whether an operating system's kernel runs, or a process of it."""
        if not self.paging:
            return False
        upper_half = _UPPER_HALF if self.long_mode else _UPPER_HALF_32
        return self.level == 3 or self.instruction >= upper_half


def processor_from(text: str) -> Processor | None:
    """The Processor that the text of `info registers` describes, or None where it is not x86's."""
    found = {
        name: re.search(pattern, text)
        for name, pattern in {
            "instruction": r"\b[RE]IP=([0-9a-f]+)",
            "level": r"\bCPL=([0-3])",
            "cr0": r"\bCR0=([0-9a-f]+)",
            "efer": r"\bEFER=([0-9a-f]+)",
            "halted": r"\bHLT=([01])",
        }.items()
    }
    if not all(found.values()):
        return None
    value = {name: int(match.group(1), 16) for name, match in found.items() if match}
    return Processor(
        instruction=value["instruction"],
        level=value["level"],
        paging=bool(value["cr0"] & _PAGING),
        long_mode=bool(value["efer"] & _LONG_MODE_ACTIVE),
        halted=bool(value["halted"]),
    )


@dataclass(frozen=True)
class Look:
    """What is seen of the machine at one moment.

    console: the text of its console. display: that of its display in text mode, and what tells its picture from another
    in a graphics mode. transferred: the operations on its disks so far. restarts: how often it restarted. processor: None where QEMU does not report it.
    """

    console: str
    display: str
    transferred: int
    restarts: int
    processor: Processor | None


class Signs:
    """What the looks at one machine come to.

    reached_kernel: a kernel has run.
    """

    def __init__(self, accelerator: str, now: float):
        self.reached_kernel = False
        self._still_since = now
        self._silence = SILENCE[accelerator]
        self._since = now
        self._last: Look | None = None

    def take(self, look: Look, now: float) -> None:
        """Take in what is seen at the time now (time.monotonic())."""
        running = look.processor is not None and look.processor.runs_kernel
        self.reached_kernel = self.reached_kernel or running or bool(_KERNEL.search(look.console + "\n" + look.display))
        last, self._last = self._last, look
        if last is None or _moving(last) != _moving(look):
            self._since = now
        if last is None or look.processor != last.processor or look.processor is None or look.processor.halted:
            self._still_since = now

    def silent_for(self, now: float) -> float:
        """Seconds in which nothing moved."""
        return now - self._since

    def stuck(self, now: float) -> bool:
        """Whether the processor has long been at one instruction, without being halted, or QEMU does not say where."""
        return now - self._still_since > self._silence / 2

    def over(self, now: float) -> bool:
        """Whether no kernel will start any more."""
        return not self.reached_kernel and self.silent_for(now) > self._silence


def _moving(look: Look) -> tuple[str, str, int, int]:
    return look.console, look.display, look.transferred, look.restarts
