# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guestconv_report and guestconv_outcome do, from their options to their results."""

from __future__ import annotations

from typing import Any

from .. import report
from ..report import outcomes
from .module import Module


def make(module: Module) -> dict[str, Any]:
    """guestconv_report. Returns the module's result. Raises GuestconvError."""
    # Taken away, so that Ansible does not return it among the arguments.
    page = module.params.pop("_page")
    made = report.write(module.params["directory"], page, dry=module.check_mode)
    for sentence in made.summary["unreadable"]:
        module.warn(f"This outcome is not in the report: {sentence}.")
    return {"changed": made.changed, "paths": made.paths, "summary": made.summary}


def keep(module: Module) -> dict[str, Any]:
    """guestconv_outcome. Returns the module's result. Raises GuestconvError."""
    return {"changed": False, "dest": outcomes.keep(module.params["directory"], module.params["outcome"])}
