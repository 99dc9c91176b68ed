#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_report
short_description: Report the outcomes of the guests of a migration
version_added: 0.1.0
description:
  - Writes a report from the outcomes of the guests, in the same directory. It consists of a summary as JSON, a JUnit
    file for continuous integration, and a page for people.
  - The page is one file that needs no server and no network. It has a row for each guest, with its outcome, the time of
    each phase, its devices before and after, and its concerns. Each row can be expanded to show the error and its hint,
    the changes and their diffs, the hardware, and the picture of the console at the end of the verification. The page
    can be sorted, filtered and printed. It can be read on a phone, and has a dark mode.
  - The same outcomes result in the same files, byte by byte. Running the module again therefore changes nothing.
  - The module needs only Python. It runs on the machine that has the outcomes, which is usually localhost.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without writing the files.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
  platform:
    description: Target OS or families that the module runs on.
    support: full
    platforms: posix
options:
  directory:
    description:
      - The directory that contains the outcomes. The report is also written to it.
      - The outcomes are the files V(outcomes/*.json), each of which contains one outcome. Write them atomically, as
        M(ansible.builtin.copy) does. If a guest has several outcomes, the one that ended last is used.
      - Without the directory V(outcomes), the outcomes are the lines of V(outcomes.jsonl).
      - "An outcome is a dict with V(guest) (its name), V(outcome) (V(converted), V(failed), V(interrupted) or
        V(skipped)) and V(started) (a time as V(2026-11-21T13:00:00Z))."
      - "It may also contain the texts V(phase) (the last one that was started), V(code), V(message), V(hint), V(ended)
        (a time), V(conversion_host), V(target) and V(screenshot) (the path of a PNG, relative to O(directory)); the
        dicts V(info), V(source), V(devices) (V(before) and V(after), each as V(devices) of a description) and
        V(hardware); the lists of dicts V(phases) (each with V(name), V(seconds), V(resumed) and, where disks were
        copied, their V(bytes)), V(concerns), V(changes) and V(diff); the lists of texts V(disks) and V(warnings); and
        the boolean V(check_mode)."
    type: path
    required: true
  _page:
    description: Used internally by the action plugin of this module. Do not set it.
    type: str
seealso:
  - module: virttools.guestconv.guestconv_convert
  - module: virttools.guestconv.guestconv_verify
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Record the outcome of a guest
  ansible.builtin.copy:
    content: "{{ outcome | to_json }}"
    dest: "/var/log/guestconv/2026-11-21/outcomes/{{ inventory_hostname }}.json"
    mode: "0640"
  delegate_to: localhost
  vars:
    outcome:
      guest: "{{ inventory_hostname }}"
      outcome: converted
      started: "2026-11-21T13:00:00Z"
      ended: "2026-11-21T13:06:40Z"

- name: Report the outcomes of all guests
  virttools.guestconv.guestconv_report:
    directory: /var/log/guestconv/2026-11-21
  delegate_to: localhost
  run_once: true
  register: report
"""

RETURN = r"""
paths:
  description: The files of the report.
  returned: success
  type: dict
  contains:
    outcomes:
      description: The last outcome of each guest as a line of JSON, in the order in which the guests ended.
      type: str
      sample: /var/log/guestconv/2026-11-21/outcomes.jsonl
    summary:
      description: The content of RV(summary) as JSON.
      type: str
      sample: /var/log/guestconv/2026-11-21/summary.json
    junit:
      description: A JUnit file, with a suite for each conversion host and a case for each guest.
      type: str
      sample: /var/log/guestconv/2026-11-21/junit.xml
    page:
      description: The page for people.
      type: str
      sample: /var/log/guestconv/2026-11-21/index.html
summary:
  description: The numbers of the fleet. Durations are in seconds.
  returned: success
  type: dict
  contains:
    guests:
      description: The number of guests.
      type: int
      sample: 12
    outcomes:
      description: The number of guests that were V(converted), V(failed), V(interrupted) and V(skipped).
      type: dict
      sample: {failed: 2, interrupted: 0, skipped: 0, converted: 10}
    phases_of_failure:
      description: The number of guests that failed or were interrupted, by phase.
      type: dict
      sample: {fetch: 0, inspect: 1, convert: 0, verify: 1, define: 0}
    codes:
      description: The number of guests that failed, by the code of the error.
      type: dict
      sample: {guest-not-up: 1, no-root-found: 1}
    conversion_hosts:
      description: The number of guests, by conversion host.
      type: dict
      sample: {conv1: 6, conv2: 6}
    targets:
      description: The number of guests, by target.
      type: dict
      sample: {kvm: 12}
    guests_in_check_mode:
      description: The number of guests that were processed in check mode only.
      type: int
      sample: 0
    started:
      description: When the first guest was started, in UTC. Null if there are no guests.
      type: str
      sample: "2026-11-21T13:00:00Z"
    ended:
      description: When the last guest ended, in UTC. Null if there are no guests.
      type: str
      sample: "2026-11-21T15:42:10Z"
    seconds:
      description: The seconds between RV(summary.started) and RV(summary.ended).
      type: float
      sample: 9730
    seconds_of_guests:
      description: The V(total), V(median) and V(longest) time of a guest in all its phases.
      type: dict
      sample: {total: 34012.4, median: 2803.1, longest: 4100.7}
    seconds_of_phases:
      description: The same times for each phase. Phases that an earlier run had finished are not counted.
      type: dict
      sample: {inspect: {total: 412.3, median: 33.1, longest: 51.9}}
    unreadable:
      description: A sentence for each outcome that cannot be read. The guest of such an outcome is not in the report.
      type: list
      elements: str
      sample: ["outcomes/web07.json: started is missing"]
warnings:
  description: The sentences of RV(summary.unreadable), as warnings of the run.
  returned: when there are warnings
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import report

ARGUMENT_SPEC = {
    "directory": {"type": "path", "required": True},
    # Of the action plugin: see plugin_utils/report_page. It is no secret, but too long for the log of the machine.
    "_page": {"type": "str", "no_log": True},
}


def main() -> None:
    run_module(ARGUMENT_SPEC, report.make, needs=())


if __name__ == "__main__":
    main()
