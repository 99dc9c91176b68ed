# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance on which tests may call all of libguestfs: guests are made with more calls than they are converted with."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance import appliance


class Appliance(appliance.Appliance):
    """The library's appliance, with every call of guestfs(3) as a method."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **options: self.call(name, *arguments, **options)
