# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search through many files of a guest, as one call: a script that the appliance's own shell runs, or a pattern."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

# Of files: those that are larger are data, and no system's configuration has as many. Seconds: a guest may have files
# that take for ever to read.
_LARGEST = "64k"
_MOST_FILES = 5000
_MOST_FOUND = 200
_SECONDS = 30


def script(directory: str, expression: str) -> str:
    """The script that prints the paths, each on a line, of text files below directory with a line that fits expression.

    expression: as `grep -E` has it in the C locale. Symbolic links, other filesystems, and paths that are not ASCII are
    passed over. The guest is mounted at $root (libguestfs, daemon/debug.c).
    """
    return (
        f'export LC_ALL=C; top="$root"{shlex.quote(directory)}; [ ! -L "$top" ] && cd "$top" 2>/dev/null || exit 0; '
        f"timeout {_SECONDS} find . -xdev -type f -size -{_LARGEST} ! -path '*[! -~]*' -print0 2>/dev/null "
        f"| head -z -n {_MOST_FILES} "
        f"| timeout {_SECONDS} xargs -0 -r grep -lIsE -e {shlex.quote(expression)} "
        f"| head -n {_MOST_FOUND}; exit 0"
    )


def paths(directory: str, printed: str) -> list[str]:
    """The paths that the script printed, from the root, in order."""
    return sorted(directory + line[1:] for line in printed.split("\n") if line.startswith("./"))


def joined(patterns: Sequence[str]) -> str | None:
    """One pattern for all of several absolute ones, as glob(3) has it with GLOB_BRACE; None where there is none.

    libguestfs, daemon/glob.c. What matches is in the order of the patterns.
    """
    is_possible = all(each.startswith("/") and not set(each) & set("{},\\") for each in patterns)
    return "/{" + ",".join(each[1:] for each in patterns) + "}" if is_possible and len(patterns) > 1 else None
