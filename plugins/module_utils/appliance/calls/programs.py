# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs, of the guest and of the appliance."""

from __future__ import annotations

from .caller import Caller


class ProgramCalls(Caller):
    """Calls that run programs."""

    def command(self, arguments: list[str]) -> str:
        """Run a program in the guest, without a shell. Returns: what it wrote to its standard output."""
        result: str = self.call("command", arguments)
        return result

    def shell(self, script: str) -> str:
        """What a script prints that the appliance's own shell runs. $root is where the guest is mounted.

        It is libguestfs's `debug sh`, which is for debugging: a build may come without.
        """
        result: str = self.call("debug", "sh", [script])
        return result
