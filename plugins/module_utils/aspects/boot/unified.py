# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images: an EFI program that has a kernel, its initrd and its command line in it. They are only read.

What is in one is fixed: most are signed, and all are measured. So a guest that boots by one can be converted where
nothing in it has to change.

Source: UAPI.5, https://uapi-group.org/specifications/specs/unified_kernel_image/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import GuestconvError
from ...guest import boot_menu
from ...guest.boot_menu import BootMenu
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts import kernel_arguments
from . import pe
from .command_line import Editor
from .pe import Program, Section

# What the texts in one may have at most; the kernel takes command lines of 4096 bytes.
_LONGEST = 64 * 1024

_KERNEL = ".linux"
_INITRD = ".initrd"
_COMMAND_LINE = ".cmdline"
# The directory of one image's addons is called as its file, with this behind it.
_OWN_ADDONS, _ADDON = ".extra.d", ".addon.efi"
# What separates the profiles of one image.
_PROFILE = ".profile"
_MOST_PROFILES = 256

# A console that the host reads.
_SERIAL = re.compile(r"console=(?:ttyS|ttyAMA|hvc|ttysclp)")


@dataclass(frozen=True)
class Entry(boot_menu.Entry):
    """An entry that starts an image. is_fixed: whether its command line is within the image."""

    is_fixed: bool = True


@dataclass(frozen=True)
class Image:
    """A unified kernel image, or one profile of it.

    path: of its file. profile: its number; 0 is what starts where none is asked for. sections: those of the profile, by
    name. arguments: the command line. release: the os-release in it. version: of the kernel, as it says itself.
    profile_id, profile_title: what the profile calls itself.
    """

    path: str
    profile: int
    sections: Mapping[str, Section]
    arguments: str
    release: Mapping[str, str]
    version: str | None
    is_signed: bool
    profile_id: str = ""
    profile_title: str = ""

    @property
    def title(self) -> str:
        """What a boot menu calls it."""
        name = next((self.release[key] for key in ("PRETTY_NAME", "IMAGE_ID", "NAME", "ID") if key in self.release), "")
        more = self.profile_title or (self.profile_id if self.profile else "")
        return f"{name} ({more})" if more else name

    def entry(self, arguments: str, title: str = "", is_fixed: bool = True) -> Entry:
        """The entry of a boot menu that starts it. is_fixed: whether the arguments are within."""
        title = title or self.title
        return Entry(self.path, (), arguments, title, self.version, unified=True, is_fixed=is_fixed)


def is_image(data: bytes) -> bool:
    """Whether an EFI program that begins with data is a unified kernel image."""
    program = pe.parse(data[: pe.HEAD])
    return program is not None and program.section(_KERNEL) is not None


def read(root: GuestRoot, path: str) -> list[Image]:
    """The unified kernel image at path, an Image for each of its profiles; none where the file is none."""
    program = _program(root, path)
    if program is None or program.section(_KERNEL) is None:
        return []
    return [_image(root, path, program, number, sections) for number, sections in enumerate(profiles(program))]


def _program(root: GuestRoot, path: str) -> Program | None:
    """The EFI program at path; None where there is none."""
    return pe.parse(root.head(path, pe.HEAD)) if root.is_file(path) else None


def profiles(program: Program) -> list[dict[str, Section]]:
    """The sections of each profile of an image: its own, and those before the first profile's that it does not have."""
    base: dict[str, Section] = {}
    found = [base]
    for section in program.sections:
        if section.name == _PROFILE:
            if len(found) > _MOST_PROFILES:
                break
            found.append({})
        found[-1].setdefault(section.name, section)
    return [{**base, **own} for own in found[1:]] or found


def _section(root: GuestRoot, path: str, name: str) -> Section | None:
    """The section of that name of the image at path, in its first profile; None where there is none, or no image."""
    program = _program(root, path)
    return profiles(program)[0].get(name) if program and program.section(_KERNEL) else None


def _image(root: GuestRoot, path: str, program: Program, number: int, sections: Mapping[str, Section]) -> Image:
    texts = {
        name: _text(root.part(path, section.start, min(section.size, _LONGEST)))
        for name, section in sections.items()
        if name in (_COMMAND_LINE, ".osrel", ".uname", _PROFILE)
    }
    profile = assignments(texts.get(_PROFILE, ""))
    return Image(
        path,
        number,
        sections,
        command_line(texts.get(_COMMAND_LINE, "")),
        assignments(texts.get(".osrel", "")),
        texts.get(".uname", "").strip() or None,
        program.is_signed,
        profile.get("ID", ""),
        profile.get("TITLE", ""),
    )


def _text(content: bytes) -> str:
    return content.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def command_line(text: str) -> str:
    """The kernel's command line of a section's text, which systemd-stub takes the ends of lines from for blanks."""
    return re.sub(r"[\0-\x20]", " ", text).strip()


def assignments(text: str) -> dict[str, str]:
    """The assignments of an os-release(5), the last of each name."""
    found = {}
    for line in text.split("\n"):
        name, equals, value = line.strip(" \t\r").partition("=")
        if equals and not name.startswith("#"):
            is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[name] = value[1:-1] if is_quoted else value
    return found


def kernel_head(root: GuestRoot, path: str, count: int) -> bytes:
    """The first count bytes of the kernel in the image at path, b"" where there is none."""
    section = _section(root, path, _KERNEL)
    return root.part(path, section.start, min(section.size, count)) if section else b""


def download_initrd(root: GuestRoot, path: str, local: str) -> bool:
    """Copy the initrd in the image at path to the host's file local. False where it has none."""
    section = _section(root, path, _INITRD)
    if section is not None:
        root.download(path, local, [(section.start, section.size)])
    return section is not None


def with_addons(root: GuestRoot, image: Image, directories: Sequence[str]) -> str:
    """The image's command line with what its addons, and those in further directories, put behind it (systemd-stub(7))."""
    lines = [image.arguments]
    for directory in (*directories, f"{image.path}{_OWN_ADDONS}"):
        lines += [_of_addon(root, f"{directory}/{name}") for name in root.list(directory) if _is_addon(name)]
    return " ".join(filter(None, lines))


def _is_addon(name: str) -> bool:
    return name.lower().endswith(_ADDON)


def _of_addon(root: GuestRoot, path: str) -> str:
    program = _program(root, path)
    section = program.section(_COMMAND_LINE) if program else None
    if section is None:
        return ""
    return command_line(_text(root.part(path, section.start, min(section.size, _LONGEST))))


def concerns(default: boot_menu.Entry | None) -> list[Concern]:
    """What a person should know where the default entry of the menu is an image with its own command line."""
    if not (isinstance(default, Entry) and default.is_fixed):
        return []
    if any(_SERIAL.match(each) for each in kernel_arguments.split(default.arguments)):
        return []
    return [
        Concern(
            "unified-image-console",
            "info",
            f"{default.kernel} is a unified kernel image, to whose command line guestconv cannot add a serial console. On "
            "the target the host does not see how the guest starts.",
            "To see it, make the image in the guest with console=tty0 console=ttyS0,115200 on its command line.",
        )
    ]


def check(menu: BootMenu, edit: Editor) -> list[Concern]:
    """Doubt that the command lines in images can stay. Returns what is to be said of others than the default.

    edit: what the conversion needs of a command line. Raises GuestconvError `unified-image-fixed` for the default.
    """
    found = []
    for entry in menu.entries:
        if not (isinstance(entry, Entry) and entry.is_fixed):
            continue
        after = kernel_arguments.split(edit(entry.arguments, None))
        changed = [each for each in kernel_arguments.split(entry.arguments) if each not in after]
        changed = [each for each in changed if not each.startswith("console=")]
        if not changed:
            continue
        why = f"{', '.join(changed)} on its command line is wrong on the target"
        concern = fixed(entry.kernel, "warning", why, "another command line")
        if entry is menu.default:
            raise GuestconvError(concern.code, concern.message, hint=concern.hint)
        found.append(concern)
    return found


def fixed(path: str, severity: str, why: str, needs: str) -> Concern:
    """The concern for an image in which something would have to change. why: what; needs: what it must be made with."""
    return Concern(
        "unified-image-fixed",
        severity,
        f"{path} is a unified kernel image, which guestconv does not change: {why}.",
        f"Make it anew in the guest before it moves (kernel-install, ukify, dracut --uefi): with {needs}.",
    )
