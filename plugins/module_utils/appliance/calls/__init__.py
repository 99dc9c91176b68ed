# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of libguestfs that are used, typed (guestfs(3)). A further one is a further method in a file here."""

from __future__ import annotations

from .augeas import AugeasCalls
from .devices import DeviceCalls
from .files import FileCalls
from .hivex import HivexCalls
from .mounts import MountCalls
from .programs import ProgramCalls


class Calls(DeviceCalls, MountCalls, FileCalls, ProgramCalls, AugeasCalls, HivexCalls):
    """Each call of libguestfs as a method; call() does it. All raise ApplianceError, and GuestconvError `timeout`.

    Paths and devices are the appliance's.
    """
