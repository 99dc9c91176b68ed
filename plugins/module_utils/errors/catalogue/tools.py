# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of hypervisors and the agents of clouds in the guest."""

from __future__ import annotations

from .declaration import Subject, concern

SUBJECT = Subject(
    "Tools of hypervisors and clouds",
    "What inspection finds of the tools of other hypervisors than the target, and of the agents of clouds.",
    (
        concern(
            "vmware-tools-installed",
            "info",
            "VMware Tools are installed. The conversion removes them.",
            "Nothing needs to be done.",
        ),
        concern(
            "vmware-tools-left",
            "info",
            "VMware Tools stay as they are, as the policy for `tools` requires.",
            "Nothing needs to be done. They do no harm: systemd does not start them outside VMware.",
        ),
        concern(
            "vmware-tools-needed",
            "warning",
            "Packages of VMware Tools stay, because other packages in the guest require them, or because they are on hold "
            "or have files that were diverted. The conversion turns their services off.",
            "Remove what the message names, if it is not used, and then the packages.",
        ),
        concern(
            "vmware-tools-tarball",
            "info warning",
            "VMware Tools were installed without a package. The conversion removes what their installer recorded. The "
            "severity is `warning` where there is no record: the conversion only turns their services off then.",
            "Run vmware-uninstall-tools.pl in the guest, preferably before it moves.",
        ),
        concern(
            "hypervisor-tools-installed",
            "info",
            "Tools of a hypervisor, or an agent of a cloud, are installed. The conversion removes them.",
            "Nothing needs to be done.",
        ),
        concern(
            "hypervisor-tools-left",
            "info",
            "Tools of a hypervisor stay as they are, as the policy for `tools` requires. The message says which, and what "
            "they do on the target.",
            "Remove them with the guest's package manager, or as the hint says, if they are not used on the target.",
        ),
        concern(
            "hypervisor-agent-left",
            "info warning",
            "An agent of a cloud stays as it is, as the policy for `tools` requires. The message says which, and what it "
            "does on the target. The severity is `warning` when it may change the guest there.",
            "Remove them with the guest's package manager, or as the hint says, if they are not used on the target.",
        ),
        concern(
            "hypervisor-tools-needed",
            "warning",
            "Packages of the tools of a hypervisor stay, because other packages in the guest require them, or because "
            "they are on hold or have files that were diverted. The conversion turns their services off.",
            "Remove what the message names, if it is not used, and then the packages.",
        ),
        concern(
            "hypervisor-tools-tarball",
            "info warning",
            "Tools of a hypervisor were installed without a package. The conversion removes what their installer recorded. "
            "The severity is `warning` where there is no record: the conversion only turns their services off then.",
            "Remove them as the hint says, if they are not used on the target.",
        ),
        concern(
            "windows-tools-needed",
            "info",
            "Tools of a hypervisor stay installed in Windows, because the driver of a device that was chosen belongs to them. "
            "The conversion turns their services off.",
            "Nothing needs to be done. Choose another driver for the device, if the tools are to be uninstalled.",
        ),
        concern(
            "tools-disabled",
            "info",
            "Tools of a hypervisor, or an agent of a cloud, stay installed, and the conversion turns their services off: "
            "because the policy for `tools` requires it, or because they cannot be removed.",
            "Remove them in the guest if they are not used on the target. `systemctl unmask` turns a service on again.",
        ),
        concern(
            "tools-dependencies",
            "info",
            "Packages are installed that only the removed tools needed. They stay, unless `tools.remove_dependencies` is "
            "set, or the guest's package manager cannot leave them (apk).",
            "Run `apt-get autoremove` or its like in the guest to remove them.",
        ),
        concern(
            "cloud-init-datasource-pinned",
            "warning",
            "cloud-init is configured to take its data from the cloud that the guest comes from, and from nowhere else. "
            "On the target it waits for that at each boot, and takes no data that the target offers.",
            "Set `datasource_list` in a file of /etc/cloud/cloud.cfg.d in the guest, or turn cloud-init off with the file "
            "/etc/cloud/cloud-init.disabled.",
        ),
        concern(
            "clock-source-lost",
            "warning",
            "The configuration of chronyd takes the time from a clock that only the old hypervisor offers "
            "(`/dev/ptp_hyperv`). Without this device chronyd does not start on the target.",
            "Remove the line that names the device in the guest, and name an NTP server in its place.",
        ),
        concern(
            "time-server-lost",
            "warning",
            "The guest takes the time from servers alone that only machines of the old cloud reach (`169.254.169.123` on EC2, "
            "`metadata.google.internal` on Google Cloud). If no other file names a time server, nothing sets its clock on the "
            "target.",
            "Name an NTP server in the file in the guest.",
        ),
        concern(
            "package-database-damaged",
            "warning",
            "The database of packages in the guest is damaged, so the conversion removes no package. The services of "
            "tools are turned off instead.",
            "Repair the database in the guest, with `dpkg --configure -a` or `rpm --rebuilddb` for example.",
        ),
    ),
)
