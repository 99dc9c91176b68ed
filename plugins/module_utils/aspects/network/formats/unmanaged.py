# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network cards NetworkManager leaves alone: `unmanaged-devices=` and `managed=` (NetworkManager.conf(5)).

Only what an administrator wrote in /etc counts. The distribution's own file that excludes all but wireless cards (Ubuntu's
10-globally-managed-devices.conf) is out of force where netplan renders for NetworkManager.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....guest.root import GuestRoot
from ....texts import globs, sections
from .. import bounds, values

FILES = ("/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf")
_DEVICE = re.compile(r"device(?:[-\d].*)?")
# No guest lists so many devices, but a hostile one.
MOST_SPECS = 500


def unmanaged(root: GuestRoot) -> list[list[str]]:
    """The lists of devices of which a wired card must fit one to be left alone: see fits."""
    texts = [root.read(path) or "" for path in bounds.to_read(root, root.glob(*FILES))]
    return lists_of(texts)


def lists_of(texts: Sequence[str]) -> list[list[str]]:
    """The lists of devices in the files with these texts, in the order in which they are read: the last value counts."""
    listed = ""
    matched: dict[str, str] = {}
    left_alone: dict[str, bool] = {}
    for entry in (entry for text in texts for entry in sections.parse(text)):
        if entry.section == "keyfile" and entry.key == "unmanaged-devices":
            listed = entry.value
        elif entry.section == "keyfile" and entry.key == "unmanaged-devices+":
            listed += f";{entry.value}"
        elif _DEVICE.fullmatch(entry.section) and entry.key == "match-device":
            matched[entry.section] = entry.value
        elif _DEVICE.fullmatch(entry.section) and entry.key == "managed":
            left_alone[entry.section] = values.says_no(entry.value)
    # A section without match-device is for all.
    found = [listed, *(matched.get(section, "*") for section, is_alone in left_alone.items() if is_alone)]
    lists: list[list[str]] = []
    left = MOST_SPECS
    for value in filter(None, found):
        if left > 0:
            lists.append(re.split(r"[;,]\s*", value.strip())[:left])
            left -= len(lists[-1])
    return lists


def fits(specs: Sequence[str], name: str | None, mac: str | None) -> bool:
    """Whether a list of devices has the wired card with this name and MAC address (NetworkManager.conf(5), Device List).

    Both may stand there as they are, but not after `except:`.
    """
    excepted = [spec[len("except:") :] for spec in specs if spec.startswith("except:")]
    listed = [spec for spec in specs if spec and not spec.startswith("except:")]
    if any(_fits(spec, name, mac) for spec in excepted):
        return False
    known_by = {name, mac} - {None}
    if any(spec in known_by or values.normal_mac(spec) in known_by for spec in listed):
        return True
    return any(_fits(spec, name, mac) for spec in listed) if listed else bool(excepted)


def _fits(spec: str, name: str | None, mac: str | None) -> bool:
    key, _colon, value = spec.partition(":")
    if key == "interface-name":
        if value.startswith("="):
            return name == value[1:]
        return name is not None and globs.fits(name, value.lstrip("~"))
    if key == "mac":
        return mac is not None and values.normal_mac(value) == mac
    return spec in ("*", "type:ethernet")
