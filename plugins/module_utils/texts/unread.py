# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that stop the reading of one format of network configuration, and not of the guest."""

from __future__ import annotations

from ..errors import GuestconvError


class Unread(GuestconvError):
    """A file is malformed. severity: that of the concern about it. A malformed file is no good to the guest either."""

    severity = "warning"


class NoYamlReader(Unread):
    """This machine cannot read YAML, so the guest's whole network may be unknown."""

    severity = "error"
