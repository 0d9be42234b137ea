// SPDX-License-Identifier: Apache-2.0
/**
 * What tests against libvirt need and a mock cannot give: a real libvirtd that is private and gone afterwards, guests
 * whose disks are known byte for byte and can be written to while they run, and a proxy that spoils a connection. And a
 * scripted libvirtd for what a real one cannot be made to do.
 *
 * <p>Needs root, and Debian's packages libvirt-daemon, libvirt-daemon-driver-qemu, libvirt-clients, qemu-system-x86 and
 * qemu-utils. Everything here is blocking.
 */
@NullMarked
package dev.virtwire.testkit;

import org.jspecify.annotations.NullMarked;
