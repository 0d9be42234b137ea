// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.Tag;

/** libvirt 11.3 and QEMU 10.0. Part of {@code ./check chaos}. */
@Tag("chaos")
class EmptyHostOnNewerLibvirtIT extends EmptyHostSuite {
    @Override
    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder().debian("trixie");
    }
}
