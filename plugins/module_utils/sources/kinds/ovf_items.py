# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The items of an OVF's hardware, and the units that they count in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .metadata import local_name
from .ovf_elements import attribute, named

# Programmatic units of DSP0004 ("byte * 2^30"), and the words that OVF 1.0 had instead.
_UNIT = re.compile(r"byte\s*\*\s*(\d{1,4})\s*(?:\^\s*(\d{1,2}))?")
_UNITS = {"byte": 1, "bytes": 1}
for _exponent, _prefix in enumerate(("kilo", "mega", "giga", "tera"), 1):
    for _word in (_prefix + "bytes", _prefix[0] + "b", _prefix[0] + "ib"):
        _UNITS[_word] = 1 << 10 * _exponent


# What drafts of the standard called elements, and VirtualBox until its version 3 (CIM_ResourceAllocationSettingData).
_NAMES = {"InstanceId": "InstanceID", "Caption": "ElementName"}


@dataclass(frozen=True)
class Item:
    """One Item, StorageItem or EthernetPortItem: its type, all of its values by their names, and VMware's settings in it."""

    type: str
    values: dict[str, str]
    configs: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def subtypes(self) -> list[str]:
        """In the order of preference: a list may be given (DSP0243, 8.1)."""
        return self["ResourceSubType"].lower().split()


def items_of(envelope: Any, hardware: Any) -> list[Item]:
    """The items of the configuration that is deployed when none is asked for."""
    configurations = list(named(envelope, "Configuration"))
    default = next(
        (one for one in configurations if attribute(one, "default") in ("true", "1")),
        configurations[0] if configurations else None,
    )
    items = []
    for element in named(hardware, "Item", "StorageItem", "EthernetPortItem"):
        # With ovf:bound it says which values would be allowed, too.
        if attribute(element, "bound"):
            continue
        wanted = attribute(element, "configuration").split()
        if wanted and (default is None or attribute(default, "id") not in wanted):
            continue
        values = {_NAMES.get(name, name): text for name, text in _texts(element)}
        configs = {attribute(child, "key"): attribute(child, "value") for child in named(element, "Config")}
        items.append(Item(values.get("ResourceType", ""), values, configs))
    return items


def _texts(element: Any) -> list[tuple[str, str]]:
    """(name, text) of the elements in an item; what is named as the standard has it comes last."""
    found = [(local_name(child), (child.text or "").strip()) for child in element if isinstance(child.tag, str)]
    return sorted(found, key=lambda pair: pair[0] not in _NAMES)


def unit_of(text: str) -> int | None:
    """Bytes of a unit, None when it is not understood."""
    match = _UNIT.fullmatch(text.strip().lower())
    if match:
        unit = int(match.group(1)) ** int(match.group(2) or 1)
        return unit if unit <= 1 << 60 else None
    return _UNITS.get(text.strip().lower())
