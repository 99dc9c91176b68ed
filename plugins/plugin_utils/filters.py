# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters share: a sentence for the user, whatever is wrong."""

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
            raise AnsibleFilterError("%s: %s. It takes %s." % (name, error, taken)) from None
        try:
            return function(*args, **options)
        except GuestconvError as error:
            said = "%s: %s (%s) %s" % (name, error.message, error.code, error.hint)
            # Not from error: Ansible would say the message of a cause once more.
            raise AnsibleFilterError(said.strip()) from None

    return filtered
