# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands and arguments for cmd.exe that it takes as they are. Pure."""

from __future__ import annotations

import base64
import re

POWERSHELL = "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass"

# What an argument may be of, so that cmd.exe takes it as it is within quotation marks. %SystemRoot% is to be expanded.
_PLAIN = re.compile(r"(?:%SystemRoot%)?[A-Za-z0-9 \\/:.,;@#&{}()\[\]_*=+~-]*")


def logged(*words: str) -> str:
    """A command whose output goes to the log of the script."""
    return f'{" ".join(words)} >>"%log%" 2>&1'


def quoted(argument: str, variable: str = "") -> str:
    """The argument in quotation marks. variable: one of the script that it may have at its end.

    Raises ValueError for one that cmd.exe would interpret.
    """
    checked = argument[: -len(variable)] if variable and argument.endswith(variable) else argument
    if not _PLAIN.fullmatch(checked) or argument.endswith("\\"):
        raise ValueError(argument)
    return f'"{argument}"'


def powershell(command: str) -> str:
    """A command of PowerShell, as one of cmd.exe."""
    return logged(POWERSHELL, "-EncodedCommand", encoded(command))


def encoded(command: str) -> str:
    """See -EncodedCommand of powershell.exe: base64 of UTF-16."""
    return base64.b64encode(command.encode("utf-16-le", "replace")).decode("ascii")


def title(name: str) -> str:
    """What a name is called in the log, where nothing must be interpreted."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "_", name)[:80]
