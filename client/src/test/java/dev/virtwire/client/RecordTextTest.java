// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.block.BlockJobInfo;
import dev.virtwire.client.domain.DomainInfo;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.StoragePoolEvent;
import dev.virtwire.client.storage.StoragePoolInfo;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a log shows of a record: libvirt's numbers with their names. */
class RecordTextTest {
    @Test
    void aNumberStandsBehindItsName() {
        assertThat(new DomainInfo(1, 2048, 1024, 2, Duration.ofSeconds(3)))
                .hasToString("DomainInfo[state=RUNNING (1), maxMemoryKiB=2048, memoryKiB=1024, vcpus=2, cpuTime=PT3S]");
        assertThat(new DomainStatus(3, 1)).hasToString("DomainStatus[state=PAUSED (3), reason=USER (1)]");
        assertThat(new DomainEvent.Lifecycle(null, 2, 0))
                .hasToString("Lifecycle[domain=null, type=STARTED (2), detail=BOOTED (0)]");
        assertThat(new StoragePoolEvent.Lifecycle(null, 2, 0))
                .hasToString("Lifecycle[pool=null, type=STARTED (2), detail=0]");
        assertThat(new StoragePoolInfo(2, 30, 20, 10))
                .hasToString("StoragePoolInfo[state=RUNNING (2), capacity=30, allocation=20, available=10]");
        assertThat(new BlockJobInfo(2, 0, 1, 4))
                .hasToString("BlockJobInfo[type=COPY (2), bandwidth=0, current=1, end=4]");
        assertThat(new JobStatistics(3, Map.of("operation", 9)))
                .hasToString("JobStatistics[type=COMPLETED (3), operation=BACKUP, values={operation=9}]");
    }

    @Test
    void oneWithoutANameStandsAlone() {
        assertThat(new DomainStatus(99, 7)).hasToString("DomainStatus[state=99, reason=7]");
        assertThat(new DomainStatus(1, 99)).hasToString("DomainStatus[state=RUNNING (1), reason=99]");
    }
}
