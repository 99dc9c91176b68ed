# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search through many files of a guest, as one call: a script that the appliance's own shell runs, or a pattern."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Of files: those that are larger are data, and no system's configuration has as many. Seconds: a guest may have files
# that take for ever to read.
_LARGEST = "64k"
MOST_FILES = 20_000
_MOST_FOUND = 200
_SECONDS = 30

# What version control keeps of the files next to it: etckeeper has thousands of these in /etc.
_OLD_VERSIONS = (".git", ".hg", ".bzr", "_darcs", ".svn", "CVS")
# What LVM keeps of how it was (vgcfgbackup(8), lvmdevices(8)): each change of a volume group is another file that names disks.
_OLD_STATES = ("/etc/lvm/archive", "/etc/lvm/backup", "/etc/lvm/devices/backup")
# The file that is searched last, of the appliance's kernel, and a line that it has: where it is found, all was searched.
_LAST, _OF_LAST = "/proc/sys/kernel/ostype", "^Linux$"


class Found(NamedTuple):
    """What a search found: the paths of files, sorted, and whether it has looked at all files."""

    paths: list[str]
    is_whole: bool


def script(directories: Sequence[str], expression: str) -> str:
    """The script that prints the paths, each on a line, of text files below directories with a line that fits expression.

    expression: as `grep -E` has it in the C locale. Symbolic links (also on the way to a directory), other filesystems, and
    paths that are not ASCII are passed over. The guest is mounted at $root (libguestfs, daemon/debug.c).
    """
    old = [*(f"-name {name}" for name in _OLD_VERSIONS), *(f"-path .{path}" for path in _OLD_STATES)]
    return (
        'export LC_ALL=C; cd "$root" || exit 0; set --; '
        + "".join(map(_with_directory, directories))
        + f'{{ [ $# -eq 0 ] || timeout {_SECONDS} find "$@" -xdev -type d \\( {" -o ".join(old)} \\) -prune '
        f"-o -type f -size -{_LARGEST} ! -path '*[! -~]*' -print0 2>/dev/null; "
        # timeout(1) says so where it had to end a program.
        f"[ $? -eq 124 ] || printf '{_LAST}\\0'; }} "
        f"| head -z -n {MOST_FILES + 1} "
        f"| timeout {_SECONDS} xargs -0 -r grep -lIsE -e {shlex.quote(expression)} -e '{_OF_LAST}' "
        f"| head -n {_MOST_FOUND + 1}; exit 0"
    )


def found(printed: str) -> Found:
    """What the script printed."""
    lines = printed.split("\n")
    return Found(sorted(line[1:] for line in lines if line.startswith("./")), _LAST in lines)


def _with_directory(directory: str) -> str:
    """The part of the script that appends a directory to those that find looks through."""
    links = " || ".join(f"[ -L {shlex.quote(place)} ]" for place in _down_to(directory))
    return f'{links} || set -- "$@" {shlex.quote("." + directory)}; '


def _down_to(directory: str) -> Iterator[str]:
    """The directories on the way to an absolute one, and itself, as paths from the root."""
    while directory != "/":
        yield f".{directory}"
        directory = posixpath.dirname(directory)


def joined(patterns: Sequence[str]) -> str | None:
    """One pattern for all of several absolute ones, as glob(3) has it with GLOB_BRACE; None where there is none.

    libguestfs, daemon/glob.c. What matches is in the order of the patterns.
    """
    is_possible = all(each.startswith("/") and not set(each) & set("{},\\") for each in patterns)
    return "/{" + ",".join(each[1:] for each in patterns) + "}" if is_possible and len(patterns) > 1 else None
