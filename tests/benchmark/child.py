# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured process: what a module does, without Ansible around it.

    python -m tests.benchmark.child REQUEST RESULT

REQUEST is a file of JSON: {"operation": "launch" | "inspect" | "convert", "options": {...}, "check": false}, where
options are those of the module; launch opens the appliance over the disks as inspect does, and closes it. RESULT is
written: {"result": what the module returns, "overlay": bytes written to the overlays, "python": peak MiB of this
process}.
"""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace

from ansible_collections.virttools.guestconv.plugins.module_utils import commit, images, module_support, operations
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance import Appliance
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.progress import Progress
from ansible_collections.virttools.guestconv.plugins.modules import guestconv_convert, guestconv_inspect


class _WeighedWorkspace(commit.Workspace):
    """A workspace that tells how large its overlays became, as they are gone when the conversion is."""

    written = 0

    def __enter__(self):
        super().__enter__()
        self._empty = self._allocated()
        return self

    def commit(self):
        self._weigh()
        super().commit()

    def __exit__(self, *exception):
        self._weigh()
        super().__exit__(*exception)

    def _weigh(self):
        _WeighedWorkspace.written = max(_WeighedWorkspace.written, self._allocated() - self._empty)

    def _allocated(self):
        # stat(2): st_blocks counts units of 512 bytes. A commit has removed the overlays when it returns.
        return sum(os.stat(disk.path).st_blocks * 512 for disk in self.overlays if os.path.exists(disk.path))


def _launch(module, _progress):
    options = module.params
    settings = {name: options[name] for name in module_support.APPLIANCE}
    with Appliance(images.disks_from_option(options["disks"]), read_only=True, **settings) as appliance:
        return {"timeline": {"launches": appliance.launches, "commands": appliance.commands, "calls": appliance.calls}}


_OPERATIONS = {
    "launch": (_launch, guestconv_inspect.ARGUMENT_SPEC),
    "inspect": (operations.inspect, guestconv_inspect.ARGUMENT_SPEC),
    "convert": (operations.convert, guestconv_convert.ARGUMENT_SPEC),
}


def perform(operation, options, check):
    """Do what the module does with options, and return what it returns. Raises GuestconvError."""
    body, specification = _OPERATIONS[operation]
    defaults = {name: option.get("default") for name, option in specification.items()}
    module = SimpleNamespace(params={**defaults, **options}, check_mode=check, warn=lambda warning: None)
    return body(module, Progress())


def peak_memory():
    """MiB that this process had in memory at its peak.

    Not ru_maxrss, which an execve(2) carries over from the process that forked (exec_mmap in the kernel's fs/exec.c).
    """
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def main():
    request_path, result_path = sys.argv[1:]
    with open(request_path, encoding="utf-8") as request_file:
        request = json.load(request_file)
    commit.Workspace = _WeighedWorkspace
    try:
        result = perform(request["operation"], request["options"], request["check"])
    except GuestconvError as error:
        sys.exit(f"{error.code}: {error.message}")
    with open(result_path, "w", encoding="utf-8") as result_file:
        json.dump({"result": result, "overlay": _WeighedWorkspace.written, "python": peak_memory()}, result_file)


if __name__ == "__main__":
    main()
