# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

from ansible_collections.virttools.guestconv.plugins.module_utils.texts.printable import printable


def test_bytes_that_are_not_utf8_are_replaced_wherever_they_stand_and_all_else_stays():
    said = b"web\xff01".decode("utf-8", "surrogateescape")
    shown = printable({said: [said, {"a": (1, None)}, True, 2.5], "ü": "ü"})
    assert shown == {"web\ufffd01": ["web\ufffd01", {"a": [1, None]}, True, 2.5], "ü": "ü"}
    json.dumps(shown, ensure_ascii=False).encode("utf-8")
