# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module runs: under an interpreter that has the bindings, with errors as failures."""

from __future__ import annotations

import copy
import errno
import importlib
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Callable, NoReturn, Protocol

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.respawn import has_respawned, probe_interpreters_for_module, respawn_module

from ..errors import GuestconvError
from ..run.long_run import long_run
from ..run.progress import Progress
from ..texts import disk_urls
from ..texts.printable import printable
from . import secret_options
from .argument_specs import ArgumentSpec

# Where the distributions' packages put the bindings, when the interpreter that runs the module lacks them.
_INTERPRETERS = ["/usr/bin/python3", "/usr/libexec/platform-python", "/usr/bin/python3.12", "/usr/bin/python3.11"]

_PACKAGES = {
    "guestfs": "libguestfs's Python binding (python3-guestfs on Debian and Ubuntu, python3-libguestfs on EL and Fedora)",
    "lxml": "lxml (python3-lxml)",
}

# What body needs by default.
_NEEDS = ("guestfs", "lxml")

_DISKS_ARE_WHOLE = "The disks are as before, or converted, or the next conversion finishes this one."

# Options that are numbers of at least 1 in every module that has them. Ansible has no type for that.
_POSITIVE = ("timeout", "memory", "cpus")

Result = dict[str, Any]


class Module(Protocol):
    """What commands use of an AnsibleModule.

    params: the options, checked. check_mode: whether nothing may be changed. warn(): adds a warning to the result, be
    that a success or a failure.
    """

    params: dict[str, Any]
    check_mode: bool

    def warn(self, warning: str) -> None:
        """Add a warning to the result."""


class _AnsibleModule(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule. What Ansible itself refuses, such as an option that the module does not have, has a code, too."""

    params: dict[str, Any]

    def _load_params(self) -> None:
        super()._load_params()
        # Ansible leaves out of params what it cannot convert, and quotes it in its message.
        self._given = copy.deepcopy(self.params)

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """Fail. kwargs: further values of the result; if they have no code, Ansible has checked the options."""
        if "code" not in kwargs:
            msg = secret_options.misformed(self._given, self.argument_spec) or msg
            kwargs = {**GuestconvError("option-invalid", msg).as_result(), **kwargs}
            self.no_log_values.update(disk_urls.secrets_in(self.params))
            self.no_log_values.update(secret_options.secrets_in(self._given, self.argument_spec))
            self.params = secret_options.without_unknown(self.params, self.argument_spec)
        super().fail_json(**{**kwargs, "msg": msg})
        raise SystemExit(1)  # fail_json() has exited


def run_module(
    argument_spec: ArgumentSpec,
    body: Callable[[Module], Result],
    needs: Sequence[str] = _NEEDS,
    **module_options: Any,
) -> NoReturn:
    """Run a module: body returns its result. Every failure ends in fail_json, never in a traceback.

    Args: needs: the Python modules without which body does not work; another interpreter that has them takes over;
    module_options: further ones of AnsibleModule.
    """
    module = _started(argument_spec, needs, module_options)
    _end(module, lambda: body(module))


def run_long_module(
    argument_spec: ArgumentSpec,
    body: Callable[[Module, Progress], Result],
    steps: Mapping[str, int],
    needs: Sequence[str] = _NEEDS,
) -> NoReturn:
    """Run a module that takes minutes and has the options PROGRESS, as run_module() does.

    Args: steps: as in run.progress.Progress.
    """
    module = _started(argument_spec, needs, {})

    def with_progress() -> Result:
        with long_run(module.params, steps) as progress:
            return body(module, progress)

    _end(module, with_progress)


def _started(argument_spec: ArgumentSpec, needs: Sequence[str], module_options: Mapping[str, Any]) -> AnsibleModule:
    module = _AnsibleModule(argument_spec, supports_check_mode=True, **module_options)
    # Ansible returns the options with the result, and AWX keeps them.
    module.no_log_values.update(disk_urls.secrets_in(module.params))
    for name in _POSITIVE:
        _require_positive(module, name)
    _respawn_if_missing(module, needs)
    signal.signal(signal.SIGTERM, _terminated)
    return module


def _require_positive(module: AnsibleModule, name: str) -> None:
    value = module.params.get(name)
    if isinstance(value, int) and value < 1:
        message = f"{name} is {value}, but must be at least 1."
        _fail(module, GuestconvError("option-invalid", message, "Leave it out for the default.", path=name))


def _end(module: AnsibleModule, body: Callable[[], Result]) -> NoReturn:
    """Exit with the result of body, or fail."""
    try:
        result = body()
    except GuestconvError as error:
        _fail(module, error)
    except KeyboardInterrupt:
        _fail(module, GuestconvError("interrupted", f"Interrupted. {_DISKS_ARE_WHOLE}", hint="Run it again."))
    except OSError as error:
        _fail(module, _host_error(error), exception=traceback.format_exc())
    except Exception as error:  # pylint: disable=broad-except
        # A mistake of ours: it is reported in a sentence; the traceback goes to -vvv with the exception key.
        message = f"guestconv has a bug, sorry: {type(error).__name__}: {error}. {_DISKS_ARE_WHOLE}"
        hint = "Please report it with the value of exception."
        _fail(module, GuestconvError("internal-error", message, hint), exception=traceback.format_exc())
    module.exit_json(**printable(result))
    raise SystemExit(0)  # exit_json() has exited


def _host_error(error: OSError) -> GuestconvError:
    """What an OSError that nobody expected means to a person: the machine failed, not the guest."""
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


def _fail(module: AnsibleModule, error: GuestconvError, **values: Any) -> NoReturn:
    module.fail_json(**printable({**values, **error.as_result()}))
    raise SystemExit(1)  # fail_json() has exited


def _terminated(signum: int, frame: FrameType | None) -> NoReturn:
    # So that context managers end what was begun: overlays are removed, qemu is killed.
    raise KeyboardInterrupt


def _respawn_if_missing(module: AnsibleModule, needs: Sequence[str]) -> None:
    missing = [name for name in needs if not _importable(name)]
    if not missing:
        return
    if not has_respawned():
        for interpreter in _INTERPRETERS:
            if interpreter != sys.executable and _has_all(interpreter, needs):
                respawn_module(interpreter)
    hint = "Run script/demo, or install " + " and ".join(_PACKAGES[name] for name in missing) + "."
    _fail(module, GuestconvError("library-missing", missing_required_lib(_PACKAGES[missing[0]]), hint))


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _has_all(interpreter: str, needs: Sequence[str]) -> bool:
    return all(probe_interpreters_for_module([interpreter], name) for name in needs)
