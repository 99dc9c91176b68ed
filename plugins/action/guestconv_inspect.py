# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guestconv_inspect, with its progress displayed."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.plugin_utils.long_module import LongModule


class ActionModule(LongModule):
    """The module guestconv_inspect does the work."""

    _preceding = "fetch.json"
