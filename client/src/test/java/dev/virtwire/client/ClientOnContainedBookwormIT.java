// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.DebianLibvirtd;

/** libvirt 9.0 and QEMU 7.2, in a container. */
@DebianLibvirtd(value = "bookworm", container = true)
class ClientOnContainedBookwormIT extends ClientOverTcpIT {}
