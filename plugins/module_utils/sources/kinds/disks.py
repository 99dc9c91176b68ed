# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that a person names one by one: files of this machine, and URLs."""

from __future__ import annotations

from .kind import ACCESS_KEYS, Keys, NamedDisks

KIND = NamedDisks("disks", Keys(needed=("disks",), optional=ACCESS_KEYS))
