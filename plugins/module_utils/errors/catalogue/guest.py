# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about the operating system, its filesystems and its files."""

from __future__ import annotations

from .declaration import Subject, concern, error

SUBJECT = Subject(
    "The guest and its filesystems",
    "What guestconv found on the disks, or did not find.",
    (
        error(
            "no-operating-system",
            "No operating system was found on the disks.",
            "Name all of the guest's disks. If a disk is not raw, state its `format`.",
        ),
        error(
            "disk-blank",
            "There is nothing on the disks: no partition table, and no filesystem.",
            "Name the disks that the guest starts from. If a disk is not raw, state its `format`.",
        ),
        error(
            "storage-not-supported",
            "The system may be on a kind of storage or filesystem that guestconv does not read, or that the kernel of "
            "the appliance does not know.",
            "Run guestconv on a machine whose kernel knows the filesystem, or move the system to one that the README "
            "lists.",
        ),
        error(
            "os-not-supported",
            "The disks hold an operating system that guestconv cannot convert.",
            "The README lists the guests that are supported.",
        ),
        concern(
            "system-image-based",
            "error",
            "The system is an image that an update replaces as a whole, or is made of a configuration: OSTree, bootc, "
            "Ubuntu Core, Flatcar, Bottlerocket, Talos, NixOS, transactional systems and others. What a conversion changed "
            "in it would be lost, hidden, or not accepted.",
            "Install the image that the vendor of the system provides for the target, and bring its configuration and data "
            "over.",
        ),
        concern(
            "family-unknown",
            "warning",
            "The system has no database of packages that guestconv knows. It is converted by what is found on it; packages "
            "of the old hypervisor's tools are not searched for.",
            "Remove the old hypervisor's tools in the guest, and boot the converted guest once before the old one is "
            "deleted.",
        ),
        error(
            "root-not-found",
            "The filesystem that the option `root` names has no operating system.",
            "Select one of the filesystems that the hint lists, or leave `root` out.",
        ),
        concern(
            "console-login-differs",
            "info",
            "The login of systemd on the console of the target has other settings than the one on the console of the source, or "
            "somebody has masked it.",
            "Copy the settings in the guest, or unmask the login, if people are to log in there.",
        ),
        error(
            "filesystem-not-mounted",
            "A filesystem of the guest cannot be mounted.",
            "Start the guest on its old hypervisor, let it check its filesystems, and shut it down.",
        ),
        concern(
            "storage-incomplete",
            "warning error",
            "A filesystem, a RAID array or an LVM volume group lacks a disk. The severity is `error` when the system is on it, "
            "or when no system is found without it.",
            "Name all of the guest's disks. If a disk is lost, start the guest without it on its old hypervisor, or run "
            "`vgreduce --removemissing` in the guest.",
        ),
        concern(
            "array-degraded",
            "warning error",
            "A RAID array has fewer members in use than it was made for, or is still being rebuilt. It was in this state on the "
            "source already. The severity is `error` when the system is on it.",
            "Replace the failed member in the guest before it moves, or have the array do without it "
            "(`mdadm --grow --raid-devices=`).",
        ),
        concern(
            "array-not-started",
            "warning error",
            "A RAID array has all of its members, and could not be started. The severity is `error` when no system is found "
            "without it.",
            "Start the guest on its old hypervisor, wait until the array is rebuilt, and shut it down.",
        ),
        concern(
            "volume-group-ambiguous",
            "warning error",
            "Two LVM volume groups have the same name, or are copies of each other. The severity is `error` when the system "
            "is on one of them.",
            "Name the disks of one system only, or give the copy a name and UUIDs of its own in the guest "
            "(`vgimportclone`).",
        ),
        concern(
            "volume-not-active",
            "warning error",
            "LVM could not activate a logical volume. The severity is `error` when no system is found without it.",
            "Start the guest on its old hypervisor, check its volumes (`lvs -a`), and shut it down.",
        ),
        concern(
            "filesystem-not-searched",
            "warning",
            "A filesystem could not be mounted, so it is not known whether it has an operating system. The others are "
            "converted.",
            "If the guest starts from it, start the guest on its old hypervisor, let it check its filesystems, and shut "
            "it down.",
        ),
        concern(
            "system-not-started",
            "info",
            "The guest has several systems, and no boot menu starts this one: it is a chroot, the root of a container, "
            "or an old system. It is not converted.",
            "Nothing needs to be done if the guest does not start it. If it does, have its boot menu name it, or convert "
            "it alone with the option `root`.",
        ),
        concern(
            "windows-not-prepared",
            "warning",
            "There is a Windows on the disks, next to a system of another kind that is converted. It is not prepared for the "
            "target, and stays as it is: it cannot be converted for the reason in the message, or the disk that boots does "
            "not start it.",
            "Nothing needs to be done if it is not used on the target. If it is, remove the cause, or convert it alone with "
            "the option `root`.",
        ),
        concern(
            "dual-boot",
            "info",
            "The guest starts systems of several kinds, such as Linux and Windows. All are converted, for the same devices.",
            "If only one of them is in use, convert it alone with the option `root`.",
        ),
        concern(
            "snapshot-not-prepared",
            "info",
            "The boot menu offers snapshots of the system, or other subvolumes, that are not converted. They may not "
            "boot on the target.",
            "Nothing needs to be done if they are not needed on the target. Snapshots that are made after the conversion "
            "boot. To convert an older one, name it in the option `root`.",
        ),
        concern(
            "mount-skipped",
            "warning",
            "A filesystem that the guest mounts, and that the conversion can do without, could not be mounted. The "
            "files on it were not read.",
            "Nothing needs to be done if the guest cannot mount it either, or has no system files on it.",
        ),
        concern(
            "mount-source-missing",
            "info warning error",
            "/etc/fstab of the guest, or a unit of systemd's, mounts a filesystem that is not on the disks. The severity "
            "is `error` when the guest does not start without it, or the conversion needs it (/boot, /usr, /var), and "
            "`info` when /etc/crypttab makes it of a device that is there.",
            "Name all of the guest's disks. If that is done, remove the line in the guest, or add `nofail` to its "
            "options.",
        ),
        error(
            "guest-file-too-large",
            "A configuration file in the guest is larger than guestconv reads.",
            "Check why it is so large. Shorten it in the guest, or move it away.",
        ),
        error(
            "guest-file-malformed",
            "A configuration file in the guest has a syntax error.",
            "Correct the line that the message names. The guest's own programs read the file too.",
        ),
        error(
            "guest-file-not-saved",
            "A configuration file in the guest could not be saved. The guest's disks are unchanged.",
            "Check the file in the guest: its syntax, and whether its filesystem is full. If nothing is wrong with "
            "it, report this with the message.",
        ),
        concern(
            "filesystem-full",
            "warning error",
            "A filesystem of the guest has too little free space, or too few inodes, for what the conversion must write "
            "to it. The guest's disks are unchanged. Inspection warns of a filesystem that is nearly full, as the conversion "
            "fails if what it writes does not fit.",
            "Remove files in the guest that are not needed, or enlarge the filesystem.",
        ),
        concern(
            "filesystem-read-only",
            "error",
            "A filesystem on which the conversion must change files cannot be written to: a btrfs subvolume or a logical "
            "volume that is read-only, or a filesystem of a kind that is only read.",
            "Make it writable in the guest before the guest moves.",
        ),
        concern(
            "filesystem-has-errors",
            "warning",
            "A filesystem of the guest is marked as damaged by the guest's kernel, and was not checked since.",
            "Have the guest check it (`fsck`) on its old hypervisor, and shut it down.",
        ),
        concern(
            "filesystem-hibernated",
            "warning",
            "A data filesystem of the guest belongs to a Windows that is hibernated, or that was shut down with its fast "
            "startup. It cannot be written to, and the conversion does not.",
            "Start that Windows and shut it down completely (`shutdown /s /t 0`).",
        ),
        error(
            "guest-file-not-writable",
            "A file that the conversion must change cannot be changed: there is a directory, a device or a FIFO at its "
            "path, or a symbolic link that leads nowhere. Files that are immutable or append-only (`chattr +i`, `+a`) "
            "are changed, and keep these attributes.",
            "Replace it by a regular file in the guest.",
        ),
        error(
            "guest-text-not-utf-8",
            "A file name or text in the guest is not valid UTF-8, or contains a NUL character.",
            "Rename or rewrite it in the guest, or move it out of that directory.",
        ),
        error(
            "guest-command-failed",
            "A program of the guest, which a conversion runs inside it, failed. The guest's disks are unchanged.",
            "The message has the output of the program. Run it in the guest on its old hypervisor, and correct what "
            "it reports.",
        ),
        concern(
            "guest-hibernated",
            "error",
            "The guest is hibernated: it would resume with the memory of the old system and damage its filesystems.",
            "Start the guest on its old hypervisor, and shut it down.",
        ),
        concern(
            "device-name-unknown",
            "warning error",
            "A file of the guest, or its kernel command line, names a disk that is not one of the disks. The "
            "severity is `error` when the guest cannot start without it.",
            "Name all of the guest's disks, with the `device` names that the guest uses (such as hda or xvda). If "
            "that is done, refer to the filesystem by UUID in the guest, or remove the line.",
        ),
        concern(
            "device-name-ambiguous",
            "warning error",
            "A file of the guest, or its kernel command line, names a filesystem that has no UUID or label of its "
            "own, which is how a clone looks. The severity is `error` when the guest cannot start without it.",
            "Give it a UUID of its own in the guest (`tune2fs -U`, `xfs_admin -U`, `swaplabel -U`).",
        ),
        concern(
            "disk-order-uncertain",
            "info",
            "Disks with different drivers have kernel names of the same kind on the target, such as /dev/sdX. Their order "
            "depends on the order in which the kernel finds the controllers.",
            "Nothing needs to be done: the guest finds its disks by UUID. To have certain names, choose the same driver "
            "for these disks.",
        ),
        concern(
            "disk-order-contradicted",
            "warning error",
            "A line in /etc/fstab of the guest expects another filesystem than the one that its device name leads to: the "
            "disks are probably given in another order than the guest knew them in. The severity is `error` when the "
            "guest waits for what the line mounts.",
            "Name the disks in the order in which the guest knew them, or set the `device` name of each. If the order is "
            "right, correct the line in the guest.",
        ),
        concern(
            "udev-rule-by-hardware",
            "info warning",
            "Rules for udev in the guest match disks by names, serial numbers or places that the old hardware gave them, "
            "and do not match on the target. The severity is `warning` when software works with what they give "
            "(links, owners, modes).",
            "Match the disks by their contents (`ENV{ID_PART_ENTRY_UUID}`, `ENV{ID_FS_UUID}`).",
        ),
        concern(
            "search-incomplete",
            "warning",
            "guestconv did not look at all files in /etc for names of disks and network cards, and for modules that must not be "
            "loaded: there are too many, too many of them have such names, they could not be read in time, or libguestfs on this "
            "machine cannot search.",
            "Look through the files in /etc for such names, or remove from it what is no configuration.",
        ),
        concern(
            "device-name-left",
            "warning",
            "Files of the guest name disks as the old hardware did, and the conversion does not edit them.",
            "Check the files that the message lists. Links such as /dev/disk/by-uuid/... are right on any hardware.",
        ),
        concern(
            "unit-for-another-machine",
            "warning",
            "Units of systemd in the guest have a condition (`ConditionVirtualization=vmware`) that holds on machines of another "
            "hypervisor alone. On the target systemd does not start them.",
            "Remove the condition in the guest where it needs the unit on the target.",
        ),
        concern(
            "filesystem-journal-apart",
            "warning error",
            "The journal of an ext3 or ext4 is on another device, which is named by its number. That is another one on the target. "
            "The severity is `error` where the guest does not start without the filesystem, does not have it checked first, and "
            "no driver keeps the number.",
            "Add the option journal_path= with a link such as /dev/disk/by-uuid/... to the line in /etc/fstab.",
        ),
        concern(
            "lvm-filter-by-name",
            "warning error",
            "A filter of LVM in the guest rejects the disks by the names that they get on the target, so the guest "
            "would not find its volume group. The severity is `error` when that is so with every driver.",
            "Accept the disks by names that do not depend on the hardware (`a|^/dev/disk/by-id/lvm-pv-uuid-|`), or "
            "remove the filter in the guest, and have the guest rebuild its initrd.",
        ),
        concern(
            "no-driver",
            "error",
            "The guest has no driver for any of the devices that the target offers of one kind.",
            "Install one of these drivers in the guest before it moves. Linux has them with its kernels. For Windows, set the "
            "option `virtio_win`.",
        ),
        concern(
            "ima-appraisal-enforced",
            "warning error",
            "A kernel is started with IMA's policy `appraise_tcb` enforced, or `/etc/ima/ima-policy` has a rule that appraises "
            "files of root's as they are read. It opens no file of root's without a right hash or signature, and the files "
            "that conversion changes have none. The severity is `error` for the default kernel.",
            "Set `ima_appraise=fix` on the kernel's command line in the guest before conversion. Sign or hash the files again "
            "on the target, and then remove it.",
        ),
        concern(
            "selinux-labels-incomplete",
            "warning",
            "Files that were written may lack the SELinux label that the guest's policy has for them: the policy could not "
            "be asked, or the label could not be set. They have the label of their directory where that is possible.",
            "Run `restorecon` on these files in the guest, or `fixfiles onboot` before its first restart. A guest without the "
            "program `matchpathcon` (packages libselinux-utils, selinux-utils, selinux-tools) needs it before conversion.",
        ),
    ),
)
