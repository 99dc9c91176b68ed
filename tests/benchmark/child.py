# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured process: what a module does, without Ansible around it.

    python -m tests.benchmark.child REQUEST RESULT

REQUEST is a file of JSON: {"operation": "launch" | "inspect" | "convert" | "fetch" | "dest", "options": {...}, "check": false}, where
options are those of the module; launch opens the appliance over the disks as inspect does, and closes it; dest writes unconverted copies of the disks, as
convert does at its end. RESULT is
written: {"result": what the module returns, "overlay": bytes written to the overlays, "python": peak MiB of this
process}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from types import SimpleNamespace

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.copies import ToCopies
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.workspace import Workspace
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run.progress import Progress

_PLUGINS = "ansible_collections.virttools.guestconv.plugins"


class _Weighed:
    """How large the overlays of all workspaces became, in bytes: they are gone when the conversion is."""

    def __init__(self) -> None:
        self.written = 0
        self._empty = 0
        self._wrap("__enter__", after=self._begin)
        self._wrap("commit", before=self._weigh)
        self._wrap("__exit__", before=self._weigh)

    @staticmethod
    def _wrap(name, before=lambda workspace: None, after=lambda workspace: None):
        method = getattr(Workspace, name)

        def wrapped(self, *arguments):
            before(self)
            result = method(self, *arguments)
            after(self)
            return result

        setattr(Workspace, name, wrapped)

    def _begin(self, workspace):
        self._empty = self._allocated(workspace)

    def _weigh(self, workspace):
        self.written = max(self.written, self._allocated(workspace) - self._empty)

    @staticmethod
    def _allocated(workspace):
        # stat(2): st_blocks counts units of 512 bytes. A commit has removed the overlays when it returns.
        return sum(os.stat(disk.path).st_blocks * 512 for disk in workspace.overlays if os.path.exists(disk.path))


def _launch(module, _progress):
    options = module.params
    # Only what is measured is imported: a fetch needs no appliance.
    Appliance = importlib.import_module(f"{_PLUGINS}.module_utils.appliance.appliance").Appliance
    settings = {name: options[name] for name in argument_specs.APPLIANCE}
    with Appliance(images.disks_from_option(options["disks"]), read_only=True, **settings) as appliance:
        return {"timeline": {"launches": appliance.launches, "commands": appliance.commands, "calls": appliance.calls}}


def _dest(module, _progress):
    # Only the disks' code is imported: that of conversion has been, long before the copy.
    options = module.params
    with ToCopies(images.disks_from_option(options["disks"]), options["dest"], options["dest_format"]) as workspace:
        workspace.commit()
    return {"disks": workspace.results}


# {operation: (what it does, the module whose defaults it takes, None where the request has all options)}; what is not here
# is the module's own.
_OURS = {"launch": (_launch, "inspect"), "dest": (_dest, None)}


def perform(operation, options, check):
    """Do what the module does with options, and return what it returns. Raises GuestconvError."""
    body, name = _OURS.get(operation, (None, operation))
    if body is None:
        body = getattr(importlib.import_module(f"{_PLUGINS}.module_utils.commands.{name}"), name)
    specification = importlib.import_module(f"{_PLUGINS}.modules.guestconv_{name}").ARGUMENT_SPEC if name else {}
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
    weighed = _Weighed()
    try:
        result = perform(request["operation"], request["options"], request["check"])
    except GuestconvError as error:
        sys.exit(f"{error.code}: {error.message}")
    with open(result_path, "w", encoding="utf-8") as result_file:
        json.dump({"result": result, "overlay": weighed.written, "python": peak_memory()}, result_file)


if __name__ == "__main__":
    main()
