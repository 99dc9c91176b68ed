# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands and arguments for cmd.exe that it takes as they are. Pure."""

from __future__ import annotations

import re

# What an argument may be of, so that cmd.exe takes it as it is within quotation marks. %SystemRoot% is to be expanded.
_PLAIN = re.compile(r"(?:%SystemRoot%)?[A-Za-z0-9 \\/:.,;@#&{}()\[\]_*=+~-]*")


def quoted(argument: str, variable: str = "") -> str:
    """The argument in quotation marks. variable: one of the script that it may have at its end.

    Raises ValueError for one that cmd.exe would interpret.
    """
    checked = argument[: -len(variable)] if variable and argument.endswith(variable) else argument
    if not _PLAIN.fullmatch(checked) or argument.endswith("\\"):
        raise ValueError(argument)
    return f'"{argument}"'


def powershell(command: str) -> str:
    """A command of PowerShell without quotation marks, as one of cmd.exe.

    It is not encoded (-EncodedCommand): a person is to read it, and PowerShell writes the errors of such commands as XML
    (ConsoleHost.cs, ErrorFormat).
    """
    return f'"%powershell%" %options% -Command "{command}"'


def text_in_powershell(name: str) -> str:
    """An expression of PowerShell for a name: what cmd.exe or PowerShell could interpret, as numbers of UTF-16."""
    parts = ["''"]
    for plain, other in re.findall(r"([A-Za-z0-9 _.-]+)|([^A-Za-z0-9 _.-])", name):
        units = other.encode("utf-16-be", "replace")
        codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
        parts += [f"'{plain}'"] if plain else [f"[char]{code}" for code in codes]
    return "+".join(parts)


def title(name: str) -> str:
    """What a name is called in the log, where nothing must be interpreted."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "_", name)[:80]
