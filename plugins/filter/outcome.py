# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: outcome
short_description: Create the outcome of a guest for the report
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the outcome of a guest from the results of the modules, in the form that
    M(virttools.guestconv.guestconv_report) reads.
options:
  _input:
    description:
      - "The results of the modules, by phase of the migration: V(fetch), V(inspect), V(convert), V(verify), V(define).
        V(null) means that the phase was not started."
    type: dict
    required: true
  guest:
    description: The name of the guest.
    type: str
    required: true
  started:
    description: When the work on the guest started, in ISO 8601.
    type: str
    required: true
  ended:
    description: When the work on the guest ended, in ISO 8601.
    type: str
    required: true
  failure:
    description: The failure, C(ansible_failed_result), if there was one.
    type: dict
  conversion_host:
    description: The machine that did the work.
    type: str
  source:
    description: Where the guest was, in the form of O(virttools.guestconv.guestconv_fetch#module:source).
    type: dict
  check_mode:
    description: Whether the run was in check mode, in which only the report remains.
    type: bool
  message:
    description: A message about a guest that did not fail, for example why it was skipped.
    type: str
  screenshot:
    description: The path of a picture (PNG) of the guest's console, relative to the directory of the report.
    type: str
seealso:
  - module: virttools.guestconv.guestconv_report
"""

EXAMPLES = r"""
- name: Record the outcome of the guest
  ansible.builtin.copy:
    content: "{{ phases | virttools.guestconv.outcome(**about) | to_json }}"
    dest: "/var/log/guestconv/outcomes/{{ inventory_hostname }}.json"
    mode: "0640"
  delegate_to: localhost
  vars:
    about:
      guest: "{{ inventory_hostname }}"
      started: "2026-11-21T13:00:00Z"
      ended: "{{ now(utc=true).isoformat() }}"
      conversion_host: conv1
      screenshot: "screenshots/{{ inventory_hostname }}.png"
    phases:
      convert: "{{ converted }}"
      verify: "{{ verified }}"
"""

RETURN = r"""
_value:
  description: The outcome.
  type: dict
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.report.assembly import outcome
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter


class FilterModule:
    """The filter outcome."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"outcome": as_filter("outcome", outcome)}
