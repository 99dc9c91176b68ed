# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kudzu of Enterprise Linux up to 5, which finds new hardware when the guest boots.

Where a network card is another than in /etc/sysconfig/hwconf, kudzu moves its ifcfg file to one that ends with .bak, and
writes one for DHCP (Red Hat's solution 514203). Nothing else needs it: udev loads the drivers. virt-v2v turns it off, too.
"""

from __future__ import annotations

from ...guest.root import GuestRoot
from .. import inits
from ..tools import services


def turn_off(root: GuestRoot) -> None:
    """Have kudzu not start, where there is one."""
    if root.info["package_format"] == "rpm" and root.info["init"] != inits.SYSTEMD:
        services.turn_off(root, ["kudzu"], "it would replace the configuration of a network card that is another")
