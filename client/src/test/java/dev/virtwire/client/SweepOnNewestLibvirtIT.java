// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;

/** The same with the libvirt that the tables follow: it knows each procedure and each constant of them. */
class SweepOnNewestLibvirtIT extends SweepIT {
    @Override
    PrivateLibvirtd.Builder builder() {
        return super.builder().debian(DebianLibvirtd.NEWEST);
    }

    @Override
    String label() {
        return "newest-";
    }
}
