# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of all filters that define something for a converted guest."""

from __future__ import annotations


class ModuleDocFragment:
    """The hardware."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The hardware that the guest was converted for, which is the result
        RV(virttools.guestconv.guestconv_convert#module:hardware).
    type: dict
    required: true
"""
