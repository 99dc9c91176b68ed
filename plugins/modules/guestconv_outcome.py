#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_outcome
short_description: Record the outcome of a guest for the report
version_added: 0.1.0
description:
  - Writes the outcome of a guest to a file. M(virttools.guestconv.guestconv_report) writes its report from these files.
  - The action plugin of this module writes the file on the controller, whatever the host is. It starts no process and
    opens no connection, so its cost is low even for many guests.
attributes:
  check_mode:
    description: Can run in C(check_mode). The outcome of a guest in check mode is also recorded.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
  action:
    description: Has an action plugin of the same name, which runs on the controller.
    support: full
  platform:
    description: Target OS or families that the module runs on.
    support: full
    platforms: posix
options:
  directory:
    description:
      - The directory of the report. The file is V(outcomes/<guest>.json) in this directory.
      - Missing directories are created, with access for this user only.
    type: path
    required: true
  outcome:
    description:
      - The outcome, as documented in O(virttools.guestconv.guestconv_report#module:directory). The filter
        P(virttools.guestconv.outcome#filter) creates it from the results of the modules.
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
- name: Record the outcome of a guest
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
  description: The path of the file.
  returned: success
  type: str
  sample: /var/log/guestconv/2026-11-21/outcomes/web01.json
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import report

ARGUMENT_SPEC = {"directory": {"type": "path", "required": True}, "outcome": {"type": "dict", "required": True}}


def main() -> None:
    run_module(ARGUMENT_SPEC, report.keep, needs=())


if __name__ == "__main__":
    main()
