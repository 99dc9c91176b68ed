# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: choose
short_description: Choose the devices of a guest by policy
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Takes what M(virttools.guestconv.guestconv_inspect) returned as RV(virttools.guestconv.guestconv_inspect#module:guest),
    and selects the drivers that the policies name.
  - Policies are applied in the given order, and within a policy its rules in their order. The last match wins.
positional: policies
options:
  _input:
    description: The description of a guest.
    type: dict
    required: true
  policies:
    description:
      - Policies, as further arguments. Each is a list of rules, a single rule, or empty.
      - "A rule has a dictionary per kind of device (C(network), C(block), C(graphics), C(console)): of a pattern of the
        devices' ids, such as V(ens*), and of what those devices get. C(driver) may be a list. The first one that the
        guest can use is taken. A device that gets V(null) is removed from the guest. A pattern that matches no device
        of a guest is ignored without a warning, so compare it with the ids in the description."
      - "Its key C(when) has facts that must hold for the rule to apply: those of C(guest.roots.*.info) with values,
        patterns, or lists of them, and C(firmware). Nested facts are named with dots, as in C(version.major). Case does
        not matter, nor whether V(12) is quoted. An unknown fact is an error."
    type: list
    elements: raw
seealso:
  - module: virttools.guestconv.guestconv_inspect
  - module: virttools.guestconv.guestconv_convert
"""

EXAMPLES = r"""
- name: Convert with old Red Hats on e1000, and nobody with a second display
  virttools.guestconv.guestconv_convert:
    disks: [/exports/web01.qcow2]
    guest: "{{ inspected.guest | virttools.guestconv.choose(policy) }}"
  vars:
    policy:
      - when: {distribution: [rhel, centos], version.major: 6}
        network: {"*": {driver: [e1000e, e1000]}}
      - graphics: {video1: null}
"""

RETURN = r"""
_value:
  description: The description with the devices that were chosen.
  type: dict
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.model.policy import choose
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter


class FilterModule:
    """The filter choose."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"choose": as_filter("choose", choose)}
