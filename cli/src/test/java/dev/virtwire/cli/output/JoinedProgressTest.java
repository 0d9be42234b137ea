// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Progress;
import dev.virtwire.repository.Progress.Phase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JoinedProgressTest {
    @Test
    void addsUpWhatEachDomainSaidLastAndNamesTheOneThatSpoke() {
        List<Progress> heard = new ArrayList<>();
        JoinedProgress joined = new JoinedProgress(heard::add);

        joined.of("web1").progressed(new Progress(Phase.COPYING, "vda", 0, 2, 10, 100, 5));
        joined.of("web2").progressed(new Progress(Phase.COPYING, "vdb", 1, 3, 20, 200, 7));
        joined.of("web1").progressed(new Progress(Phase.COMMITTING, null, 2, 2, 100, 100, 50));

        assertThat(heard)
                .containsExactly(
                        new Progress(Phase.COPYING, "web1 vda", 0, 2, 10, 100, 5),
                        new Progress(Phase.COPYING, "web2 vdb", 1, 5, 30, 300, 12),
                        new Progress(Phase.COMMITTING, "web1", 3, 5, 120, 300, 57));
    }
}
