# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of an OVF's machine that no target gets, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import vmx_others
from .ovf_elements import attribute, named

_SWITCHES = (
    ("nestedHVEnabled", "nested virtualization"),
    ("flags.vvtdEnabled", "IOMMU"),
    ("tools.syncTimeWithHost", vmx_others.TIME),
    ("flags.vbsEnabled", "virtualization-based security"),
)
_UNLIMITED = ("", "0", "-1")
# Processors, memory and disks. XenServer writes a limit of 1 into all other items, too.
_LIMITED = ("3", "4", "17")


def settings_of(
    system: Any, configs: Mapping[str, str], items: Sequence[tuple[str, Mapping[str, str]]]
) -> Iterator[str]:
    """A text for each of them. configs: VMware's settings; items: as of ovf_facts.of_machine()."""
    # Its configuration, of appliances mostly (DSP0243, 9.5 and 11).
    count = sum(1 for _each in named(system, "Property"))
    if count:
        yield f"properties of its OVF environment ({count})"
    for kind, values in items:
        if kind in _LIMITED and any(values.get(key, "").strip() not in _UNLIMITED for key in ("Limit", "Reservation")):
            yield f"limits of {values.get('ElementName') or f'resource type {kind}'}"
    yield from (title for key, title in _SWITCHES if configs.get(key) == "true")
    yield from vmx_others.settings_of({key.lower(): value for key, value in configs.items()})


def settings_of_box(box: Any) -> Iterator[str]:
    """The same of VirtualBox's own description of the machine."""
    for card in named(box, "AudioAdapter"):
        if _is_on(card, "enabled") or _is_on(card, "enabledOut"):
            yield f"sound card {attribute(card, 'controller')}".strip()
    for ports in named(box, "LPT"):
        for port in named(ports, "Port"):
            if _is_on(port, "enabled"):
                yield f"parallel port {attribute(port, 'path')}".strip()
    if any(_is_on(each, "enabled") for each in named(box, "NestedHWVirt")):
        yield "nested virtualization"
    for rule in named(box, "Forwarding"):
        yield f"forwarded port {attribute(rule, 'name')}".strip()
    if any(
        attribute(each, "position") == "1" and attribute(each, "device") == "Network" for each in named(box, "Order")
    ):
        yield "start from the network"


def _is_on(element: Any, name: str) -> bool:
    return attribute(element, name) in ("true", "1")
