# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: choose
short_description: Select the devices of a guest by policy
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Sets the drivers of the devices in a description as the policies require. The description is the result
    RV(virttools.guestconv.guestconv_inspect#module:guest) of M(virttools.guestconv.guestconv_inspect).
  - The policies are applied in their order, and so are the rules of each policy. The last one wins.
positional: policies
options:
  _input:
    description: The description of a guest.
    type: dict
    required: true
  policies:
    description:
      - The policies, as further arguments. Each is a list of rules, or one rule, or empty.
      - "A rule has a dictionary for each kind of device (C(network), C(block), C(graphics), C(console)). Its keys are
        patterns of device ids, such as V(ens*), and its values are the settings of these devices. C(driver) may be a
        list, of which the first driver that the guest can use is selected. A device with the value V(null) is
        unconfigured in the guest. A pattern that does not match a device of a guest has no effect on that guest, and is
        not reported. The ids of the devices are in the description."
      - "The key C(tools) of a rule has patterns of the names of tools, and what conversion does about them (V(remove),
        V(disable), V(keep)); and C(remove_dependencies). See the option O(virttools.guestconv.guestconv_convert#module:tools)."
      - "The key C(when) of a rule lists the conditions under which the rule applies. They are facts of
        C(guest.roots.*.info), and C(firmware), with values, patterns, or lists of them. Nested facts are written with
        dots, as in C(version.major). Case is ignored, and so are quotes around a number such as V(12). A fact that does
        not exist is an error."
    type: list
    elements: raw
seealso:
  - module: virttools.guestconv.guestconv_inspect
  - module: virttools.guestconv.guestconv_convert
"""

EXAMPLES = r"""
- name: Convert with an e1000 for old versions of RHEL, and without a second display
  virttools.guestconv.guestconv_convert:
    disks: [/exports/web01.qcow2]
    guest: "{{ inspected.guest | virttools.guestconv.choose(policy) }}"
  vars:
    policy:
      - when: {distribution: [rhel, centos], version.major: 6}
        network: {"*": {driver: [e1000e, e1000]}}
      - graphics: {video1: null}
      - tools: {vmware: disable}
"""

RETURN = r"""
_value:
  description: The description with the selected devices.
  type: dict
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.model.policy import choose
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter


class FilterModule:
    """The filter choose."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"choose": as_filter("choose", choose)}
