// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.DebianLibvirtd;

/** libvirt 12.9 and QEMU 11.1, or what is newest now. */
@DebianLibvirtd(DebianLibvirtd.NEWEST)
class ClientOnNewestLibvirtIT extends ClientOverTcpIT {}
