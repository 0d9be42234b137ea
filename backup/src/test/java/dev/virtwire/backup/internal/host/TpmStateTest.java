// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.DomainDescription;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TpmStateTest {
    private static final UUID OWN = UUID.fromString("0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11");

    private static DomainDescription domain(String source) {
        return DomainDescription.parse("<domain><devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'>"
                + source + "</backend></tpm></devices></domain>");
    }

    private static boolean isPlace(String source, @Nullable DomainDescription former) {
        return TpmState.isPlace(domain(source).tpm(), OWN, former);
    }

    private static String file(String path) {
        return "<source type='file' path='" + path + "'/>";
    }

    /** The path is the point's word, and the write is root's. */
    @Test
    void aStateIsWrittenToNoOtherFileOfTheHost() {
        assertThat(isPlace("", null)).isTrue();
        assertThat(isPlace(file("/var/lib/libvirt/swtpm/" + OWN + "/tpm2/state"), null))
                .isTrue();
        assertThat(isPlace(file("/var/lib/libvirt/swtpm/mine/state"), null)).isTrue();
        assertThat(isPlace("<source type='dir' path='/var/lib/libvirt/swtpm/mine'/>", null))
                .isTrue();
        assertThat(isPlace(file("/etc/shadow"), null)).isFalse();
        assertThat(isPlace(file("var/lib/libvirt/swtpm/mine/state"), null)).isFalse();
        assertThat(isPlace(file("/var/lib/libvirt/swtpm/../../../../etc/shadow"), null))
                .isFalse();
        assertThat(isPlace("<source type='dir' path='/etc/cron.d'/>", null)).isFalse();
        assertThat(isPlace(
                        file("/var/lib/libvirt/swtpm/1ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11/tpm2/tpm2-00.permall"), null))
                .isFalse();
    }

    @Test
    void whatTheDomainHadOnTheHostIsItsOwn() {
        assertThat(isPlace(file("/srv/tpm/state"), domain(file("/srv/tpm/state"))))
                .isTrue();
        assertThat(isPlace(file("/srv/tpm/state"), domain(file("/srv/tpm/other"))))
                .isFalse();
        assertThat(isPlace(file("/srv/tpm/state"), domain(""))).isFalse();
    }
}
