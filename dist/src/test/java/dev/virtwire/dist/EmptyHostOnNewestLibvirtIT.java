// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.Tag;

/** libvirt 12.9. Part of {@code ./check chaos}. */
@Tag("chaos")
class EmptyHostOnNewestLibvirtIT extends EmptyHostSuite {
    @Override
    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder().debian(DebianLibvirtd.NEWEST);
    }

    @Override
    String ofShutdown() {
        return "the guest shut down meanwhile, and was kept paused until its disks were read";
    }
}
