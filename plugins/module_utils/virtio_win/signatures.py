# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By whom a driver is signed, as far as Windows decides by it whether it loads the driver. Pure.

Windows of 64 bits loads drivers that Microsoft signed, or, except with Secure Boot and in new installations, whose
certificate leads to Microsoft's cross-certificates ("Kernel-mode code signing policy"). The builds of the virtio-win
project for Windows 8 to 8.1 are signed with a certificate of the project's own (virtio-win-pkg-scripts, README.md).

The texts are those of certificates in the signatures of such drivers; a signature is not verified here.
"""

from __future__ import annotations

from dataclasses import dataclass

# OIDs in DER: signedData of PKCS #7, and SHA-256.
_SIGNED = bytes.fromhex("06092a864886f70d010702")
_SHA_256 = bytes.fromhex("0609608648016503040201")
_MICROSOFT = b"Microsoft Windows Hardware Compatibility Publisher"
_CROSS_CERTIFICATE = b"Microsoft Code Verification Root"


@dataclass(frozen=True)
class Signature:
    """by_microsoft: whether Microsoft signed it. is_for_tests: whether neither Microsoft nor who it certified did.

    has_sha_256: whether it has hashes that Windows 7 knows after an update only.
    """

    by_microsoft: bool
    is_for_tests: bool
    has_sha_256: bool


def signature_in(content: bytes) -> Signature | None:
    """The signature in a catalog or a driver; None where it has none."""
    if _SIGNED not in content:
        return None
    by_microsoft = _MICROSOFT in content
    return Signature(by_microsoft, not by_microsoft and _CROSS_CERTIFICATE not in content, _SHA_256 in content)
