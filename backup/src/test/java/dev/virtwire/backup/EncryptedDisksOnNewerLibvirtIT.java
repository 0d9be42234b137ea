// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.testkit.DebianLibvirtd;

/** libvirt 11.3 and QEMU 10.0. */
@DebianLibvirtd("trixie")
class EncryptedDisksOnNewerLibvirtIT extends EncryptedDisksSuite {}
