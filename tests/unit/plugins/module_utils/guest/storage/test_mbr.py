# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import mbr


def test_the_sector_has_code_signature_and_one_partition():
    table = mbr.Table(0x01020304, 2048, 1000)
    sector = table.sector(b"\xeb\x63" * 300)
    assert len(sector) == 512 and sector[:440] == (b"\xeb\x63" * 300)[:440]
    assert struct.unpack_from("<I", sector, 440) == (0x01020304,)
    status, kind, start, length = struct.unpack_from("<B3xB3xII", sector, 446)
    assert (status, kind, start, length) == (0, 0x83, 2048, 1000)
    assert sector[462:510] == bytes(48) and sector[510:] == b"\x55\xaa"
    assert table.partition_uuid == "01020304-01"


def test_a_table_without_code_starts_nothing():
    assert not mbr.has_boot_code(mbr.Table(1, 2048, 1000).sector())
    assert mbr.has_boot_code(mbr.Table(1, 2048, 1000).sector(b"\xeb"))
    assert not mbr.has_boot_code(b"")
