# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that take minutes: how progress is told, how many run at once, what need not run again."""

from __future__ import annotations


class ModuleDocFragment:
    """Progress, slots and resumption."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - A file on the machine with the disks that says how far the run is, as JSON with the keys V(guest) (the guest's
        own name, once it is known), V(step), V(detail), V(percent), V(state) (V(running) or V(ended)) and V(pid). It is
        replaced as a whole, and left there in the end. Its directory must exist.
      - The percentage is of the steps, each of which has a fixed share, and not of the time. It never falls. It is
        V(null) where nobody can tell, as when a guest boots.
    type: path
  resume:
    description:
      - A file on the controller, made with its directory, that keeps the result of a run that ended well. A later run
        with the same arguments returns this result with RV(resumed=true) and C(changed=false), and does not start
        anything; one with others removes it, and keeps its own. O(progress), O(slots), C(timeout), C(trace) and
        C(password) may differ.
      - M(virttools.guestconv.guestconv_fetch) is started all the same, as with C(--check), to see that the source and
        the disks are as they were. The other modules do not look at the disks. Remove the file if they are others.
      - After a run of the phase before, whose result is kept beside it, a kept result is of no more use. That is
        C(fetch.json) for M(virttools.guestconv.guestconv_inspect) and M(virttools.guestconv.guestconv_convert), and
        C(convert.json) for M(virttools.guestconv.guestconv_verify).
      - In check mode it is neither read nor written. It does not go with C(async).
    type: path
  slots:
    description:
      - How many such runs this machine bears at once, whoever starts them. The run waits for a slot as long as it
        takes, in the order of arrival, and gives it back when it ends, however it ends.
    type: dict
    suboptions:
      count:
        description: The number of slots.
        type: int
        required: true
      directory:
        description:
          - The directory of the slots' files on the machine with the disks, which is made if it is not there. Those who
            name the same directory share the slots.
          - It must be this user's or root's, and not everybody may be able to write to it.
        type: path
        default: /run/lock/guestconv
  _watch:
    description: Of the action plugin, which follows the module by it. It is not to be given.
    type: path
attributes:
  action:
    description: Has an action plugin of the same name, so some of it happens on the controller.
    support: full
  async:
    description: Can be given C(async) and C(poll). Then its progress is not displayed, and O(resume) is refused.
    support: full
notes:
  - The module runs asynchronously, by Ansible's own means, and its progress is displayed (C([web01] network 60%)). Set
    the variable C(guestconv_progress) to V(false) to have it run as any module, and say nothing until it ends; for
    callbacks whose output is JSON this is a must.
  - When C(ansible-playbook) is stopped or dies, or the connection is away for more than two minutes, the module on
    the other machine ends as if it had been interrupted there. The disks are as before, or the next conversion
    finishes this one. With C(guestconv_progress=false), or C(async) of your own, this is not so.
  - "To try again what is worth it: C(until: result is succeeded or not (result.retryable | default(false)))."
"""
