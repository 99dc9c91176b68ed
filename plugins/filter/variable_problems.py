# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: Check the variables of a fleet
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Checks the variables of guests and of conversion hosts whose names begin with C(guestconv_), before the first disk is
    copied. Names that the collection does not have are misspelt ones.
  - The playbooks C(virttools.guestconv.inspect), C(virttools.guestconv.migrate) and C(virttools.guestconv.plan) fail with the
    result.
positional: variables, groups
extends_documentation_fragment:
  - virttools.guestconv.fleet
options:
  groups:
    description: The groups of the inventory, such as C(groups).
    type: dict
    required: true
seealso:
  - plugin: virttools.guestconv.map_problems
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Fail if a variable is wrong
  ansible.builtin.fail:
    msg: "{{ problems | join(' ') }}"
  when: problems | length > 0
  run_once: true
  vars:
    problems: "{{ ansible_play_hosts | virttools.guestconv.variable_problems(hostvars, groups) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each problem, with the first host that has it. It is empty if nothing is wrong.
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter
from ansible_collections.virttools.guestconv.plugins.plugin_utils.fleet_variables import problems


class FilterModule:
    """The filter variable_problems."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"variable_problems": as_filter("variable_problems", problems)}
