#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_outcome
short_description: Keep what became of a guest, for the report
version_added: 0.1.0
description:
  - Writes the outcome of a guest to a file, which M(virttools.guestconv.guestconv_report) makes its report of.
  - It has an action plugin, which writes the file on the controller, whatever the host is. Nothing is started and nobody
    is connected to, so it costs little for each of many guests.
attributes:
  check_mode:
    description: Can run in C(check_mode). What became of a guest in check mode is kept, too.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
  action:
    description: This action has an action plugin, so some parts of it run on the controller.
    support: full
  platform:
    description: Target OS or families that the module runs on.
    support: full
    platforms: posix
options:
  directory:
    description:
      - The directory of the report. The file is V(outcomes/<guest>.json) in it.
      - What is missing of it is made, for this user only.
    type: path
    required: true
  outcome:
    description:
      - The outcome, as O(virttools.guestconv.guestconv_report#module:directory) has it. The filter
        P(virttools.guestconv.outcome#filter) makes one of what the modules returned.
    type: dict
    required: true
seealso:
  - module: virttools.guestconv.guestconv_report
  - plugin: virttools.guestconv.outcome
    plugin_type: filter
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Keep the outcome of a guest
  virttools.guestconv.guestconv_outcome:
    directory: /var/log/guestconv/2026-11-21
    outcome:
      guest: "{{ inventory_hostname }}"
      outcome: converted
      started: "2026-11-21T13:00:00Z"
      ended: "2026-11-21T13:06:40Z"
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /var/log/guestconv/2026-11-21/outcomes/web01.json
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_module
from ansible_collections.virttools.guestconv.plugins.module_utils.report import outcomes

ARGUMENT_SPEC = {"directory": {"type": "path", "required": True}, "outcome": {"type": "dict", "required": True}}


def keep(module):
    """The module's result. Raises GuestconvError."""
    return {"changed": False, "dest": outcomes.keep(module.params["directory"], module.params["outcome"])}


def main() -> None:
    run_module(ARGUMENT_SPEC, keep, needs=())


if __name__ == "__main__":
    main()
