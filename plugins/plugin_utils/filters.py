# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters share: they end with a sentence for the user, whatever is wrong, and with its code."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable

from ansible.errors import AnsibleError, AnsibleFilterError
from jinja2 import UndefinedError

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError, in_text
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import registry

Filter = Callable[..., Any]


def as_filter(name: str, function: Filter) -> Filter:
    """function as the filter called name: what it raises as a GuestconvError is an AnsibleFilterError."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def filtered(*args: Any, **options: Any) -> Any:
        try:
            signature.bind(*args, **options)
        except TypeError as error:
            hint = f"It takes {', '.join(signature.parameters)}."
            wrong = GuestconvError("argument-invalid", str(error), hint=hint)
            raise AnsibleFilterError(in_text.to_text(name, wrong)) from None
        try:
            return function(*args, **options)
        except GuestconvError as error:
            # Not from error: Ansible would say the message of a cause once more.
            raise AnsibleFilterError(in_text.to_text(name, error)) from None
        except (AnsibleError, UndefinedError):
            # A variable of a host that is not defined, say: Ansible names it, and `default` applies to it.
            raise
        except Exception as error:  # pylint: disable=broad-except
            # The values in it are not checked one by one; -vvv shows the traceback.
            wrong = GuestconvError(
                "argument-invalid",
                f"an argument has another form than expected: {type(error).__name__}: {error}.",
                hint=f"`ansible-doc -t filter virttools.guestconv.{name}` documents the arguments.",
            )
            raise AnsibleFilterError(in_text.to_text(name, wrong)) from error

    return filtered


def of_platform(name: str) -> dict[str, Filter]:
    """The filter called name, which is that of a platform, as Ansible asks for it: {name: function}."""
    return {name: as_filter(name, registry.by_filter(name).define)}
