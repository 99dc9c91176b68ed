# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that a guest writes to its console: kept in bounds, and cleaned."""

from __future__ import annotations

import re
from typing import BinaryIO

from ..model.first_boot import WINDOWS_DONE, WINDOWS_LEFT

# Bytes. The guest may write forever, but must not fill our memory or the host's disk.
_KEPT = 128 * 1024
_LONGEST_LOG = 16 * 1024 * 1024

# Control sequences (ECMA-48 CSI; OSC with its end; two-character escapes), and control characters but \t and \n.
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f]"
)
# Menus place the cursor (CSI H) rather than end lines. Several \r before a \n, or without one, end one line.
_LINE_END = re.compile(r"\r+\n?|\n|\x1b\[[0-9;]*[Hf]")

# agetty's, and login's second try; at the start of a line, since log messages mention logins too.
_LOGIN = re.compile(r"^\S+ login:", re.MULTILINE)
# Windows has no prompt there. The script of its first boot is a service, and writes there that it has come to its end.
_FIRST_BOOT = re.compile(rf"guestconv: (?:{WINDOWS_DONE}|{WINDOWS_LEFT})")


class Console:
    """What came from the guest's console. log: a binary file that gets it all (up to 16 MiB), or None."""

    def __init__(self, log: BinaryIO | None = None) -> None:
        self._raw = b""
        self._log = log
        self._logged = 0

    def feed(self, data: bytes) -> None:
        """Add data (bytes)."""
        self._raw = (self._raw + data)[-_KEPT:]
        if self._log:
            self._log.write(data[: _LONGEST_LOG - self._logged])
            self._log.flush()
            self._logged = min(self._logged + len(data), _LONGEST_LOG)

    def text(self) -> str:
        """The last 128 KiB, without control sequences, lines ended by a line feed."""
        text = _LINE_END.sub("\n", self._raw.decode("utf-8", "replace"))
        return _CONTROL.sub("", text)

    def lines(self, count: int) -> list[str]:
        """The last count lines that are not blank."""
        return [line.rstrip() for line in self.text().split("\n") if line.strip()][-count:]

    def asks_for_login(self) -> bool:
        text = self.text()
        return bool(_LOGIN.search(text) or _FIRST_BOOT.search(text))
