# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the filters that are about all guests of a fleet."""

from __future__ import annotations


class ModuleDocFragment:
    """The guests, and their variables."""

    DOCUMENTATION = r"""
options:
  _input:
    description: The names of the guests, such as C(ansible_play_hosts).
    type: list
    elements: str
    required: true
  variables:
    description: The variables of the guests, by their names, such as C(hostvars).
    type: dict
    required: true
"""
