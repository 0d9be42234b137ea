// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BatchRequest;
import dev.virtwire.repository.Retention;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchTest {
    @ParameterizedTest
    @CsvSource({"0, 4, 0", "1000, 1, 1000", "1000, 3, 333", "1, 2, 1"})
    void jobsThatMergeAtTheSameTimeShareTheLimit(long limit, int jobs, long each) {
        BatchRequest request = BatchRequest.of(List.of()).withJobs(jobs).limitedTo(limit);
        assertThat(Batch.pruning(request, "web1", Retention.ofLast(3)).bytesPerSecond())
                .isEqualTo(each);
    }
}
