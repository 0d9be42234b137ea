// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.AccessDeniedException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainIsActiveResult;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.StorageVolProcedures;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import dev.virtwire.testkit.TwoDomains;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which disks the domains of another machine have, whose paths only its libvirt can compare. */
class HostDomainsTest {
    private static final String XML = """
        <domain type='kvm'><devices>
          <disk type='block' device='disk'><source dev='/dev/vg/web1'/><target dev='vda'/></disk>
          <disk type='block' device='disk'><source dev='/dev/vg/web1'/><target dev='vdb'/></disk>
          <disk type='file' device='disk'><source file='/images/web1.qcow2'/><target dev='vdc'/>
            <backingStore type='file'><source file='/images/base.qcow2'/></backingStore>
          </disk>
        </devices></domain>
        """;

    private final List<Replaced> places = List.of(new Replaced(Path.of("/elsewhere/disk.raw"), ImageFormat.RAW));
    private ScriptedLibvirtd libvirtd;
    private Libvirt libvirt;

    @BeforeEach
    void start() {
        libvirtd = TwoDomains.start();
        libvirtd.answer(DomainProcedures.DOMAIN_GET_XML_DESC, asked -> new DomainGetXmlDescResult(XML));
        libvirtd.answer(DomainProcedures.DOMAIN_IS_ACTIVE, asked -> new DomainIsActiveResult(1));
        libvirt = Libvirt.connect(libvirtd.uri()).join();
    }

    @AfterEach
    void end() {
        libvirt.close();
        libvirtd.close();
    }

    private void answerLookups(ErrorCode error) {
        libvirtd.answer(StorageVolProcedures.STORAGE_VOL_LOOKUP_BY_PATH, asked -> {
            throw new ScriptedError(error, asked.path());
        });
    }

    @Test
    void aDeviceIsLookedUpOnceAndAFileNever() {
        answerLookups(ErrorCode.NO_STORAGE_VOL);

        new HostDomains(libvirt).refuse(places);

        assertThat(libvirtd.callsOf(StorageVolProcedures.STORAGE_VOL_LOOKUP_BY_PATH))
                .isEqualTo(1);
    }

    @Test
    void whoMayNotAskIsNotToldThatADeviceIsFree() {
        answerLookups(ErrorCode.ACCESS_DENIED);

        HostDomains domains = new HostDomains(libvirt);
        assertThatThrownBy(() -> domains.refuse(places)).isInstanceOf(AccessDeniedException.class);
        assertThatThrownBy(() -> domains.refuseDefined(UUID.randomUUID(), places))
                .isInstanceOf(AccessDeniedException.class);
    }
}
