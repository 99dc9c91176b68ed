# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where guests come from.

kinds/ has a file per kind of source, which reads the source's description of a guest; kinds/kind.py is their interface.
places/ has a file per place where the bytes of disks can be; places/place.py is their interface. Each room has one
registry, registry.py.
"""

from __future__ import annotations
