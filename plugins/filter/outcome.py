# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: outcome
short_description: The outcome of a guest, for the report
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the outcome of a guest from what the modules returned, in the form that
    M(virttools.guestconv.guestconv_report) accepts.
options:
  _input:
    description:
      - "What the modules returned in the phases of the guest's migration: V(fetch), V(inspect), V(convert), V(verify),
        V(define). V(null) stands for a phase that was not started."
    type: dict
    required: true
  guest:
    description: The name of the guest.
    type: str
    required: true
  started:
    description: When the work on the guest began, in ISO 8601.
    type: str
    required: true
  ended:
    description: When the work on it ended, in ISO 8601.
    type: str
    required: true
  failure:
    description: The C(ansible_failed_result), if the work failed.
    type: dict
  conversion_host:
    description: The machine that did the work.
    type: str
  source:
    description: Where the guest was, as O(virttools.guestconv.guestconv_fetch#module:source) takes it.
    type: dict
  check_mode:
    description: Whether the work was done in check mode, which leaves nothing but the report.
    type: bool
  message:
    description: A message about a guest that did not fail, such as why it was skipped.
    type: str
  screenshot:
    description: A picture (PNG) of the guest's console, as a path relative to the directory of the report.
    type: str
seealso:
  - module: virttools.guestconv.guestconv_report
"""

EXAMPLES = r"""
- name: Keep what became of the guest
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
