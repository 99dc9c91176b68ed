# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/sources.md: where each source has each fact, and where the fact ends."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.model.source_facts import ENDS_IN_NO_CONCERN, FACTS
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import vcenter
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import (
    libvirt_facts,
    ovf_facts,
    vmx_facts,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds.facts import Absent

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sources.md"

READERS = {
    "OVF": ovf_facts.FACTS,
    "VMX": vmx_facts.FACTS,
    "libvirt XML": libvirt_facts.FACTS,
    "vCenter": vcenter.FACTS,
}

_HEAD = """# What sources say of a machine

This page is generated from what the readers declare: do not edit it, but run `script/record-contract`.

`guestconv_fetch` and the inventory plugin read OVF (also in an OVA), VMX and libvirt's domain XML. The filter
`vcenter_hardware` makes the same of what `vmware.vmware.guest_info` or `community.vmware.vmware_guest_info` return. Each
fact becomes a key of `hardware`, the option of the modules. No fact is dropped in silence: it is in the `hardware` that
conversion returns (and the filters of the platforms use it, or conversion keeps what depends on it), or it is a
[concern](errors.md) with the code that the column *end* names. An em dash says why a source does not have the fact.

"""


def text():
    """The page."""
    rows = [["fact", "key of `hardware`", "end", *READERS], ["---"] * (3 + len(READERS))]
    for fact in FACTS:
        keys = ", ".join(f"`{fact.scope + '[].' if fact.scope else ''}{key}`" for key in fact.keys)
        end = fact.end if fact.end in ENDS_IN_NO_CONCERN else f"[`{fact.end}`](errors.md#{fact.end})"
        rows.append([fact.name, keys, end, *(_cell(cells[fact.name]) for cells in READERS.values())])
    return _HEAD + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cell(cell):
    return (f"— {cell}" if isinstance(cell, Absent) else cell).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
