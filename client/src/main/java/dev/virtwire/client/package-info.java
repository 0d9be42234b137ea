// SPDX-License-Identifier: Apache-2.0
/**
 * Connections to libvirt: {@link dev.virtwire.client.Libvirt} opens one and leads to everything else; every failure is
 * a {@link dev.virtwire.client.LibvirtException} whose class says who failed.
 */
@NullMarked
package dev.virtwire.client;

import org.jspecify.annotations.NullMarked;
