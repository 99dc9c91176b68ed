# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules under test run as on a machine that Ansible manages, though other tests have loaded parts of its controller."""

from __future__ import annotations

import pytest
from ansible.module_utils import _internal


@pytest.fixture(autouse=True)
def not_on_the_controller(monkeypatch):
    """There, since core 2.19, a module's warnings go to the display, and not into its result."""
    monkeypatch.setattr(_internal, "is_controller", False)
