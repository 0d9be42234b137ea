// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.testkit.DebianLibvirtd;

/** libvirt 12.9 and QEMU 11.1, or what is newest now: it has every kind of event. */
@DebianLibvirtd(DebianLibvirtd.NEWEST)
class GuestEventsOnNewestLibvirtIT extends GuestEventsIT {}
