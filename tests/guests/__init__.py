# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real guests for the tests, made from Debian packages and cached outside the tree.

    /usr/bin/python3 tests/guests/build.py debian12-vmware      # prints the path of the image
    from tests.guests.build import guest                        # the same, in a test: guest(name) -> Path

recipes.py says what each guest is: a new guest is a new row there. filesystem.py makes its files, on the host itself,
where that is fast; disk.py puts them on a disk and makes it bootable, in one launch of libguestfs's appliance.

The host needs the packages mmdebstrap, debian-archive-keyring, qemu-utils and python3-guestfs (libguestfs), and who
builds must be root or have sudo.
"""
