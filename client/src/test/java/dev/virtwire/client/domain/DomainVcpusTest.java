// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainGetVcpuPinInfoResult;
import dev.virtwire.protocol.remote.DomainGetVcpusFlagsResult;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainVcpuFlags;
import dev.virtwire.protocol.remote.NodeGetCpuMapResult;
import dev.virtwire.protocol.remote.NodeProcedures;
import dev.virtwire.protocol.remote.VcpuProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.util.BitSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DomainVcpusTest {
    /** Of four virtual CPUs the second and third may be offline: the fourth still has its own place. */
    @Test
    void thePinningOfVirtualCpusThatAreOfflineIsToldToo() {
        try (ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
                Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join()) {
            libvirtd.answer(NodeProcedures.NODE_GET_CPU_MAP, asked -> new NodeGetCpuMapResult(new byte[0], 8, 8))
                    .answer(VcpuProcedures.DOMAIN_GET_VCPUS_FLAGS, asked -> {
                        assertThat(asked.flags())
                                .containsExactlyInAnyOrder(DomainVcpuFlags.MAXIMUM, DomainVcpuFlags.CONFIG);
                        return new DomainGetVcpusFlagsResult(4);
                    })
                    .answer(VcpuProcedures.DOMAIN_GET_VCPU_PIN_INFO, asked -> {
                        assertThat(asked.flags()).isEqualTo(Set.of(DomainAffectFlags.CONFIG));
                        return new DomainGetVcpuPinInfoResult(new byte[] {1, 2, 4, 8}, asked.ncpumaps());
                    });
            DomainVcpus vcpus =
                    Domain.of(libvirt, new DomainRef("web1", new UUID(1, 2), 7)).vcpus();

            assertThat(vcpus.pinning(DomainAffectFlags.CONFIG).join()).containsExactly(bit(0), bit(1), bit(2), bit(3));
        }
    }

    private static BitSet bit(int number) {
        BitSet bits = new BitSet();
        bits.set(number);
        return bits;
    }
}
