#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_report
short_description: Report what became of the guests of a migration
version_added: 0.1.0
description:
  - Makes a report of the outcomes of a fleet's guests, beside these. A summary as JSON, a JUnit file for continuous
    integration, and a page for people.
  - The page is one file that needs no server and no network. It has a row for each guest, with its outcome, the time of
    each phase, its devices before and after, and its concerns; what unfolds below it are the error and its hint, the
    changes and their diffs, the hardware, and the picture of the console at the end of the verification. It can be
    sorted and filtered, read on a phone and in the dark, and printed.
  - The same outcomes give the same files, byte by byte. So running it again changes nothing.
  - It needs nothing but Python, and runs where the outcomes are, which is usually localhost.
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
      - The directory with the outcomes, which the report is written to, too.
      - The outcomes are files V(outcomes/*.json), one for each guest or more, each with one outcome; write them as a
        whole, as M(ansible.builtin.copy) does. Of several of the same guest, the one that ended last counts.
      - Without V(outcomes), it is the lines of V(outcomes.jsonl).
      - "An outcome is a dict with V(guest) (its name), V(outcome) (V(converted), V(failed), V(interrupted) or
        V(skipped)) and V(started) (a time as V(2026-11-21T13:00:00Z))."
      - "It may have, in addition, the texts V(phase) (the last one begun), V(code), V(message), V(hint), V(ended) (a
        time), V(conversion_host), V(target) and V(screenshot) (the path of a PNG, seen from O(directory)); the dicts
        V(info), V(source), V(devices) (V(before) and V(after), each as V(devices) of a description) and V(hardware);
        the lists of dicts V(phases) (each with V(name), V(seconds) and V(resumed)), V(concerns), V(changes) and V(diff);
        the lists of texts V(disks) and V(warnings); and the boolean V(check_mode)."
    type: path
    required: true
  _page:
    description: Of the action plugin of this module; not to be set.
    type: str
seealso:
  - module: virttools.guestconv.guestconv_convert
  - module: virttools.guestconv.guestconv_verify
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Keep the outcome of a guest
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

- name: Report what became of all guests
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
      description: RV(summary) as JSON.
      type: str
      sample: /var/log/guestconv/2026-11-21/summary.json
    junit:
      description: A suite for each conversion host with a case for each guest.
      type: str
      sample: /var/log/guestconv/2026-11-21/junit.xml
    page:
      description: The page.
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
      description: By the phase in which they failed, or were interrupted, the number of guests.
      type: dict
      sample: {fetch: 0, inspect: 1, convert: 0, verify: 1, define: 0}
    codes:
      description: By the code of what failed, the number of guests.
      type: dict
      sample: {guest-not-up: 1, no-root-found: 1}
    conversion_hosts:
      description: By conversion host, the number of its guests.
      type: dict
      sample: {conv1: 6, conv2: 6}
    targets:
      description: By target, the number of guests that went there.
      type: dict
      sample: {kvm: 12}
    guests_in_check_mode:
      description: The number of guests with which it was only tried.
      type: int
      sample: 0
    started:
      description: When the first guest was begun with, in UTC. Nothing when there are no guests.
      type: str
      sample: "2026-11-21T13:00:00Z"
    ended:
      description: When the last guest ended, in UTC. Nothing when there are no guests.
      type: str
      sample: "2026-11-21T15:42:10Z"
    seconds:
      description: The time between these.
      type: float
      sample: 9730
    seconds_of_guests:
      description: V(total), V(median) and V(longest) of the time that a guest took, in all its phases.
      type: dict
      sample: {total: 34012.4, median: 2803.1, longest: 4100.7}
    seconds_of_phases:
      description: The same for each phase, where it was not finished by an earlier run already.
      type: dict
      sample: {inspect: {total: 412.3, median: 33.1, longest: 51.9}}
    unreadable:
      description: A sentence for each outcome that could not be read. Its guest is not in the report.
      type: list
      elements: str
      sample: ["outcomes/web07.json: started is missing"]
warnings:
  description: The same sentences, for whoever looks at the run.
  returned: when there are some
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils import report
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_module

ARGUMENT_SPEC = {
    "directory": {"type": "path", "required": True},
    # Of the action plugin: see plugin_utils/report_page. It is no secret, but too long for the log of the machine.
    "_page": {"type": "str", "no_log": True},
}


def make(module):
    """The module's result. Raises GuestconvError."""
    # Taken away, so that Ansible does not return it among the arguments.
    page = module.params.pop("_page")
    made = report.write(module.params["directory"], page, dry=module.check_mode)
    for sentence in made.summary["unreadable"]:
        module.warn(f"This outcome is not in the report: {sentence}.")
    return {"changed": made.changed, "paths": made.paths, "summary": made.summary}


def main() -> None:
    run_module(ARGUMENT_SPEC, make, needs=())


if __name__ == "__main__":
    main()
