# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the builder of guests raises."""

from __future__ import annotations

import shlex
import subprocess

# Characters of a program's output that a message ends with.
_SHOWN = 3000


class BuildError(Exception):
    """A guest cannot be built; the message says why."""


def run(argv, **options):
    """Run argv. Raises BuildError, with the end of what it said, when it fails or is not installed."""
    try:
        ended = subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **options
        )
    except FileNotFoundError:
        raise BuildError(f"{argv[0]} is not installed") from None
    if ended.returncode:
        command = shlex.join(map(str, argv))
        raise BuildError(f"{command} ended with status {ended.returncode}:\n{ended.stdout[-_SHOWN:]}")
