# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest debian12-selinux: Debian's own policy, enforcing. It announces what the policy has denied, and to whom."""

from __future__ import annotations

from tests.guests import announcement

# What it is called in docs/support.md.
VARIANT = "selinux"

PACKAGES = ("auditd", "policycoreutils", "selinux-policy-default")

# Debian's kernel has AppArmor as its default.
ARGUMENTS = "security=selinux selinux=1"

_ANNOUNCED = """\
    echo "announce mode $(getenforce)"
    { dmesg; cat /var/log/audit/audit.log; } | grep -a 'avc: *denied' | sed 's/^.*avc: /announce denied /' | sort -u
    find / -xdev -context '*:unlabeled_t*' | head -n 50 | sed 's/^/announce unlabelled /'
"""

FILES = {
    "/etc/selinux/config": "# As selinux-activate(8) leaves it\nSELINUX=enforcing\nSELINUXTYPE=default\nSETLOCALDEFS=0\n",
    # What the kernel says must not run into the announcement.
    "/etc/sysctl.d/quiet.conf": "kernel.printk = 1 4 1 7\n",
    **announcement.files(_ANNOUNCED, after="ssh.service auditd.service"),
}
