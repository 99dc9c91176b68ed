# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""virtio-win: the drivers of virtio devices for Windows, in a directory or an ISO image on the conversion host."""

from __future__ import annotations
