# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a line of GRUB's files, which have the shell's quotes and comments."""

from __future__ import annotations

import shlex

# Characters. Kernels take command lines of 4096 at most, and shlex takes an hour for one word of some megabytes.
_LONGEST = 16 * 1024


def split(line):
    """The words of line, without their quotes."""
    try:
        return shlex.split(line[:_LONGEST], comments=True)
    except ValueError:
        # A quote that ends on another line, which no line of interest has.
        return line[:_LONGEST].split()
