# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a program is started that must not outlive this process."""

from __future__ import annotations

# What precedes its command line: the kernel ends the program when the thread that started it ends, also when it is killed
# (prctl(2), PR_SET_PDEATHSIG). setpriv(1) is of util-linux, and becomes the program.
MORTAL = ("setpriv", "--pdeathsig", "KILL")
