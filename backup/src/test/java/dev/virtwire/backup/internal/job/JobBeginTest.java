// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class JobBeginTest {
    @Test
    void aDiskIsFoundInATextOfAnyLanguage() {
        Set<String> disks = Set.of("vda", "vdb", "vd");
        assertThat(JobBegin.named("missing or broken bitmap 'virtwire-x-full' for disk 'vda'", disks))
                .containsExactly("vda");
        assertThat(JobBegin.named("Bitmap »virtwire-x-full« fehlt auf Platte »vdb«.", disks))
                .containsExactly("vdb");
        assertThat(JobBegin.named("ディスクvdbのビットマップがありません", disks)).isEmpty();
        assertThat(JobBegin.named("checkpoint inconsistent", disks)).isEmpty();
    }
}
