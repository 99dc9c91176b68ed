# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The control set of a SYSTEM hive that Windows starts with: what it calls CurrentControlSet while it runs."""

from __future__ import annotations

from ...guest.hives import Hive, Key
from ...guest.root import GuestRoot


def control_set(root: GuestRoot, detail: str = "") -> Key | None:
    r"""The key ControlSetNNN of Select\Current; None without. detail: what it is altered for, if it is.

    Raises GuestconvError `registry-malformed`.
    """
    hive = root.hive("SYSTEM", detail)
    return current(hive) if hive else None


def current(hive: Hive) -> Key | None:
    """See control_set. hive: the SYSTEM hive."""
    select = hive.key("Select")
    number = select.value("Current") if select else None
    return hive.key(f"ControlSet{number.number:03d}") if number and number.number is not None else None
