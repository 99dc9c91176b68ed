# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the get-pip.py that ansible-test would download for each of its virtual environments.

Python brings a pip of its own (ensurepip), which then installs the version of pip that ansible-test asks for.
"""

from __future__ import annotations

import ensurepip
import subprocess
import sys

# Options of get-pip.py, unknown to pip.
OPTIONS = ("--no-setuptools", "--no-wheel")

ensurepip.bootstrap(default_pip=True)
arguments = [argument for argument in sys.argv[1:] if argument not in OPTIONS]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
