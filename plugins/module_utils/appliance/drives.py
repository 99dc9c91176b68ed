# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a disk is named to libguestfs."""

from __future__ import annotations

from typing import Any

from ..texts import disk_urls


def drive(path: str) -> tuple[str, dict[str, Any]]:
    """(filename, further options) of guestfs_add_drive_opts() for a file, a block device, or the URL of an NBD export."""
    if not disk_urls.is_export(path):
        return path, {}
    url = disk_urls.parse(path)
    server = f"unix:{url.socket}" if url.socket else f"tcp:{url.host}:{url.port}"
    return url.path[1:], {"protocol": "nbd", "server": [server]}
