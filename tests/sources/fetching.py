# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that tests run to interrupt it: guestconv_fetch with the arguments [source, dest, options] in JSON."""

from __future__ import annotations

import json
import sys

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import slices
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from tests.sources.guests import fetch


def main():
    """Write the result, or the error, as JSON."""
    # Each slice, as after a long one; and the first is short.
    slices._NOTED, slices._NEAR = 0, slices._SMALLEST
    source, dest, options = json.loads(sys.argv[1])
    try:
        result = fetch(source, dest, **options)
    except GuestconvError as error:
        result = {"code": error.code, "message": error.message, "hint": error.hint, "path": error.path}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
