# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about where a guest comes from."""

from __future__ import annotations

from .declaration import Subject, concern, error

_EXPORT_AGAIN = "Export the guest again, and compare the sizes of the files."

SUBJECT = Subject(
    "Sources",
    "These come from `guestconv_fetch`, and from the inventory plugin `guests`, which reports them as warnings. Concerns "
    "about the source machine come from what `hardware` says of it.",
    (
        error(
            "source-invalid",
            "The option `source` is malformed.",
            "Correct the value that `path` names.",
        ),
        error(
            "source-not-found",
            "The source does not exist.",
            "Check the path or the URL. Paths must be valid on the machine that reads them.",
        ),
        error(
            "source-not-readable",
            "The source exists, but cannot be read.",
            "Give the user who runs this the right to read it.",
        ),
        error(
            "source-not-supported",
            "The file is of a kind, or uses a feature, that guestconv does not support.",
            "Export the guest in the form that the hint names.",
        ),
        error(
            "source-malformed",
            "The file does not have the content that its name promises.",
            _EXPORT_AGAIN,
        ),
        error(
            "source-too-large",
            "A file that describes the guest is larger than such files are.",
            "Check that the file is what its name promises.",
        ),
        error(
            "source-hostile",
            "The file is built in a way that no export tool uses, and that could make guestconv read other files.",
            "Ask where the file comes from. If it can be trusted, export the guest again, with all files in one "
            "directory.",
        ),
        error(
            "source-encrypted",
            "The virtual machine is encrypted.",
            "Remove the encryption of the virtual machine first.",
        ),
        error(
            "source-several-guests",
            "The package holds several virtual machines, and the source does not name one of them by `vm`.",
            "Fetch each machine by itself: set `vm` of the source to an id that the message lists. For the inventory plugin, "
            "add a host for each, with `guestconv_source`.",
        ),
        error(
            "source-without-disks",
            "The file describes no disk.",
            "Export the guest with its disks. Independent disks are often left out.",
        ),
        error(
            "source-not-a-domain",
            "The XML file does not describe a libvirt domain.",
            "Write it with `virsh dumpxml --inactive DOMAIN`.",
        ),
        error(
            "source-checksum-mismatch",
            "A file does not have the checksum that the manifest of the package lists.",
            "Copy it again. If it was changed on purpose, remove the manifest.",
        ),
        error(
            "source-disk-missing",
            "A disk, or a part of it, does not exist.",
            "Copy all files of the disk, and the parents of its snapshots.",
        ),
        error(
            "source-disk-unreadable",
            "A disk exists, but cannot be read.",
            "Give the user who runs this the right to read it.",
        ),
        error(
            "source-disk-damaged",
            "A disk is damaged, incomplete or empty.",
            "Copy or export it again, and compare the sizes.",
        ),
        error(
            "source-disk-format",
            "A file does not have the format of a disk, or has another one than stated.",
            "Unpack it, convert it with `qemu-img convert`, or state the right format.",
        ),
        error(
            "source-disk-duplicate",
            "Two disks have the same name, or one disk is listed twice.",
            "If one file is a copy or a snapshot, exclude it. If they are two disks, rename one.",
        ),
        error(
            "source-disk-unattached",
            "By its name a disk belongs to a guest, but the file that describes the guest does not name the disk. It is "
            "left out.",
            "Attach it, if it is a disk of the guest. If it is not, exclude it, or move it to another directory.",
        ),
        error(
            "source-disk-not-supported",
            "A disk of the libvirt domain is stored where it cannot be read from this machine.",
            "Copy it into a file (`qemu-img convert`, `virsh vol-download`), and name that file.",
        ),
        error(
            "source-changed",
            "The disk was changed while it was copied, or was fetched earlier from another source or in another mode.",
            "Shut the virtual machine down and run again. Remove the earlier result to fetch the guest again.",
        ),
        error(
            "source-url-invalid",
            "The URL is malformed, or contains a password.",
            "Correct the URL. Pass a password with the option `password`, which is not logged.",
        ),
        error(
            "source-url-not-supported",
            "Disks cannot be fetched with URLs of this scheme, or from this libvirt connection.",
            "Use one of the schemes that the hint lists. For libvirt on another machine use `qemu+ssh://HOST/system`.",
        ),
        error(
            "source-unreachable",
            "The server of the source cannot be reached, or cannot serve the disk at the moment.",
            "Check the network and the server, for example with curl on the same machine, and try again.",
            retryable=True,
        ),
        error(
            "source-denied",
            "The server refused access to the disk.",
            "Set `source.user` and the option `password`.",
        ),
        error(
            "source-not-trusted",
            "The TLS certificate of the server is not trusted.",
            "Set `source.cafile` to the certificate of its authority.",
        ),
        error(
            "source-without-ranges",
            "The web server does not serve parts of files (range requests).",
            "Use a server that does, such as Apache, nginx or an object store.",
        ),
        error(
            "source-libvirt-unreachable",
            "libvirt cannot be reached, or reported an error.",
            "Try `virsh -r -c URI list --all` as the same user.",
        ),
        error(
            "nbdkit-missing",
            "nbdkit is not installed on the machine that fetches.",
            "Install nbdkit. On Enterprise Linux and Fedora, also nbdkit-curl-plugin, nbdkit-ssh-plugin and "
            "nbdkit-nbd-plugin.",
        ),
        error(
            "nbdkit-failed",
            "nbdkit did not start.",
            "Check that the plugin which the message names is installed: `nbdkit PLUGIN --dump-plugin`.",
        ),
        error(
            "overlay-not-possible",
            "`mode: overlay` cannot be used for this disk or format.",
            "Use `mode: copy`, or leave `format` out.",
        ),
        error(
            "fetch-busy",
            "Another process is fetching this guest.",
            "Wait until it ends, then run again.",
            retryable=True,
        ),
        error(
            "fetch-failed",
            "Copying a disk failed. What was copied is kept where it can be continued.",
            "Run it again: it continues where it stopped.",
            retryable=True,
        ),
        concern(
            "machine-not-x86",
            "error",
            "The source machine is not x86-64, and guestconv converts for x86-64 only.",
            "Guests of another architecture are not supported.",
        ),
        concern(
            "guest-not-shut-down",
            "error",
            "The guest is running or suspended on the source: what it has in memory is not on its disks.",
            "Start it if it is suspended, and shut it down. Then copy its disks again.",
        ),
        concern(
            "disk-shared",
            "error",
            "A disk is shared with other machines. Each would get its own copy, or lose what conversion writes.",
            "Detach the disk. Or remove `sharing` of the disk from `hardware` if no other machine uses it.",
        ),
        concern(
            "disk-raw-device",
            "error",
            "A disk is a device of the host, such as a LUN that is mapped into the guest.",
            "Copy it into an image. Or remove `raw_device` of the disk from `hardware` if only this guest uses it.",
        ),
        concern(
            "disk-mode-changed",
            "info warning",
            "A disk is independent of snapshots, or not persistent, which the target does not offer. The severity is "
            "`warning` if the source discards what the guest writes.",
            "Configure snapshots of the target accordingly.",
        ),
        concern(
            "secure-boot-off",
            "warning",
            "The guest has secure boot on the source. The target has it only if the definition asks for it.",
            "Set `secure_boot` of the platform's filter, if the guest boots with signed programs alone.",
        ),
        concern(
            "tpm-left",
            "warning",
            "The guest has a TPM on the source. Its content cannot be moved.",
            "Have recovery keys ready for what the guest encrypts. `tpm` of the platform's filter gives it a new TPM.",
        ),
        concern(
            "kernel-of-host",
            "warning",
            "The source starts a kernel of the host, not the boot loader of the guest.",
            "Install a kernel and a boot loader in the guest, if it has none.",
        ),
        concern(
            "passthrough-left",
            "warning",
            "Devices of the host that the guest uses, such as PCI or USB devices, are not moved.",
            "Attach such devices of the target, and install their drivers in the guest.",
        ),
        concern(
            "machine-settings-left",
            "info",
            "The target does not get some settings of the source, such as drives for removable media, serial ports or "
            "hot-plug.",
            "Configure them on the target, if the guest needs them.",
        ),
        concern(
            "machine-not-known",
            "info",
            "What was read of the source does not have some facts of the machine, so inspection cannot report them.",
            "Ask vCenter for its own objects: `schema: vsphere`, with the properties `config`, `runtime` and `snapshot`.",
        ),
    ),
)
