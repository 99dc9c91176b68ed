# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that others read while we write them: each is the old or the new one at any moment."""

from __future__ import annotations

import os
import tempfile


def replace(path: str, content: bytes, mode: int = 0o600, synced: bool = False) -> None:
    """Atomically replace the file at `path`, or make it.

    Args: mode: its permissions; synced: also after a power failure it is the old or the new one, which costs a wait
    for the disk. Errors: OSError.
    """
    # With a dot before it, nobody takes it for the file.
    descriptor, temporary = tempfile.mkstemp(prefix=".guestconv-", dir=os.path.dirname(os.path.abspath(path)))
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(content)
            if synced:
                stream.flush()
                os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
