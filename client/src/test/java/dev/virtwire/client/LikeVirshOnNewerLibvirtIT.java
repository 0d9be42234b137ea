// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.DebianLibvirtd;

/** The same with libvirt 11.3 and QEMU 10.0. */
@DebianLibvirtd("trixie")
class LikeVirshOnNewerLibvirtIT extends LikeVirshIT {}
