# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What KVM shows Windows of Hyper-V's interface. Without it Windows waits for locks that no processor holds, and reads the
time slowly."""

from __future__ import annotations

# In libvirt's words ("Hypervisor features" in its documentation of domains), which are QEMU's after `hv-`
# (docs/system/i386/hyperv.rst).
FEATURES = ("relaxed", "vapic", "vpindex", "runtime", "synic", "stimer", "frequencies", "tlbflush", "ipi")

# How often a processor tries to get a lock before Windows reports that to the hypervisor.
SPINLOCK_RETRIES = 8191
