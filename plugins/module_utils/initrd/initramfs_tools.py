# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where initramfs-tools(7) has its configuration, which is pieces of shell. Several aspects have settings there."""

from __future__ import annotations

# Shell patterns, in the order in which mkinitramfs and the initrd's init read what they match.
CONFIGURATION = ("/etc/initramfs-tools/initramfs.conf", "/etc/initramfs-tools/conf.d/*")

# The names (a regular expression) of its copies, which mkinitramfs puts into the initrd.
COPIES = r"conf/(?:initramfs\.conf|conf\.d/.+)"
