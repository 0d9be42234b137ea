// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class JobStatisticsTest {
    /** libvirt says so of every pull backup that was ended by its reader. */
    @Test
    void aJobThatSucceededHasNoErrorWhateverLibvirtSays() {
        JobStatistics good = new JobStatistics(0, Map.of("success", true, "errmsg", "Operation canceled"));
        assertThat(good.errorMessage()).isNull();
        assertThat(good.values()).containsEntry("errmsg", "Operation canceled");
    }

    @Test
    void aJobThatFailedSaysWhy() {
        assertThat(new JobStatistics(0, Map.of("success", false, "errmsg", "no space")).errorMessage())
                .isEqualTo("no space");
        assertThat(new JobStatistics(0, Map.of("errmsg", "no space")).errorMessage())
                .isEqualTo("no space");
    }
}
