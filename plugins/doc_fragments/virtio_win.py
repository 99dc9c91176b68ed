# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option for the drivers of virtio devices for Windows."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the drivers of virtio devices for Windows are."""

    DOCUMENTATION = r"""
options:
  virtio_win:
    description:
      - The path of the ISO image of the virtio-win project, or of the directory that it was unpacked to, on the machine
        that runs the module. The package C(virtio-win) installs both.
      - An ISO image is read by C(bsdtar), of the package C(libarchive-tools) in Debian and Ubuntu, and C(bsdtar) in Fedora, EL
        and SUSE. A directory needs no other program.
      - It has the drivers that Windows needs for virtio devices. Without them, a Windows guest can use only the devices for
        which it has drivers of its own.
      - M(virttools.guestconv.guestconv_convert) uses the path that M(virttools.guestconv.guestconv_inspect) was given,
        unless it is given another.
      - The option has no effect on other guests.
    type: path
"""
