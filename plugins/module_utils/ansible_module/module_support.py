# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share: options, the interpreter that has the bindings, and errors as failures."""

from __future__ import annotations

import errno
import importlib
import signal
import sys
import time
import traceback
from contextlib import contextmanager

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.respawn import has_respawned, probe_interpreters_for_module, respawn_module

from ..devices import models
from ..devices.targets import TARGETS
from ..errors import GuestconvError
from ..run.long_run import long_run
from ..texts.printable import printable

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
            "options": {
                "mac": {"type": "str"},
                "addresses": {"type": "list", "elements": "str"},
                "driver": {"type": "str", "choices": list(models.INTERFACES)},
            },
        },
        "target_interfaces": {
            "type": "list",
            "elements": "dict",
            "options": {"from": {"type": "str", "required": True}, "mac": {"type": "str", "required": True}},
        },
        "generate_macs": {"type": "bool"},
        "cpus": {"type": "int"},
        "memory": {"type": "int"},
        "disks": {
            "type": "list",
            "elements": "dict",
            "options": {
                "controller": {"type": "str", "choices": list(models.DISKS)},
                "boot_order": {"type": "int"},
            },
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

# What every module takes that runs for minutes; see long_run.
PROGRESS = {
    "progress": {"type": "path"},
    "resume": {"type": "path"},
    "slots": {
        "type": "dict",
        "options": {
            "count": {"type": "int", "required": True},
            "directory": {"type": "path", "default": "/run/lock/guestconv"},
        },
    },
    # Of the action plugin: see watch.
    "_watch": {"type": "path"},
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

    def __init__(self, begin=lambda step: None):
        """begin: called with the name of each step that begins."""
        self._begin = begin
        self._steps = []
        self.launches = 0
        self.commands = 0
        self.calls = 0

    @contextmanager
    def step(self, name):
        """Count the seconds of the block as those of the step called name."""
        self._begin(name)
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


def run(argument_spec, body, needs=("guestfs", "lxml"), steps=None, **module_options):
    """Be a module: body(module) returns the result as a dict. Whatever is wrong ends in fail_json, never in a traceback.

    needs: the Python modules without which body does not work; another interpreter that has them takes over.
    steps: for a module that takes minutes and has the options PROGRESS, as in progress.Progress. It is called as
        body(module, progress).
    """
    module = AnsibleModule(argument_spec, supports_check_mode=True, **module_options)
    _respawn_if_missing(module, needs)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        if steps is None:
            result = body(module)
        else:
            with long_run(module.params, steps) as progress:
                result = body(module, progress)
    except GuestconvError as error:
        _fail(module, error)
    except KeyboardInterrupt:
        _fail(module, GuestconvError("interrupted", f"Interrupted. {_DISKS_ARE_WHOLE}", hint="Run it again."))
    except OSError as error:
        _fail(module, _host_error(error), exception=traceback.format_exc())
    except Exception as error:  # pylint: disable=broad-except
        # A mistake of ours: the user is told so in a sentence; the traceback goes to -vvv with the exception key.
        message = f"guestconv has a bug, sorry: {type(error).__name__}: {error}. {_DISKS_ARE_WHOLE}"
        hint = "Please report it with the value of exception."
        _fail(module, GuestconvError("internal-error", message, hint), exception=traceback.format_exc())
    module.exit_json(**printable(result))


def _host_error(error):
    """What an OSError that nobody expected means to a person: it is the machine's, not the guest's."""
    place = f" {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return GuestconvError(
            "no-space",
            f"The file system of{place or ' what was written'} is full. {_DISKS_ARE_WHOLE}",
            hint="Make room there, then run it again.",
        )
    return GuestconvError(
        "host-io-failed",
        f"This machine failed at{place or ' a file'}: {error.strerror or error}. {_DISKS_ARE_WHOLE}",
        hint="See to that, then run it again.",
    )


def _fail(module, error, **values):
    module.fail_json(**printable({**values, **error.as_result()}))


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
    hint = "Run script/demo, or install " + " and ".join(_PACKAGES[name] for name in missing) + "."
    _fail(module, GuestconvError("library-missing", missing_required_lib(_PACKAGES[missing[0]]), hint))


def _importable(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _has_all(interpreter, needs):
    return all(probe_interpreters_for_module([interpreter], name) for name in needs)
