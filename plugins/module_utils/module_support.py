# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share: options, the interpreter that has the bindings, and errors as failures."""

from __future__ import annotations

import importlib
import signal
import sys
import time
import traceback
from contextlib import contextmanager

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.respawn import has_respawned, probe_interpreters_for_module, respawn_module

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.targets import TARGETS

# A disk is a path, or a dict that images.disks_from_option checks: Ansible has no type for "either".
DISKS = {"type": "list", "elements": "raw", "required": True}

# What the source hypervisor knows and a disk cannot say.
HARDWARE = {
    "type": "dict",
    "options": {
        "firmware": {"type": "str", "choices": ["bios", "uefi"]},
        "interfaces": {
            "type": "list",
            "elements": "dict",
            "options": {"mac": {"type": "str"}, "addresses": {"type": "list", "elements": "str"}},
        },
        "target_interfaces": {
            "type": "list",
            "elements": "dict",
            "options": {"from": {"type": "str", "required": True}, "mac": {"type": "str", "required": True}},
        },
    },
}

TARGET = {"type": "str", "default": "kvm", "choices": list(TARGETS)}

# How the appliance runs.
APPLIANCE = {
    "fixed_appliance": {"type": "path"},
    "accelerator": {"type": "str", "default": "auto", "choices": ["auto", "kvm", "tcg"]},
    "memory": {"type": "int"},
    "timeout": {"type": "int"},
    "trace": {"type": "path"},
    "workdir": {"type": "path"},
}

# Where the distributions' packages put the bindings, when the interpreter that runs the module lacks them.
_INTERPRETERS = ["/usr/bin/python3", "/usr/libexec/platform-python", "/usr/bin/python3.12", "/usr/bin/python3.11"]

_PACKAGES = {
    "guestfs": "libguestfs's Python binding (python3-guestfs on Debian and Ubuntu, python3-libguestfs on EL and Fedora)",
    "lxml": "lxml (python3-lxml)",
}

_DISKS_ARE_WHOLE = "The disks are as before, or converted, or the next conversion finishes this one."


class Timeline:
    """Seconds per step, and how often the appliance was launched and the guest's programs were run."""

    def __init__(self):
        self._steps = []
        self.launches = 0
        self.commands = 0
        self.calls = 0

    @contextmanager
    def step(self, name):
        """Count the seconds of the block as those of the step called name."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._steps.append({"step": name, "seconds": round(time.monotonic() - started, 2)})

    def count(self, appliance):
        """Add the launches and calls of appliance."""
        self.launches += appliance.launches
        self.commands += appliance.commands
        self.calls += appliance.calls

    def as_dict(self):
        """The timeline as the modules return it."""
        return {"steps": self._steps, "launches": self.launches, "commands": self.commands, "calls": self.calls}


def run(argument_spec, body, needs=("guestfs", "lxml"), **module_options):
    """Be a module: body(module) returns the result as a dict. Whatever is wrong ends in fail_json, never in a traceback.

    needs: the Python modules without which body does not work; another interpreter that has them takes over.
    """
    module = AnsibleModule(argument_spec, supports_check_mode=True, **module_options)
    _respawn_if_missing(module, needs)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        result = body(module)
    except GuestconvError as error:
        module.fail_json(msg=error.message, code=error.code, hint=error.hint, path=error.path, **error.extra)
    except KeyboardInterrupt:
        module.fail_json(msg=f"Interrupted. {_DISKS_ARE_WHOLE}", code="interrupted", hint="Run it again.", path="")
    except Exception as error:  # pylint: disable=broad-except
        # A mistake of ours: the user is told so in a sentence; the traceback goes to -vvv with the exception key.
        module.fail_json(
            msg=f"guestconv has a bug, sorry: {type(error).__name__}: {error}. {_DISKS_ARE_WHOLE}",
            code="internal-error",
            hint="Please report it with the value of exception.",
            path="",
            exception=traceback.format_exc(),
        )
    module.exit_json(**result)


def _terminated(signum, frame):
    # So that context managers end what was begun: overlays are removed, qemu is killed.
    raise KeyboardInterrupt


def _respawn_if_missing(module, needs):
    missing = [name for name in needs if not _importable(name)]
    if not missing:
        return
    if not has_respawned():
        for interpreter in _INTERPRETERS:
            if interpreter != sys.executable and _has_all(interpreter, needs):
                respawn_module(interpreter)
    module.fail_json(
        msg=missing_required_lib(_PACKAGES[missing[0]]), code="library-missing", hint="Run script/demo, or install "
        + " and ".join(_PACKAGES[name] for name in missing) + ".", path=""
    )


def _importable(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _has_all(interpreter, needs):
    return all(probe_interpreters_for_module([interpreter], name) for name in needs)
