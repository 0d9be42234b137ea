// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.CheckpointProcedures;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectGetLibVersionResult;
import dev.virtwire.protocol.remote.ConnectGetVersionResult;
import dev.virtwire.protocol.remote.ConnectListAllDomainsResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainGetInfoResult;
import dev.virtwire.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainIsPersistentResult;
import dev.virtwire.protocol.remote.DomainListAllCheckpointsResult;
import dev.virtwire.protocol.remote.DomainLookupByNameResult;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainState;
import java.util.List;
import java.util.UUID;

/**
 * A host with two domains that are always the same: for tests of what the command prints, and to train its class-data
 * archive if there is no real host.
 *
 * @since 0.1
 */
public final class TwoDomains {
    private static final int NO_PARENT = 0;
    private static final DomainRef RUNNING =
            new DomainRef("web1", UUID.fromString("11111111-2222-3333-4444-555555555555"), 7);
    private static final DomainRef OFF =
            new DomainRef("a-longer-name", UUID.fromString("99999999-8888-7777-6666-555555555555"), -1);
    private static final String XML = """
            <domain type='test'>
              <devices>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/>
                  <source file='/images/web1.qcow2'/>
                  <target dev='vda' bus='virtio'/>
                </disk>
                <disk type='volume' device='disk'>
                  <driver name='qemu' type='raw'/>
                  <source pool='fast' volume='data'/>
                  <target dev='vdb' bus='virtio'/>
                </disk>
                <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
              </devices>
            </domain>
            """;

    private TwoDomains() {}

    /** Starts it. */
    public static ScriptedLibvirtd start() {
        ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> new ConnectGetHostnameResult("fakehost"));
        libvirtd.answer(ConnectProcedures.CONNECT_GET_LIB_VERSION, none -> new ConnectGetLibVersionResult(9_000_000));
        libvirtd.answer(ConnectProcedures.CONNECT_GET_VERSION, none -> new ConnectGetVersionResult(2_003));
        libvirtd.answer(
                DomainProcedures.CONNECT_LIST_ALL_DOMAINS,
                flags -> new ConnectListAllDomainsResult(List.of(RUNNING, OFF), 2));
        libvirtd.answer(
                DomainProcedures.DOMAIN_LOOKUP_BY_NAME, name -> new DomainLookupByNameResult(named(name.name())));
        libvirtd.answer(DomainProcedures.DOMAIN_GET_INFO, domain -> info(domain.domain()));
        libvirtd.answer(DomainProcedures.DOMAIN_IS_PERSISTENT, domain -> new DomainIsPersistentResult(1));
        libvirtd.answer(DomainProcedures.DOMAIN_GET_XML_DESC, domain -> new DomainGetXmlDescResult(XML));
        libvirtd.answer(
                CheckpointProcedures.DOMAIN_LIST_ALL_CHECKPOINTS,
                domain -> new DomainListAllCheckpointsResult(List.of(), NO_PARENT));
        return libvirtd;
    }

    private static DomainRef named(String name) {
        return List.of(RUNNING, OFF).stream()
                .filter(domain -> domain.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ScriptedError(
                        ErrorCode.NO_DOMAIN, "Domain not found: no domain with matching name '" + name + "'"));
    }

    private static DomainGetInfoResult info(DomainRef domain) {
        DomainState state = domain.id() < 0 ? DomainState.SHUTOFF : DomainState.RUNNING;
        return new DomainGetInfoResult(state.value(), 2 << 20, 1 << 20, 2, 12_345_678_900L);
    }
}
