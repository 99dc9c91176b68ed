# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a platform is: the interface that each file of this room implements."""

from __future__ import annotations

from typing import Any, Callable, Protocol

from .vocabulary import Vocabulary


class Platform(Protocol):
    """A platform that converted guests are defined on. A module implements it.

    FILTER: the name of the filter, whose documentation is in plugins/filter/. WORDS: the platform's words for devices.
    """

    FILTER: str
    WORDS: Vocabulary

    @property
    def check_name(self) -> Callable[[Any], object]:
        """The function that checks the name of a machine. It raises GuestconvError `platform-option-invalid`."""

    @property
    def check_network(self) -> Callable[[Any], object]:
        """The function that checks a value of the option `network`, or of the map of networks.

        It raises GuestconvError `platform-option-invalid`.
        """

    @property
    def check_storage(self) -> Callable[[Any], object]:
        """The same for a value of the map of storages."""

    @property
    def check_export(self) -> Callable[[Any], object]:
        """The function that checks the URL of an NBD export, which is to be a disk of a machine.

        It raises GuestconvError `platform-option-invalid`, on a platform that has no such disks for any.
        """

    @property
    def define(self) -> Callable[..., Any]:
        """The function that makes the platform's definition of a guest.

        Its first argument is hardware, as convert returns it; the others are the filter's options. It raises
        GuestconvError `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, and further codes of its
        own.
        """
