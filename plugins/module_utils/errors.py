# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that reaches the user, as the module's failure."""

from __future__ import annotations


# What may go better when it is tried again later, unchanged. Nothing else does, and a retry only costs time.
RETRYABLE = frozenset((
    "appliance-launch-failed",  # too little memory at this moment, or too busy a machine
    "appliance-no-progress",  # the machine was too busy, or its KVM hung, which is remembered
    "timeout",  # so, too: it is the machine that is slow, or the guest hangs each time
    "guest-not-up",  # so, too
    "guest-no-kernel",  # so, too
    "emulator-failed",  # the emulated timer was late on a busy machine
    "qemu-img-timeout",  # the storage was busy
    "disk-busy",  # another run has the disk; maybe one that was abandoned, which ends soon
    "fetch-busy",  # so, too
    "source-unreachable",  # the network or the server was away
    "fetch-failed",  # the connection broke, say; a copy goes on where it was
    "no-space",  # overlays of other runs go when these end
    "commit-incomplete",  # trying again is what finishes it
    "interrupted",  # from outside
    "conversion-host-unreachable",  # the network or the machine was away
    "no-result",  # killed from outside, as when the memory of the machine is used up
))


class GuestconvError(Exception):
    """Something is wrong that a person can be told about.

    code: kebab-case and stable: scripts may depend on it.
    message: what is wrong, and where.
    hint: what to do about it.
    path: the path in the description or the module's options that is at fault.
    extra: more values for the module's result.
    """

    def __init__(self, code, message, hint="", path="", extra=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.extra = extra or {}

    @property
    def retryable(self):
        """Whether the same may go well when it is tried again later."""
        return self.code in RETRYABLE

    def as_result(self):
        """What a module or action that failed so returns of it, beside `failed`."""
        return {
            **self.extra, "msg": self.message, "code": self.code, "hint": self.hint, "path": self.path,
            "retryable": self.retryable,
        }
