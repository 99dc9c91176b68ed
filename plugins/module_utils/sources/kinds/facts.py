# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a reader of sources has the facts of model/source_facts.py: a cell per fact, for docs/sources.md."""

from __future__ import annotations


class Absent(str):
    """The reason why a format does not have a fact."""


# {name of a fact: where the format has it, in Markdown; or an Absent}.
Cells = dict[str, str]
