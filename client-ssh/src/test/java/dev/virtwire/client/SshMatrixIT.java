// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The whole suite by each way of ssh to each libvirt, this machine's, 11.3 and the newest; the usual run has {@link
 * ClientOverSshIT}.
 */
@Tag("matrix")
class SshMatrixIT {
    private static final String NEWER = "trixie";

    @Nested
    class SshOnNewerLibvirt extends ClientOverSshIT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(NEWER);
        }
    }

    @Nested
    class SshOnNewestLibvirt extends ClientOverSshIT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(DebianLibvirtd.NEWEST);
        }
    }

    @Nested
    class SshByNetcat extends ClientOverSshIT {
        @Override
        String more() {
            return "&proxy=netcat";
        }
    }

    @Nested
    class SshByNetcatOnNewerLibvirt extends SshByNetcat {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(NEWER);
        }
    }
}
