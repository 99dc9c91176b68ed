# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about the boot loader and the kernels."""

from __future__ import annotations

from .declaration import Subject, concern, error

SUBJECT = Subject(
    "Boot loader and kernels",
    "What the guest needs in order to start on the target.",
    (
        concern(
            "boot-loader-not-supported",
            "error",
            "What the firmware starts on the disks is no boot loader that guestconv knows, or its menu has no Linux entry. "
            "guestconv cannot prepare how the guest starts.",
            "Install one of the boot loaders that the message names in the guest, or regenerate its menu (grub-mkconfig).",
        ),
        concern(
            "boot-loader-uncertain",
            "error",
            "The guest has menus of several boot loaders, and nothing on the disks says which of them starts it.",
            "Name all of the guest's disks, and set `hardware.firmware` to the firmware of the source. Or remove the files "
            "of the boot loader that the guest does not use.",
        ),
        concern(
            "boot-loader-unknown",
            "warning",
            "guestconv does not know what the firmware starts. The guest is prepared by the only menu that was found.",
            "If another boot loader starts the guest, install the one that the message names once more before it moves.",
        ),
        concern(
            "boot-default-not-supported",
            "error",
            "The entry that the guest boots by default starts no Linux kernel by itself, but a hypervisor (Xen), another "
            "boot loader or another system. Or guestconv cannot tell which entry that is, because the menu is too long.",
            "Make an entry that boots Linux by itself the default in the guest before it moves.",
        ),
        concern(
            "boot-menu-source-not-edited",
            "warning",
            "A script in /etc/grub.d writes menu entries that name a device as the old hardware does, in a way that "
            "guestconv does not edit. The menu is edited; the next run of grub-mkconfig would bring the old names back.",
            "Name the device by its UUID in the script.",
        ),
        error(
            "boot-menu-not-editable",
            "Kernels of the boot menu share an argument by a variable, a function or an environment block, and need "
            "different ones on the target, or there is no room for them.",
            "Write the arguments into each entry, or regenerate the menu (grub-mkconfig).",
        ),
        error(
            "boot-menu-needs-display",
            "GRUB shows its menu in a graphics mode, and the playbook takes the display out of the description. With BIOS "
            "firmware, GRUB hangs on a QEMU machine without a display before it starts a kernel.",
            "Keep the display (graphics.video0). Or set GRUB_TERMINAL=console in /etc/default/grub in the guest, and run "
            "grub-mkconfig.",
        ),
        concern(
            "boot-loader-not-installable",
            "error",
            "The guest has no boot loader, as under Xen or in EC2, where the hypervisor loads the kernel. guestconv installs "
            "GRUB 2 from the packages of the guest, or of the machine that runs the module, and neither has them.",
            "Install the packages grub-pc-bin and grub-common (Debian, Ubuntu) or grub2-pc-modules and grub2-tools (EL, "
            "Fedora) on the machine that runs the module, or in the guest.",
        ),
        error(
            "boot-loader-not-installed",
            "The guest has no boot loader, and GRUB 2 could not be made of the packages of the guest or of the machine that "
            "runs the module, or does not fit before the first partition.",
            "Reinstall the package grub-pc (Debian, Ubuntu) or grub2-pc (EL, Fedora) in the guest.",
        ),
        concern(
            "boot-kernel-missing",
            "error",
            "The guest has no boot loader, no boot menu and no kernel in /boot: its old hypervisor provided the kernel.",
            "Install a kernel of the distribution in the guest before it moves.",
        ),
        concern(
            "boot-menu-not-maintained",
            "warning",
            "Conversion installed a boot loader and wrote its menu, and the guest has no program that updates the menu "
            "(grub-mkconfig). Kernels that are installed later are not in it.",
            "Install the package grub-pc (Debian, Ubuntu) or grub2 (EL, Fedora) in the converted guest.",
        ),
        concern(
            "boot-partition-not-read",
            "warning error",
            "Firmware or a boot loader may read a partition that nothing in the guest mounts: an extended boot loader "
            "partition, an EFI system partition that comes before the guest's own, or a filesystem with a menu of GRUB. What "
            "is there is not prepared. The severity is `error` for a menu that starts this guest and that GRUB may read.",
            "If the guest boots from it, have /etc/fstab of the guest mount it.",
        ),
        concern(
            "boot-loader-missing",
            "warning",
            "No disk has a boot loader for the firmware (BIOS or UEFI) that the guest is converted for.",
            "Name all of the guest's disks, and set `hardware.firmware` to the firmware of the source.",
        ),
        concern(
            "uefi-fallback-missing",
            "error",
            "The EFI system partition has no fallback boot loader (EFI/BOOT), which a new machine starts, and no "
            "GRUB that one could be made from.",
            "Install GRUB in the guest again: reinstall its package, or run grub-install (shim-install) with "
            "`--removable`.",
        ),
        concern(
            "uefi-fallback-unknown",
            "warning",
            "guestconv could not check whether the guest has the fallback boot loader that a new machine starts.",
            "Make sure that the EFI system partition has a boot loader in \\EFI\\BOOT before the guest moves.",
        ),
        concern(
            "root-not-on-disks",
            "warning error",
            "`root=` on the kernel command line names something that is not on the disks: the network, memory, or an "
            "image. The severity is `error` for the default entry.",
            "If the guest starts from its disks, correct `root=` in the guest. If not, guestconv cannot prepare it.",
        ),
        concern(
            "root-of-another-system",
            "error",
            "The default entry of the boot menu starts another filesystem than the system that has this menu.",
            "Select the entry of this system as the default in the guest, or name the other system in the option `root`.",
        ),
        concern(
            "boot-files-of-another-system",
            "error warning",
            "The boot menu of one system starts another one with a kernel and an initrd from a filesystem that the other one does "
            "not mount, as after a system was copied to another disk without its /boot. guestconv prepares only the kernels "
            "and initrds that a system has itself. The severity is `warning` where the menu starts its own system, too.",
            "Mount the filesystem with the boot files at /boot in the system that starts, or install the boot loader again "
            "there, before the guest moves.",
        ),
        concern(
            "kernel-argument-left",
            "warning",
            "An argument on the kernel command line names a disk after the old hardware, or storage on the network, in "
            "a way that guestconv cannot edit. It stays as it is.",
            "If the guest needs the argument, correct it in the configuration of its boot loader.",
        ),
        concern(
            "kernel-not-for-xen",
            "error",
            "The kernel that the guest boots by default cannot run as a paravirtualized machine of Xen (PV), or it is not "
            "known whether it can.",
            "Choose the target `xen`, whose machines have hardware (HVM), or install a kernel with CONFIG_XEN_PV in the "
            "guest.",
        ),
        concern(
            "kernel-missing",
            "warning error",
            "The boot menu names a kernel that does not exist. The severity is `error` for the default entry.",
            "Reinstall the kernel package in the guest, or regenerate its boot menu, before the guest moves.",
        ),
        concern(
            "kernel-without-modules",
            "error",
            "The kernel that the guest boots by default has no directory in /lib/modules.",
            "Reinstall the kernel package in the guest before it moves.",
        ),
        concern(
            "kernel-for-xen-only",
            "error",
            "The kernel that the guest boots by default was built for paravirtual machines of Xen (kernel-xen of EL 5 and "
            "SLES 11). It has no header by which a boot loader or firmware starts it.",
            "Install a kernel that runs on hardware in the guest, and make it the default.",
        ),
        concern(
            "kernel-not-prepared",
            "warning",
            "The boot menu offers another kernel that may not boot on the target. The default kernel is prepared.",
            "Nothing needs to be done if that entry is not used. To keep it, reinstall that kernel in the guest.",
        ),
        concern(
            "module-loading-locked",
            "warning",
            "The guest has its kernel load no more modules once it has started (kernel.modules_disabled), and does not load "
            "the driver of the target's network card before that.",
            "Name the modules in a file of /etc/modules-load.d in the guest.",
        ),
        concern(
            "kdump-not-prepared",
            "warning",
            "The guest has kdump set up, and its own initrd may lack the drivers for the target. Conversion does not change "
            "it. The guest starts, but a crash of its kernel may leave no dump.",
            "Rebuild kdump's initrd on the target. The hint has the commands.",
        ),
        concern(
            "initrd-missing",
            "warning error",
            "The boot menu names an initrd that does not exist. The severity is `error` for the default entry.",
            "Create it with the guest's own tool (`update-initramfs -c -k VERSION`, `dracut --force`) before the "
            "guest moves.",
        ),
        concern(
            "unified-image-fixed",
            "warning error",
            "The guest boots by a unified kernel image, and something in it would have to change for the target: an "
            "argument of the kernel that names a device after the old hardware, or the drivers in its initrd. guestconv "
            "does not change such images, as they may be signed. The severity is `error` for the default entry.",
            "Build the image again in the guest before the guest moves, with kernel-install, `ukify` or `dracut --uefi`: "
            "with the missing drivers in its initrd, and devices named by UUID.",
        ),
        concern(
            "unified-image-console",
            "info",
            "The guest boots by a unified kernel image that has no serial console on its command line. guestconv cannot "
            "add one, so the host does not see how the guest starts.",
            "To see it, build the image again in the guest with `console=tty0 console=ttyS0,115200`.",
        ),
        concern(
            "boot-full",
            "warning error",
            "/boot or the EFI system partition of the guest has too little free space for what must be added to it. The "
            "message has what is needed and what is free. The severity is `warning` when the guest can use another driver, "
            "for which there is room.",
            "Remove an old kernel in the guest, or make room on the EFI system partition.",
        ),
        concern(
            "module-file-missing",
            "warning error",
            "A module that the modules.dep of the guest's kernel names is not there: the kernel was removed in part.",
            "Install the guest's kernel package again before the guest moves, or run `depmod -a` in the guest.",
        ),
        error(
            "module-not-found",
            "The kernel of the guest does not have a module that the target needs.",
            "Reinstall the kernel package in the guest, or select another driver.",
        ),
        error(
            "module-corrupt",
            "A kernel module of the guest cannot be decompressed.",
            "Reinstall the kernel package in the guest.",
        ),
        concern(
            "modules-dep-invalid",
            "warning error",
            "The list of kernel modules of the guest (modules.dep) is malformed, or empty although there are modules.",
            "Run `depmod` in the guest, or reinstall the kernel package.",
        ),
    ),
)
