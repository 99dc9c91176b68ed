# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call of libguestfs can fail with."""

from __future__ import annotations

import errno
import os

from ..errors import GuestconvError

# libguestfs's daemon ends its messages with strerror(3), and the programs that it runs do so, too, in the C locale. The
# Python binding does not pass errno on.
_KNOWN = (
    errno.EPERM,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ETXTBSY,
    errno.ENOSPC,
    errno.EROFS,
    errno.ELOOP,
    errno.EDQUOT,
    errno.EOPNOTSUPP,
)

_IN_USE = "target is busy"


class ApplianceError(GuestconvError):
    """A libguestfs call failed."""


class CallFailed(ApplianceError):
    """libguestfs itself reported an error."""

    @property
    def errno(self) -> int:
        """The number of errno(3) that the call ended with; 0 where its message does not end with one that is known."""
        return errno_of(self.message)

    @property
    def is_busy(self) -> bool:
        """Whether umount(8) reports that a mount is in use, which it does in words of its own."""
        return _IN_USE in self.message


class TextNotUtf8(ApplianceError):
    """A name or text in the guest cannot be passed to, or returned by, libguestfs's Python binding."""


def errno_of(message: str) -> int:
    """The number of errno(3) whose text the first line of a message ends with; 0 for none that is known."""
    line = message.partition("\n")[0].rstrip(". ")
    return next((number for number in _KNOWN if line.endswith(f": {os.strerror(number)}")), 0)
