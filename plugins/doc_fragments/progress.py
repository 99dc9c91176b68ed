# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that take minutes: how progress is reported, how many run at once, what is not run again."""

from __future__ import annotations


class ModuleDocFragment:
    """Progress, slots and resumption."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - A file on the machine with the disks that holds the progress of the run, as JSON with the keys V(guest) (the
        guest's own name, once it is known), V(step), V(detail), V(percent), V(state) (V(running) or V(ended)) and
        V(pid). It is always replaced atomically, and remains after the run. Its directory must exist.
      - Each step has a fixed share of the percentage, whatever time it takes. It never decreases. It is V(null) where
        it is not known, as when a guest boots.
    type: path
  resume:
    description:
      - A file on the controller, made with its directory, that keeps the result of a successful run. A later run with
        the same arguments returns this result with RV(resumed=true) and C(changed=false), and does not start anything.
        A run with other arguments removes it, and keeps its own result. O(progress), O(slots), C(timeout), C(trace) and
        C(password) may differ.
      - M(virttools.guestconv.guestconv_fetch) is started anyway, as with C(--check), to check that the source and the
        disks did not change. The other modules do not check the disks. Remove the file if the disks have changed.
      - A kept result is also discarded when the preceding phase has run again, whose result is in the same directory.
        That is C(fetch.json) for M(virttools.guestconv.guestconv_inspect) and M(virttools.guestconv.guestconv_convert), and
        C(convert.json) for M(virttools.guestconv.guestconv_verify).
      - In check mode it is neither read nor written. It cannot be combined with C(async).
    type: path
  slots:
    description:
      - How many such runs this machine may execute at once, whoever starts them. The run waits for a slot, without a
        time limit and in the order of arrival, and releases it when it ends for any reason.
    type: dict
    suboptions:
      count:
        description: The number of slots.
        type: int
        required: true
      directory:
        description:
          - The directory of the slots' files on the machine with the disks, which is created if it is missing. Runs
            with the same directory share its slots.
          - It must be owned by this user or root, and must not be writable by everybody.
        type: path
        default: /run/lock/guestconv
  _watch:
    description: Used by the action plugin to follow the module. Do not set it.
    type: path
attributes:
  action:
    description: This action has an action plugin of the same name, so some parts of it run on the controller.
    support: full
  async:
    description: Supports being used with C(async) and C(poll). Its progress is then not displayed, and O(resume) is
      refused.
    support: full
notes:
  - The module runs asynchronously, by Ansible's own means, and its progress is displayed (C([web01] network 60%)). Set
    the variable C(guestconv_progress) to V(false) to run it like any module, without output until it ends. This is
    required for callbacks whose output is JSON.
  - When C(ansible-playbook) is stopped or dies, or the connection is away for more than two minutes, the module on the
    other machine ends as if it had been interrupted there. The disks are as before, or the next conversion finishes
    this one. This does not apply with C(guestconv_progress=false) or your own C(async).
  - "To retry failures that may be temporary: C(until: result is succeeded or not (result.retryable | default(false)))."
"""
