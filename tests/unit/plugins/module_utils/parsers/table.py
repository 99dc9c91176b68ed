# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All parsers of texts and bytes that a guest, or the metadata of a source, supplies. A further one is a further row.

What holds for each of them is in test_parsers.py.
"""

from __future__ import annotations

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers import (
    boot,
    drivers,
    network,
    sources,
    state,
    storage,
    system,
)

PARSERS = (
    *boot.PARSERS,
    *drivers.PARSERS,
    *network.PARSERS,
    *system.PARSERS,
    *sources.PARSERS,
    *state.PARSERS,
    *storage.PARSERS,
)
