// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.manifest.ExcludedDisk;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoticeTest {
    @Test
    void warningsAreToldApart() {
        Notice copied = Notice.information("disk vda was copied in full");
        Notice missed = Notice.warning("disk vdb is not in it");

        assertThat(copied.isWarning()).isFalse();
        assertThat(missed.isWarning()).isTrue();
        assertThat(missed).hasToString("disk vdb is not in it").isEqualTo(Notice.warning("disk vdb is not in it"));
        assertThat(Notice.texts(List.of(missed, copied), Notice.Severity.INFORMATION))
                .containsExactly("disk vda was copied in full");
        assertThat(Notice.texts(List.of(missed, copied), Notice.Severity.WARNING))
                .containsExactly("disk vdb is not in it");
    }

    /** Doubt is for the warning: a reason of another program may be anything. */
    @Test
    void aDiskIsMissedUnlessSomebodyLeftItOutOrItsMediumCanBeTakenOut() {
        assertThat(List.of(
                        "excluded by the user",
                        "not chosen by the user",
                        "it is empty",
                        "it is a cdrom",
                        "it is a floppy"))
                .noneMatch(reason -> new ExcludedDisk("vdb", reason).missed());
        assertThat(List.of(
                        "it is transient: its changes are thrown away when the guest stops",
                        "it is read-only",
                        "it is of type vhostuser, which the hypervisor cannot read",
                        "its target is no name for a file",
                        "whatever another program says"))
                .allMatch(reason -> new ExcludedDisk("vdb", reason).missed());
    }
}
