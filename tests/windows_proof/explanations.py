# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a converted registry differs from that which virt-v2v 2.2.0 makes. docs/windows.md has the same sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """A difference that is meant. pattern: of "HIVE\\key" or "HIVE\\key:value", in lower case, from its beginning."""

    pattern: str
    reason: str

    def fits(self, place):
        """Whether it explains what is different at a place."""
        return re.match(self.pattern, place) is not None


_SERVICES = r"system\\controlset001\\services"

EXPLANATIONS = (
    Explanation(
        r"system\\driverdatabase\\(driverpackages|driverinffiles)\\(guestor|viostor|vioscsi|oem\d+)\.inf",
        "The driver package has the name that Windows gives to packages, and its version from the INF file. virt-v2v "
        "2.2.0 writes guestor.inf_tmp, which later Windows upgrades do not accept.",
    ),
    Explanation(
        r"system\\driverdatabase\\deviceids",
        "The device is also listed by its IDs without the subsystem, one of which the INF file lists, and by its class.",
    ),
    Explanation(
        rf"{_SERVICES}\\viostor(\\parameters.*|:(tag|owners|errorcontrol|displayname)|$)",
        "The service of the driver has the parameters that the INF file sets, its owner, and its place in the group.",
    ),
    Explanation(
        rf"{_SERVICES}\\firstboot",
        "virt-v2v runs rhsrvany.exe at the first boot, which must be on the conversion host.",
    ),
    Explanation(
        rf"{_SERVICES}\\guestconv",
        "The first boot needs no foreign program: the service starts cmd.exe with one script.",
    ),
    Explanation(
        rf"{_SERVICES}\\(vmtools|vgauthservice|vmupgradehelper|vm3dservice|vmvss|vmmemctl|vmhgfs|vmrawdsk|vmdebug|gisvc)",
        "The services of VMware Tools do not start any more. virt-v2v leaves them until the first boot uninstalls them.",
    ),
    Explanation(
        rf"{_SERVICES}\\\w+\\startoverride",
        "A boot driver that the new disk needs must start at boot. StartOverride would keep it from that.",
    ),
)  # fmt: skip


def reason(place):
    """The sentence for a place; None where none fits."""
    return next((each.reason for each in EXPLANATIONS if each.fits(place.lower())), None)
