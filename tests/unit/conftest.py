# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many examples each property test tries.

A run of the tests tries the same few each time, so that it is green or red by what is tested and not by luck. How many
others are tried at random $GUESTCONV_EXAMPLES says, which script/properties sets. No time limit: machines are slow.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

_CACHE = os.environ.get("GUESTCONV_CACHE") or os.path.expanduser("~/.cache/guestconv")
_EXAMPLES = os.environ.get("GUESTCONV_EXAMPLES")

settings.register_profile(
    "the same few",
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "many others",
    settings.get_profile("the same few"),
    max_examples=int(_EXAMPLES or 1),
    derandomize=False,
    # What it found once it tries first, until that is mended.
    database=DirectoryBasedExampleDatabase(os.path.join(_CACHE, "hypothesis")),
)
settings.load_profile("many others" if _EXAMPLES else "the same few")
