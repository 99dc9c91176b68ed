#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_fetch
short_description: Fetch the disks of a virtual machine to the machine that converts it
version_added: 0.1.0
description:
  - Makes an overlay or a copy of each disk of one guest in a directory of the machine that it runs on, and returns what
    the source knows about the hardware of the virtual machine. M(virttools.guestconv.guestconv_inspect) and
    M(virttools.guestconv.guestconv_convert) accept these values.
  - The source is only read. The virtual machine must be shut down.
  - An interrupted copy is resumed when the module runs again, if the source did not change. A disk gets its name only
    when all disks of the guest are complete.
  - A disk that was already fetched from the same source in the same state is not changed, even if it was converted
    since.
extends_documentation_fragment:
  - virttools.guestconv.attributes
  - virttools.guestconv.progress
attributes:
  check_mode:
    support: full
    details: Servers are queried, but nothing is copied. Checksums are not verified.
  diff_mode:
    support: none
    details: There is no text to compare.
options:
  source:
    description:
      - Where the guest is. V(type) is one of V(disks), V(ova), V(ovf), V(vmx), V(libvirt) and V(vddk); the other keys
        depend on it. Paths are absolute paths on the machine that the module runs on.
      - "V(disks): C(disks) is a list of all disks, the one that the guest boots from first. Each is a path or URL, or
        a dict with C(path), and any of C(format), C(device) and C(backing), as for
        O(virttools.guestconv.guestconv_inspect#module:disks)."
      - "V(ova), V(ovf), V(vmx): C(path) of the OVA, or of the OVF or VMX file next to its disks. The checksums in the
        manifest of an OVA or OVF are verified. An OVA that was
        compressed by gzip, xz or bzip2, or packed as zip, is unpacked first, for which there must be room in O(dest) (or
        in C(/var/lib/guestconv)). If it contains several virtual machines (a vApp), C(vm) is the id or the name
        of the one to fetch."
      - "V(libvirt): C(path) of a domain's XML; or C(uri) of a libvirt and the C(name) of the domain. With
        C(qemu+ssh://) the disks are fetched from that machine by SSH."
      - "V(vddk): C(server) (a vCenter or ESXi host), C(user), C(thumbprint) of the server's certificate, C(vm) (its
        managed object reference, such as C(vm-123)), C(disks) with paths such as C([datastore1] web01/web01.vmdk), and
        C(libdir), where VMware's VDDK library is unpacked."
      - "URLs of disks are C(ssh://USER@HOST/PATH), C(https://HOST/PATH), C(nbd://HOST:PORT/EXPORT) and
        C(nbd+unix:///EXPORT?socket=PATH). They refer to image files, whose format is checked after the copy; an NBD
        export is the disk as the guest sees it. Set C(format=raw) for a disk that is raw: it is then converted while it
        is copied, not afterwards. An image file with a backing file, or in several files, cannot be fetched by
        URL."
      - "For URLs, V(disks) and V(libvirt) may have C(user), C(cafile) (the certificates of the authorities to trust
        instead of the machine's, in PEM), C(identity) (a private key for SSH without passphrase; otherwise the user's
        own and the agent's are tried) and C(known_hosts) (of SSH; by default the user's). Certificates and keys of
        hosts are always checked."
    type: dict
    required: true
  dest:
    description:
      - The directory for the disks, which is created if it is missing.
      - Or a list with a block device or an NBD export (C(nbd://HOST:PORT/EXPORT), C(nbd+unix:///EXPORT?socket=PATH)) for
        each disk, in the order of the source. One disk needs no list. So the disks are written once, to where they stay,
        and M(virttools.guestconv.guestconv_convert) converts them there, in place. TLS (C(nbds)) is not supported.
      - What was on these volumes is overwritten, and what is longer than the disk becomes zero. A device that is mounted or
        in use on this machine is refused with the code V(dest-in-use), a volume that is too small with
        V(dest-too-small). Until the copy is complete, the volume begins with zeroes, and the modules of this collection
        refuse it with the code V(disk-incomplete).
      - An image file that is fetched by URL is checked before QEMU reads it. On the way to a volume it needs room in
        C(/var/lib/guestconv), unless its C(format) is V(raw).
    type: raw
    required: true
  mode:
    description:
      - V(overlay) creates a qcow2 overlay of a local file or block device, which takes almost no time and room.
        Converting the overlay does not change the source. The overlay does not work without its source.
      - V(copy) creates an independent disk.
      - The default is V(overlay) where it is possible, O(format) is V(qcow2) and O(dest) a directory, else V(copy).
    type: str
    choices: [overlay, copy]
  format:
    description: The format of the new disks in a directory. On block devices and NBD exports they are always raw.
    type: str
    choices: [qcow2, raw]
    default: qcow2
  name:
    description:
      - The name of the files, followed by the device when there are several disks (V(web01-sda.qcow2)). Characters
        other than letters, digits, dots, dashes and underscores become dashes.
      - The default is the name that the guest has in the source.
    type: str
  password:
    description:
      - The password for HTTPS, SSH or VMware.
      - It is never on a command line, and this module does not write it to a file.
        Ansible itself keeps a module's arguments,
        with this one, in its temporary directory on that machine (mode 0700) while the module runs.
    type: str
  copy_slots:
    description:
      - How many disks this machine copies at once, for all users together. The disks of one guest are copied at once,
        four at most. Each waits for a slot without a limit, and releases it when its copy ends for any reason.
      - When one disk fails, the copies of the others are ended. They continue when the module runs again.
      - O(slots) limits the guests that are fetched, inspected and converted at once, and this option the copies.
    type: dict
    suboptions:
      count:
        description: How many disks are copied at once. There is no such limit by default; either it or
          O(copy_slots.per_source) is required.
        type: int
      per_source:
        description: How many of them are copied from the same machine (the host of a URL, or V(server) of VMware) at once.
          There is no such limit by default, and none for files of this machine. Other machines that copy from there are not
          counted; in a fleet, C(guestconv_source_copies) is divided among the conversion hosts.
        type: int
      directory:
        description: The directory of the slots' files, as in O(slots.directory).
        type: path
        default: /run/lock/guestconv-copies
requirements:
  - nbdkit, for URLs other than NBD, and compressed disks (nbdkit-curl-plugin, nbdkit-ssh-plugin, nbdkit-nbd-plugin and
    nbdkit-gzip-filter on EL and Fedora)
  - "nbdkit's vddk plugin, for V(vddk): nbdkit-vddk-plugin on EL and Fedora, nbdkit-plugin-vddk on Debian 13 (contrib)
    and Ubuntu; Debian 12 has none. VMware's library is available from VMware"
  - lxml, for OVA, OVF and libvirt
  - libvirt's Python binding, for V(libvirt) with C(uri)
notes:
  - "The state of a source is identified by the inode, size and modification time of a local file; by size, ETag and
    modification time on a web server that reports them; otherwise by the size and the first 4 MiB.
    An interrupted copy of a block device goes on only if this machine has not written to the device since."
  - The query of a URL (what follows the question mark) can be seen in this machine's list of processes, so do not use
    signed URLs where other users can see that list.
  - Only the user who runs the module can read the files.
  - The module keeps notes in C(.guestconv-fetch-NAME) in O(dest), or in C(/var/lib/guestconv) for block devices and NBD
    exports. Remove this directory and the disks to start again.
seealso:
  - module: virttools.guestconv.guestconv_inspect
  - module: virttools.guestconv.guestconv_convert
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Put an overlay on a guest's disk, so that the disk stays as it is
  virttools.guestconv.guestconv_fetch:
    source:
      type: disks
      disks:
        - /exports/web01.vmdk
    dest: /var/lib/guestconv/web01
  register: fetched

- name: Convert the overlay, with what the source knows of the hardware
  virttools.guestconv.guestconv_convert:
    disks: "{{ fetched.disks }}"

- name: Unpack an OVA, after comparing its checksums
  virttools.guestconv.guestconv_fetch:
    source:
      type: ova
      path: /exports/db01.ova
    dest: /var/lib/libvirt/images

- name: Fetch a domain of another host, with its disks by SSH
  virttools.guestconv.guestconv_fetch:
    source:
      type: libvirt
      uri: qemu+ssh://root@kvm1.example.com/system
      name: app01
      identity: /root/.ssh/migration
    dest: /var/lib/libvirt/images
    format: raw

- name: Fetch two disks from a web server that has a certificate of its own
  virttools.guestconv.guestconv_fetch:
    source:
      type: disks
      user: migration
      cafile: /etc/pki/lab.pem
      disks:
        - path: https://images.example.com/app02-root.qcow2
          device: vda
        - path: https://images.example.com/app02-data.raw
          format: raw
          device: vdb
    password: "{{ images_password }}"
    name: app02
    dest: /var/lib/libvirt/images

- name: Fetch a guest from VMware vSphere, with VMware's library
  virttools.guestconv.guestconv_fetch:
    source:
      type: vddk
      server: vcenter.example.com
      user: migration@vsphere.local
      thumbprint: "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"
      vm: vm-123
      libdir: /opt/vmware-vix-disklib-distrib
      disks:
        - "[datastore1] web02/web02.vmdk"
    password: "{{ vcenter_password }}"
    name: web02
    dest: /var/lib/libvirt/images
"""

RETURN = r"""
code:
  description: The code of the error, such as V(source-unreachable), V(source-checksum-mismatch) or V(no-space).
  returned: failure
  type: str
copied:
  description: The number of bytes that this run copied from the source, including holes. It is less than the size of
    the disks when an earlier run was interrupted.
  returned: success
  type: int
  sample: 10737418240
disks:
  description: The disks that were fetched, in the order of the source, as
    O(virttools.guestconv.guestconv_convert#module:disks) takes them. In check mode, those that would be fetched.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file, the block device, or the URL of the NBD export.
      type: str
      sample: /var/lib/guestconv/web01/web01.qcow2
    format:
      description: Its format.
      type: str
      sample: qcow2
    device:
      description: The name that the disk has in the guest, as far as the source knows it; otherwise the assumed name.
      type: str
      sample: sda
    backing:
      description: The backing files of an overlay.
      returned: for an overlay
      type: list
      elements: str
sizes:
  description: In check mode, how large the disks are, in the order of the source. In other cases it is empty.
  returned: success
  type: list
  elements: dict
  contains:
    device:
      description: The name that the disk has in the guest.
      type: str
      sample: sda
    size:
      description: The size of the disk in bytes. It is V(null) for an image file on another machine. In a compressed OVA
        it is what the OVF says, or V(null).
      type: int
      sample: 10737418240
    allocated:
      description: The bytes that a copy reads, which are all but the holes of the disk. It is V(null) if this is not known.
      type: int
      sample: 2147483648
hardware:
  description: What the source knows about the virtual machine, as
    O(virttools.guestconv.guestconv_inspect#module:hardware) accepts it.
  returned: success
  type: dict
  contains:
    firmware:
      description: V(bios) or V(uefi).
      type: str
    cpus:
      description: The number of processors.
      type: int
    memory:
      description: The memory in MiB.
      type: int
    interfaces:
      description: The network cards, with V(mac) and V(driver).
      type: list
      elements: dict
    disks:
      description: Per disk its V(controller) in QEMU's names, and V(boot_order).
      type: list
      elements: dict
  sample: {firmware: bios, cpus: 2, memory: 2048, interfaces: [{mac: "00:50:56:aa:bb:cc"}]}
hint:
  description: What to do about it.
  returned: failure
  type: str
name:
  description: The name of the guest, or O(name).
  returned: success
  type: str
  sample: web01
path:
  description: The value at fault, such as V(source.disks[0].path); empty when no value is.
  returned: failure
  type: str
resumed:
  description: Whether this is the kept result of an earlier run.
  returned: when O(resume) was given
  type: bool
retryable:
  description: Whether the same call may succeed later, for example after a network failure.
  returned: failure
  type: bool
timeline:
  description: Seconds per step.
  returned: success
  type: dict
  sample: {steps: [{step: metadata, seconds: 0.1}, {step: copy, seconds: 94.2}], launches: 0, commands: 0, calls: 0}
warnings:
  description: Warnings, for example that a disk was left out, or that an OVA has no manifest.
  returned: when there is something
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import fetch

ARGUMENT_SPEC = {
    "source": {"type": "dict", "required": True},
    "dest": {"type": "raw", "required": True},
    "mode": {"type": "str", "choices": ["overlay", "copy"]},
    "format": {"type": "str", "default": "qcow2", "choices": ["qcow2", "raw"]},
    "name": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "copy_slots": {
        "type": "dict",
        "options": {
            "count": {"type": "int"},
            "per_source": {"type": "int"},
            "directory": {"type": "path", "default": "/run/lock/guestconv-copies"},
        },
        "required_one_of": [("count", "per_source")],
    },
    **argument_specs.PROGRESS,
}


def main() -> None:
    run_long_module(ARGUMENT_SPEC, fetch.fetch, needs=("lxml",), steps=fetch.STEPS)


if __name__ == "__main__":
    main()
