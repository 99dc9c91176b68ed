# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of the boot loader's files, the kernel's command line, and what the initrd is made from."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from contextlib import suppress
from functools import partial

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import (
    bls,
    evidence,
    kernel_install,
    pe,
    unified,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine, Editors
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import (
    extlinux,
    grub2,
    grub_legacy,
    shell_arguments,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.extlinux import choice
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import (
    core_image,
    custom,
    debconf,
    defaults,
    install_devices,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.script import (
    conditions,
    editing,
    loader_line,
    traced,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.systemd_boot import config
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.console import arguments as console_arguments
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.first_boot import hooks
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import (
    appraisal,
    kernel_config,
    kernel_image,
    module_tree,
    texts,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import arguments
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import pending
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import compression, cpio
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import (
    dracut,
    genkernel,
    initramfs_tools,
    make_initrd,
    mkinitcpio,
    mkinitfs,
    red_hat_mkinitrd,
    suse_mkinitrd,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import kernel_arguments, shell_words
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot.loaders.grub2.script import (
    guest_files,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import menu as boot_menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser, each, of_file

GRUB = (
    "menuentry 'a' --id b {",
    'submenu "c" --id=d {',
    "}",
    "linux /vmlinuz root=/dev/sda1",
    "linuxefi ($root)/vmlinuz",
    "initrd /ucode /initrd",
    "initrd16 ",
    'set default="${next_entry}"',
    "set o='root=/dev/sda1 ro'",
    "$o",
    "linux ",
    "if [ -n $o -a x = y ]; then",
    "elif true; then",
    "else",
    "fi",
    "for v in 1 $o; do",
    "while false; do",
    "done",
    "function f {",
    'f $1 "$@"',
    "load_env",
    "save_env o",
    "source /boot/grub/custom.cfg",
    "configfile $prefix/grub.cfg",
    "search --fs-uuid --set=root u",
    "blscfg",
    "# GRUB Environment Block",
    "o=root=/dev/sda1",
    "1>0",
    "\\",
    "$menuentry_id_option",
)
GRUB_D = (
    "exec tail -n +3 $0",
    "cat <<EOF",
    "cat << 'EOF'",
    "EOF",
    "menuentry 'a' {",
    "linux /vmlinuz root=/dev/sda1 ro",
    "linux /vmlinuz root=${device} $args",
    "initrd /initrd",
    "}",
    "echo 'linux /v root=/dev/sda1'",
)
DEFAULTS = (
    "GRUB_CMDLINE_LINUX=",
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet $GRUB_CMDLINE_LINUX"',
    "GRUB_DISABLE_LINUX_UUID=true",
    "${GRUB_CMDLINE_LINUX}",
    "$",
    "export ",
    "if true; then",
    "fi",
    "<<EOF",
    "$'",
    "\\\n",
    "console=ttyS0",
    "a=b",
)
DEBCONF = (
    "Name: grub-pc/install_devices",
    "Name: grub-efi/install_devices",
    "Template: a",
    "\n\n",
    "Value: /dev/sda, /dev/sdb1",
    "Value:",
    "Flags: seen",
    "Name: grub2/force_efi_extra_removable",
    "Name: grub2/no_efi_extra_removable",
    "/dev/disk/by-id/ata-a-part1",
    "/dev/disk/by-id/dm-name-a",
    "Owners: b",
)
BLS = (
    "title a (6.1) b",
    "linux /vmlinuz-6.1",
    "initrd /a.img $tuned_initrd",
    "options root=/dev/sda1 $kernelopts",
    'options "quiet"',
    "version 0-rescue-1",
    "sort-key debian",
    "options",
    "\r\n",
    "\t",
    "# a",
)
MODULES = (
    "kernel/a.ko.xz: kernel/b.ko",
    "kernel/b.ko:",
    "kernel/virtio-blk.ko:",
    "a.ko",
    ".ko:",
    ":",
    "softdep a pre: b post: c",
    "softdep b pre: a",
    "alias x y",
    "alias c b",
    "alias * a",
    "virtio_blk",
)
GRUB_LEGACY = (
    "title a",
    "title=b",
    "default saved",
    "default=1",
    "fallback 1 2",
    "root (hd0,0)",
    "uuid u-1",
    "kernel --type=linux /vmlinuz root=/dev/sda1",
    "kernel (hd0,1)/vmlinuz ro",
    "module /vmlinuz",
    "initrd /initrd /b",
    "chainloader +1",
    "configfile /boot/grub/menu.lst",
    "savedefault",
    "### BEGIN AUTOMAGIC KERNELS LIST",
    "# kopt=root=/dev/sda1 ro",
    "# altoptions=(single) single",
    "## ## End Default Options ##",
    "#boot=/dev/sda",
    "(hd0) /dev/sda",
    "\\",
)
EXTLINUX = (
    "DEFAULT a",
    "DEFAULT /vmlinuz root=/dev/sda1",
    "UI menu.c32",
    "UI menu.c32 extlinux.conf",
    "PROMPT 1",
    "TIMEOUT 50",
    "ONTIMEOUT a quiet",
    "LABEL a",
    "label b",
    "KERNEL /vmlinuz ro",
    "linux ../vmlinuz",
    "COM32 menu.c32",
    "CONFIG extlinux.conf",
    "APPEND root=/dev/sda1 initrd=/a,/b",
    "APPEND -",
    "APPEND",
    "INITRD /a,/b",
    "INCLUDE extlinux.conf",
    "MENU INCLUDE extlinux.conf b",
    "MENU BEGIN b",
    "MENU END",
    "MENU DEFAULT",
    "MENU GOTO b",
    "MENU SEPARATOR",
    "MENU HIDE",
    "MENU SAVE",
    "MENU LABEL ^a",
    "TEXT HELP",
    "ENDTEXT",
)
SETTINGS = (
    'EXTLINUX_PARAMETERS="ro quiet"',
    'EXTLINUX_ROOT="root=/dev/sda1"',
    "default_kernel_opts=quiet",
    "root=/dev/sda1",
    'DEFAULT_APPEND="resume=/dev/sda1"',
    "boot=/dev/sda",
    "$",
    "'",
    "`",
)
ARGUMENTS = ("root=/dev/sda1", "console=ttyS0,115200", "console=tty0", "console=hvc0", "nomodeset", "quiet")

DEVICES = (
    *("root=", "resume=", "rd.lvm.lv=vg/", "rd.luks.uuid=", "rd.md.uuid=", "cryptdevice=", "rootflags=", "md=0,"),
    *("/dev/sda1", "UUID=u-1", "LABEL=", "PARTUUID=p-1/PARTNROFF=1", "8:1", "0801", "block:", "luks-", "/dev/mapper/"),
    *("zfs=", "nfsroot=", "dm-mod.create=", "logdev=/dev/sda1", ",source=", "--"),
)


ROOT = filesystem("/dev/sda1", uuid="u-1", partuuid="p-1")


def menu(text):
    """Looks at a grub.cfg, and an environment block, of that text."""
    files = {"/boot/grub/grub.cfg": text, "/boot/grub/grubenv": text, "/boot/grub/device.map": text}
    root = FakeRoot(files, info={"mountpoints": {"/": "/dev/sda1", "/boot": "/dev/sda2"}})
    installed = grub2.find(root, Evidence())
    if installed:
        command_line = CommandLine([str.upper])
        plan = Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"}, command_line)
        installed.concerns()
        with suppress(GuestconvError):
            installed.edit(plan, Editors(command_line, root.guest.storage))


def line_edited(text, present=()):
    """A command line that is edited."""
    return CommandLine([lambda word: word.replace("sda", "vda")], ["console=hvc0"]).edited(text, present)


def edited_script(text):
    """The grub.cfg of that text, edited as one whose kernels all need another root filesystem, and one argument more."""
    with suppress(editing.NotEditable):
        return guest_files.edited_script(text, lambda word: word.replace("sda", "vda"), ["console=hvc0"])
    return text


def words(text):
    """A line of a script, looked at as a condition, and as arguments of the kernel."""
    facts = FakeFacts()
    conditions.is_true(text.split(" "), facts)
    conditions.number(text)
    loader_line.arguments(text)
    return [traced.written(text, context) for context in (traced.BARE, traced.SINGLE, traced.DOUBLE, traced.BLOCK)]


class FakeFacts:
    """Every file is there."""

    def size(self, name):
        return len(name)

    def is_directory(self, name):
        return not name


def edited_menu(loader, path, text, twice=False):
    """The text of a boot loader's menu at path, looked at, and edited, by a root whose other menus are the same."""
    files = {
        path: text,
        "/boot/grub/device.map": text,
        "/boot/grub/default": text,
        "/boot/extlinux/ldlinux.sys": hostile_texts.content(text),
    }
    root = FakeRoot(
        files,
        info={"mountpoints": {"/": "/dev/sda1", "/boot": "/dev/sda2"}},
        disks=[image("sda")],
        filesystems=[filesystem("/dev/sda1", "ext4", "u-1"), filesystem("/dev/sda2", "ext4", "u-2")],
    )
    installed = loader.find(root, Evidence(started=loader.NAME))
    if installed:
        assert installed.menu().default or installed.concerns()
        edits = [lambda argument: argument.replace("/dev/sda", "/dev/vda")]
        command_line = CommandLine(edits if twice else [], ["console=hvc0"] if twice else [])
        plan = Plan(KVM, Selection({}, {}), {"sda": "/dev/vda"} if twice else {}, command_line)
        installed.edit(plan, Editors(command_line, root.guest.storage))
    return root.files[path]


def kernel_modules(text):
    """Looks up modules in a kernel's indexes of that text, as for an initrd that has some of them."""
    found = initrd.KernelModules(text, text, text, text)
    found.missing(["virtio-blk"], ["a"])
    found.dependency_files({"virtio_blk": "x/virtio_blk.ko"})


def module_of(data):
    """Unpacks a kernel module that is compressed in each of the ways."""
    for suffix in ("gzip", "bzip2", "xz", "lzma", "zstd", "lz4"):
        try:
            compression.unpack_all(data, suffix, 1 << 16)
        except initrd.image.GuestconvError as error:
            if error.code not in ("initrd-corrupt", "initrd-truncated"):
                raise


def arguments_for_console(text):
    words = text.split()
    wanted = console_arguments.wanted_arguments(words, "ttyS0,115200")
    return [console_arguments.edit_argument(word, "ttyS0", wanted) for word in words]


def quoted_twice(text):
    """The texts of default/grub and of a file that is read after it, edited; they are the same."""
    line = CommandLine([lambda argument: argument.replace("ttyS0", "hvc0")], ["console=hvc0"])
    return defaults.edited([text, text], line.edited)[0]


def command_line(text):
    edits = [lambda argument: None if argument == "quiet" else argument.replace("sda", "vda")]
    return CommandLine(edits, ["console=hvc0"]).edited(text)


def entries(text):
    """Of an entry's file all that is asked of it, by each boot loader."""
    for reader in bls.Reader:
        found = bls.parse(text, "a-0-rescue.conf", reader)
        yield found.id, found.program, found.kernel, found.initrds, found.options, found.is_rescue, found.value("title")
        place = bls.Place(text, text, text, text)
        yield bls.as_systemd_boot([place, bls.Place("a.conf", "a", "a", "1")], lambda each: each)
    yield bls.as_fedora_grub([text, "a"], str), bls.as_grub([text, "a"], str)


def entry(reader, edit):
    return lambda text: bls.parse(text, "a.conf", reader).with_options(edit)


def of_devices(text):
    """A root with that command line."""
    return FakeRoot({"/etc/crypttab": text}, boot_menu=boot_menu(text), filesystems=[ROOT])


def names_of_devices(text):
    return Names(of_devices(text).guest.storage, frozenset(arguments.names_in([text])))


def named_by_uuid(text):
    names = names_of_devices("")
    return CommandLine([lambda argument: arguments.edited(names, argument)]).edited(text)


def copies(text):
    """An initrd's member with that text, looked at, and edited."""
    data = cpio.header("etc/a", 0o100644, len(hostile_texts.content(text)), 1) + cpio.padded(
        hostile_texts.content(text)
    )
    found = initrd.read(data + cpio.trailer(), lambda name: True)
    plan = Plan(KVM, Selection({}, {}))
    plan.initrd.copies["/etc/a"] = plan.initrd.files["/etc/b"] = text
    plan.initrd.edit("etc/a", lambda copy: copy)
    return texts.changed(found, plan)


def archive():
    """An initrd with a directory, a file, a link, and early microcode before them."""
    members = [
        ("kernel", 0o40755, b""),
        ("lib/modules/6.1/kernel/a.ko", 0o100644, b"module"),
        ("bin", 0o120777, b"usr/bin"),
    ]
    packed = (
        b"".join(
            cpio.header(name, mode, len(content), number) + cpio.padded(content)
            for number, (name, mode, content) in enumerate(members, 1)
        )
        + cpio.trailer()
    )
    return packed + bytes(-len(packed) % 512) + gzip.compress(packed, mtime=0)


def initrd_of(data):
    """Reads an initrd from a file that is on no disk, and makes a supplement."""
    found = initrd.read(data, lambda path: True, initrd.Limits(unpacked=1 << 20))
    found.modules("6.1")
    found.module_tree("6.1")
    initrd.supplement(found, [initrd.File("lib/a", 0o644, b"")])


PACKED = tuple(
    pack(b"module" * 99)
    for pack in (
        lambda data: gzip.compress(data, mtime=0),
        bz2.compress,
        lzma.compress,
        lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    )
)

# What SYSLINUX stores: marks around values with their numbers and lengths.
ADV = b"\xa5\x2f\x2d\x5a" + bytes(4) + b"\1\3abc\2\1b".ljust(500, b"\0") + b"\x64\xbf\x28\xdd"

# A bzImage of one sector of setup code after the boot sector, with its version in that.
KERNEL = (
    bytes(0x1F1)
    + b"\x01"
    + bytes(0xC)
    + b"\x55\xaa"
    + b"\0\0HdrS\x0f\x02"
    + bytes(6)
    + b"\x20\1"
    + bytes(0x110)
    + b"6.1 (a)\0"
)

_BODY = b"\x7fELF" + bytes(0x40) + b"Linux version 6.1 (a@b) #1\0"
_ZBOOT = b"MZ\0\0zimg" + b"\x3c\0\0\0" + b"\xff\0\0\0" + bytes(8) + b"gzip".ljust(32, b"\0") + b"\xcd\x23\x82\x81"
OTHER_KERNELS = (
    _BODY,
    gzip.compress(_BODY, mtime=0),
    _ZBOOT + gzip.compress(_BODY, mtime=0),
    b"\0\x08\0\0\x80" + bytes(99),
)

IMAGE = programs.image(more=[(".profile", b"ID=a\n"), (".cmdline", b"b")])
KERNEL_INSTALL = CommandLine([lambda word: word.replace("sda", "vda")], ["console=hvc0"])


def images(data):
    """All that is read of a unified kernel image."""
    program = pe.parse(data)
    profiles = unified.profiles(program) if program else []
    assert not all([evidence.is_windows(data), pe.is_kernel(data), core_image.unpacked(data), pending.is_dirty(data)])
    assert not (pending.is_truncated(data, 1 << 40) or (pe.is_kernel(data) and pending.is_truncated(data, 0)))
    return unified.is_image(data), profiles, unified.read(FakeRoot({"/a.efi": data}), "/a.efi")


PARSERS = (
    Parser(
        "grub.cfg",
        GRUB,
        each(menu, words, shell_words.split),
        codes=("guest-file-too-large",),
        unedited=(guest_files.edited_script,),
        edits=(edited_script,),
        found=("linux /vmlinuz root=/dev/sda1$o\v",),
    ),
    Parser(
        "a script of /etc/grub.d",
        GRUB_D,
        custom.names_old_hardware,
        unedited=(lambda text: custom.edited(text, CommandLine().edited, CommandLine().edited),),
        edits=(lambda text: custom.edited(text, line_edited, line_edited),),
    ),
    Parser(
        "an entry of the Boot Loader Specification",
        BLS,
        lambda text: list(entries(text)),
        unedited=tuple(entry(reader, CommandLine().edited) for reader in bls.Reader),
        edits=tuple(
            entry(reader, CommandLine([lambda word: word.replace("sda", "vda")], ["console=hvc0"]).edited)
            for reader in bls.Reader
        ),
    ),
    Parser(
        "loader.conf",
        ("default a*", "default @saved", "timeout 3", '"', "default ", "[!a]", "\r\n", "LoaderInfo: systemd-boot 2"),
        each(
            lambda text: config.default_id(["a.conf"], ["auto-windows"], config.default_pattern(text)),
            lambda text: config.version(hostile_texts.content(text)),
        ),
    ),
    Parser(
        "files of kernel-install",
        ("root=/dev/sda1 ro", "# a", "[UKI]", "Cmdline=root=/dev/sda1", "Cmdline=@/a", "console=hvc0", '"'),
        unedited=(
            lambda text: kernel_install.edited(text, CommandLine().edited),
            lambda text: kernel_install.edited_sections(text, CommandLine().edited),
        ),
        edits=(
            lambda text: kernel_install.edited(text, KERNEL_INSTALL.edited),
            lambda text: kernel_install.edited_sections(text, KERNEL_INSTALL.edited),
        ),
    ),
    Parser(
        "texts in a unified kernel image",
        ("ID=debian", 'PRETTY_NAME="a b"', "VERSION_ID='12'", "# a=b", "root=/dev/sda1", "\0"),
        each(unified.assignments, unified.command_line),
    ),
    Parser(
        "an EFI program",
        (),
        images,
        inputs=hostile_texts.damaged(IMAGE),
        sample=IMAGE,
    ),
    Parser(
        "default/grub",
        DEFAULTS,
        each(defaults.settings, defaults.unedited),
        unedited=(
            lambda text: (
                defaults.edited([text], lambda value, _present: value)[0]
                if "GRUB_DISABLE_LINUX_UUID" not in text
                else text
            ),
        ),
        edits=(quoted_twice,),
        found=("GRUB_DISABLE_LINUX_UUID=true\\",),
    ),
    Parser(
        "menu.lst",
        GRUB_LEGACY,
        partial(edited_menu, grub_legacy, "/boot/grub/menu.lst"),
        unedited=(
            partial(edited_menu, grub_legacy, "/boot/grub/menu.lst"),
            lambda text: grub_legacy.sources.edit_menu(text, str, str),
        ),
        edits=(partial(edited_menu, grub_legacy, "/boot/grub/menu.lst", twice=True),),
    ),
    Parser(
        "extlinux.conf",
        EXTLINUX,
        partial(edited_menu, extlinux, "/boot/extlinux/extlinux.conf"),
        unedited=(partial(edited_menu, extlinux, "/boot/extlinux/extlinux.conf"),),
        edits=(partial(edited_menu, extlinux, "/boot/extlinux/extlinux.conf", twice=True),),
    ),
    Parser(
        "ldlinux.sys",
        (),
        choice.stored,
        inputs=hostile_texts.damaged(ADV),
        sample=ADV,
    ),
    Parser(
        "settings of boot loaders",
        SETTINGS,
        unedited=(
            lambda text: shell_arguments.edited(text, {"root": str}),
            lambda text: extlinux.sources.edit_debian(text, str, str),
            lambda text: extlinux.sources.edit_alpine(text, str, str),
            lambda text: grub_legacy.sources.edit_bootloader(text, str),
            lambda text: grub_legacy.sources.edit_grub(text, {}),
        ),
        edits=(
            lambda text: extlinux.sources.edit_debian(text, command_line, command_line),
            lambda text: extlinux.sources.edit_alpine(text, command_line, command_line),
            lambda text: grub_legacy.sources.edit_bootloader(text, command_line),
            lambda text: grub_legacy.sources.edit_grub(text, {"sda": "/dev/vda"}),
        ),
    ),
    Parser(
        "debconf",
        DEBCONF,
        unedited=(
            lambda text: text if "/install_devices" in text else debconf.edit_devices(text, {"sda": "/dev/vda"}),
        ),
        edits=(
            lambda text: debconf.edit_devices(text, {"sda": "/dev/vda"}),
            lambda text: debconf.edit_devices(text, {"sda": "/dev/vda", "sdb": "/dev/vdb"}),
            lambda text: debconf.edit_devices(text, {"sda": "/dev/vda", "sdb": "/dev/vdb"}, ["sda"]),
            debconf.answer_for_fallback,
        ),
    ),
    Parser(
        "SUSE's list of disks for GRUB",
        ("/dev/sda\nactivate\ngeneric_mbr\n", "/dev/disk/by-id/scsi-36000c29\n", "/dev/sda1\n/dev/sdb\n"),
        unedited=(lambda text: text if "/dev/" in text else install_devices.edit_list(text, {"sda": "/dev/vda"}, ()),),
        edits=(
            lambda text: install_devices.edit_list(text, {"sda": "/dev/vda"}, ()),
            lambda text: install_devices.edit_list(text, {"sda": "/dev/vda", "sdb": "/dev/vdb"}, ()),
            lambda text: install_devices.edit_list(text, {"sda": "/dev/vda", "sdb": "/dev/vdb"}, ["sda"]),
        ),
    ),
    Parser(
        "IMA's policy",
        (
            "dont_appraise fsmagic=0x9fa0\nappraise func=FILE_CHECK fowner=0\n",
            "appraise fsmagic=0x fsname=ext fsuuid=A\n",
        ),
        lambda text: [appraisal.appraises_files(text, filesystem("/dev/sda1", kind, "a")) for kind in ("ext4", "a")],
    ),
    Parser(
        "IMA's arguments",
        ("ima_policy=tcb|appraise_tcb", "ima_appraise=fix", "ima_appraise_tcb"),
        appraisal.is_enforced,
    ),
    Parser(
        "the kernel's command line",
        ARGUMENTS,
        arguments_for_console,
        unedited=(CommandLine().edited,),
        edits=(command_line,),
    ),
    Parser(
        "the kernel's arguments that name devices",
        DEVICES,
        lambda text: arguments.concerns(of_devices(text), names_of_devices(text)),
        unedited=(lambda text: kernel_arguments.edited(text, str),),
        edits=(named_by_uuid, lambda text: kernel_arguments.edited(text, lambda argument: argument.replace("sd", "x"))),
    ),
    Parser(
        "a kernel's modules",
        MODULES,
        each(
            kernel_modules,
            of_file("/lib/modules/1/modules.dep", lambda root: module_tree.read(root, "/lib/modules/1")),
            of_file("/lib/modules/1/modules.builtin", lambda root: module_tree.read(root, "/lib/modules/1")),
        ),
        codes=("module-not-found", "modules-dep-invalid", "initrd-modules-differ"),
    ),
    Parser(
        "a kernel",
        (),
        each(
            kernel_image.release,
            kernel_image.is_without_header,
            kernel_image.is_without_boot_header,
            lambda data: kernel_image.release_in(io.BytesIO(data)),
            lambda data: kernel_image.has_xen_entry(io.BytesIO(data)),
        ),
        inputs=hostile_texts.damaged(KERNEL) | st.sampled_from(OTHER_KERNELS).flatmap(hostile_texts.damaged),
        sample=KERNEL,
        found=(KERNEL[:518],),
    ),
    Parser(
        "a kernel module, compressed",
        (),
        module_of,
        inputs=st.binary(max_size=200) | st.sampled_from(PACKED).flatmap(hostile_texts.damaged),
        sample=PACKED[0],
    ),
    Parser(
        "an initrd",
        (),
        initrd_of,
        codes=("initrd-",),
        inputs=hostile_texts.damaged(archive()) | hostile_texts.documents("070701", "TRAILER!!!", "0" * 8),
        sample=archive(),
    ),
    Parser("a file in an initrd", ("a", "b"), copies),
    Parser(
        "initramfs-tools/modules",
        ("virtio_blk", "virtio-net", "#"),
        unedited=(lambda text: initramfs_tools.add_to_list(text, []) if text.endswith("\n") else text,),
        edits=(lambda text: initramfs_tools.add_to_list(text, ["virtio_blk", "xhci_pci"]),),
    ),
    Parser(
        "dracut.conf.d/guestconv.conf",
        ('add_drivers+=" a b "', 'install_items+="', '"'),
        edits=(lambda text: dracut.with_added(text, ["virtio_blk"], ["/etc/a"]),),
    ),
    Parser(
        "mkinitcpio.conf",
        ("MODULES=(", ")", "a", "MODULES+=", '"', "'", "FILES=", "#", "default_config=/a"),
        mkinitcpio.configurations,
        unedited=(lambda text: mkinitcpio.with_added(text, []),),
        edits=(lambda text: mkinitcpio.with_added(text, ["virtio_blk"], ["/etc/a"]),),
    ),
    Parser(
        "a kernel's configuration",
        ("CONFIG_SERIAL_8250=y", "CONFIG_BLK_DEV_SD=m", "# CONFIG_MODULES is not set"),
        each(kernel_config.built_in, kernel_config.has_no_modules),
    ),
    Parser(
        "configuration of initrds that names no device and no network",
        ("MODULES=()", "ip=dhcp", "/dev/sda1"),
        mkinitcpio.devices,
        unedited=(
            lambda text: mkinitcpio.with_devices(text, lambda name: "UUID=a"),
            lambda text: mkinitcpio.with_network(text, lambda argument: None, str.upper),
        ),
    ),
    Parser(
        "omit_drivers",
        ('omit_drivers+=" a virtio-blk "', "omit_drivers=", '"', "'", ".*", "virtio.*"),
        unedited=(lambda text: dracut.without_omitted(text, []),),
        edits=(lambda text: dracut.without_omitted(text, ["virtio_blk"]),),
    ),
    Parser(
        "sysconfig/kernel and genkernel.conf",
        ('INITRD_MODULES="a -virtio_blk"', "INITRD_MODULES=", "AMODULES_BLOCK='a'", '"', "$", "`", "\\"),
        edits=(
            lambda text: suse_mkinitrd.with_modules(text, ["virtio_blk"]),
            lambda text: genkernel.with_modules(text, ["virtio_blk"]),
        ),
        found=('INITRD_MODULES="a -virtio_blk""',),
    ),
    Parser(
        "an inittab with a line of the first boot",
        ("gc:3:once:/a", "id:3:initdefault:"),
        edits=(lambda text: hooks.with_line(text, "gc:3:once:/a"),),
    ),
    Parser(
        "modprobe.conf and initrd.mk",
        ("alias scsi_hostadapter1 a", "alias scsi_hostadapter", "MODULES_ADD += a", "\\", "PUT_FILES += /a"),
        edits=(
            lambda text: red_hat_mkinitrd.with_adapters(text, ["virtio_blk"]),
            lambda text: make_initrd.with_added(text, ["virtio_blk"], ["/etc/a"]),
        ),
    ),
    Parser(
        "mkinitfs.conf",
        ("features=", '"', "'", "base", "guestconv", "# ", "\\"),
        edits=(mkinitfs.with_feature, lambda text: mkinitfs.with_lines(text, ["kernel/a.ko*"])),
        found=('basefeatures="', 'features=\\"', 'features="\\\nfeatures='),
    ),
)
