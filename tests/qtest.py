# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network cards of a QEMU that runs no guest, as Windows calls them: by its protocol for tests (qtest).

The processor never starts. The configuration space of PCI Express is mapped as a firmware would map it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence

# Where the configuration spaces begin, and q35's register of that (PCIEXBAR).
_SPACES = 0xB0000000
_REGISTER = 0x80000060
_NETWORK, _BRIDGE = 2, 1
# The extended capability with the serial number of a device (PCI Express base specification).
_SERIAL = 3
_NOTHING = 0xFFFFFFFF


def instance_paths(emulator: str, arguments: Sequence[str]) -> list[str]:
    """The device instance path of each network card that has a serial number; of others less what is after the ids."""
    machine = [emulator, "-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg", "-S"]
    # Its log of all commands would fill the pipe.
    machine += ["-qtest", "stdio", "-qtest-log", "none"]
    with subprocess.Popen(
        [*machine, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            return list(_Machine(process).network_cards(0))
        finally:
            process.kill()


class _Machine:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._buses = 1
        self._do(f"outl 0xcf8 {_REGISTER:#x}")
        self._do(f"outl 0xcfc {_SPACES | 1:#x}")

    def _do(self, command: str) -> str:
        """The last word of what QEMU answers. Raises AssertionError with its message when it does not."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("OK"):
                return line.split()[-1]
        raise AssertionError(self._process.stderr.read())

    def _read(self, place: int, offset: int) -> int:
        return int(self._do(f"readl {place + offset:#x}"), 16)

    def network_cards(self, bus: int) -> Iterator[str]:
        """Those on a bus, and on the buses behind its bridges, which get their numbers."""
        for function in range(32 * 8):
            place = _SPACES + (bus << 20) + (function << 12)
            ids = self._read(place, 0)
            if ids in (0, _NOTHING):
                continue
            if self._read(place, 12) >> 16 & 0x7F == _BRIDGE:
                below = self._buses
                self._buses += 1
                self._do(f"writel {place + 0x18:#x} {bus | below << 8 | 0xFF0000:#x}")
                yield from self.network_cards(below)
                self._do(f"writel {place + 0x18:#x} {bus | below << 8 | (self._buses - 1) << 16:#x}")
            elif self._read(place, 8) >> 24 == _NETWORK:
                yield self._instance_path(place, ids)

    def _instance_path(self, place: int, ids: int) -> str:
        subsystem, revision = self._read(place, 0x2C), self._read(place, 8) & 0xFF
        path = f"PCI\\VEN_{ids & 0xFFFF:04X}&DEV_{ids >> 16:04X}&SUBSYS_{subsystem:08X}&REV_{revision:02X}"
        offset = 0x100
        while offset:
            header = self._read(place, offset)
            if header in (0, _NOTHING):
                break
            if header & 0xFFFF == _SERIAL:
                # Windows writes the number, and then that of the function.
                return f"{path}\\{self._read(place, offset + 8):08X}{self._read(place, offset + 4):08X}00"
            offset = header >> 20
        return path
