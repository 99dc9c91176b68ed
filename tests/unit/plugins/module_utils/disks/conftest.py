# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of disk images share."""

from __future__ import annotations

import pytest


@pytest.fixture
def place(tmp_path):
    """An empty directory."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place"
