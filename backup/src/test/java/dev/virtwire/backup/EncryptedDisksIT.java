// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

/** The libvirt and QEMU of this machine. */
class EncryptedDisksIT extends EncryptedDisksSuite {}
