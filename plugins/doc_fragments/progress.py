# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that take minutes: the progress, how many run at once, and which results are kept."""

from __future__ import annotations


class ModuleDocFragment:
    """Progress, slots and resumption."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - A file on the machine with the disks to which the progress of the run is written. It is JSON with the keys
        V(guest) (the hostname of the guest, once it is known), V(step), V(detail), V(percent), V(state) (V(running) or
        V(ended)) and V(pid). The file is replaced atomically, and is not removed at the end. Its directory must exist.
      - The percentage counts finished steps, each of which has a fixed share. It does not measure time. It never
        decreases. It is V(null) if the progress cannot be determined, for example while a guest boots.
    type: path
  resume:
    description:
      - A file on the controller that keeps the result of a successful run. It is created with its directory. A later
        run with the same arguments returns this result with RV(resumed=true) and C(changed=false), and does not start
        anything. A run with other arguments removes the file, and keeps its own result. O(progress), O(slots), C(copy_slots),
        C(timeout), C(trace) and C(password) may differ.
      - M(virttools.guestconv.guestconv_fetch) is started nevertheless, as with C(--check), to check that the source and
        the disks have not changed. The other modules do not check the disks. Remove the file if the disks are replaced.
      - A kept result becomes invalid when the previous phase runs again. The result of that phase is kept in the same
        directory, in C(fetch.json) for M(virttools.guestconv.guestconv_inspect) and
        M(virttools.guestconv.guestconv_convert), and in C(convert.json) for M(virttools.guestconv.guestconv_verify).
      - In check mode the file is neither read nor written. The option cannot be combined with C(async).
    type: path
  slots:
    description:
      - How many such runs this machine executes at once, for all users together. The run waits for a slot without a limit,
        in the order of arrival, and releases the slot when it ends for any reason.
    type: dict
    suboptions:
      count:
        description: The number of slots.
        type: int
        required: true
      directory:
        description:
          - The directory of the slots' files on the machine with the disks. It is created if it does not exist. Runs
            with the same directory share the slots.
          - It must be owned by this user or by root, and must not be writable by everybody.
        type: path
        default: /run/lock/guestconv
  _watch:
    description: Used internally by the action plugin to follow the module. Do not set it.
    type: path
attributes:
  action:
    description: Has an action plugin of the same name, which runs on the controller.
    support: full
  async:
    description: Supports C(async) and C(poll). In that case the progress is not displayed, and O(resume) is refused.
    support: full
notes:
  - The action plugin runs the module asynchronously, and displays its progress (C([web01] network 60%)). Set the
    variable C(guestconv_progress) to V(false) to run it like any other module, without output until it ends. This is
    necessary for callbacks that print JSON.
  - If C(ansible-playbook) is stopped or dies, or if the connection is lost for more than two minutes, the module on the
    other machine ends as if it had been interrupted there. The disks are unchanged, or the next conversion finishes
    this one. This does not apply with C(guestconv_progress=false), or with an C(async) of your own.
  - "To repeat only runs that may succeed later, use
    C(until: result is succeeded or not (result.retryable | default(false)))."
"""
