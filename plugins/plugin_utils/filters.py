# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters share: a sentence for the user, whatever is wrong, with its code.

Ansible keeps of what a filter raises the text alone, so that has it all; report/assembly.py takes it apart again.
"""

from __future__ import annotations

import functools
import inspect

from ansible.errors import AnsibleFilterError

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


def as_filter(name, function):
    """function as the filter called name: what it raises as a GuestconvError is an AnsibleFilterError."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def filtered(*args, **options):
        try:
            signature.bind(*args, **options)
        except TypeError as error:
            taken = ", ".join(signature.parameters)
            raise AnsibleFilterError(_said(name, error, "argument-invalid", "It takes %s." % taken)) from None
        try:
            return function(*args, **options)
        except GuestconvError as error:
            # Not from error: Ansible would say the message of a cause once more.
            raise AnsibleFilterError(_said(name, error.message, error.code, error.hint)) from None

    return filtered


def _said(name, message, code, hint):
    return ("virttools.guestconv.%s: %s (%s) %s" % (name, message, code, hint)).strip()
