// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectListAllStoragePoolsFlags;
import dev.virtwire.protocol.remote.StoragePoolState;
import dev.virtwire.protocol.remote.StorageVolInfoFlags;
import dev.virtwire.protocol.remote.StorageVolResizeFlags;
import dev.virtwire.protocol.remote.StorageVolType;
import dev.virtwire.protocol.remote.StorageVolWipeAlgorithm;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pools and volumes of a real libvirtd. */
@ExtendWith(LibvirtdExtension.class)
class StorageIT {
    private static final long MIB = 1 << 20;

    private Libvirt libvirt;
    private Path folder;

    @BeforeEach
    void connect(Libvirtd libvirtd, TestInfo test) {
        libvirt = Libvirt.connect(libvirtd.unixUri()).join();
        folder = libvirtd.directory()
                .resolve("pool-of-" + test.getTestMethod().orElseThrow().getName());
    }

    @AfterEach
    void disconnect() {
        libvirt.close();
    }

    @Test
    void aPoolIsDefinedBuiltStartedStoppedAndDeleted() {
        StoragePool pool = libvirt.storage().definePool(poolXml("life")).join();
        assertThat(pool.isActive().join()).isFalse();
        assertThat(pool.isPersistent().join()).isTrue();
        assertThat(pool.info().join().state()).contains(StoragePoolState.INACTIVE);
        pool.build().join();
        pool.start().join();
        assertThat(pool.isActive().join()).isTrue();
        assertThat(pool.info().join()).satisfies(info -> {
            assertThat(info.state()).contains(StoragePoolState.RUNNING);
            assertThat(info.capacity()).isPositive().isEqualTo(info.allocation() + info.available());
        });
        assertThat(pool.xml().join()).contains("<name>life</name>", folder.toString());
        assertThat(pool.autostart().join()).isFalse();
        pool.setAutostart(true).join();
        assertThat(pool.autostart().join()).isTrue();

        assertThat(libvirt.storage().pool("life").join())
                .isEqualTo(pool)
                .hasSameHashCodeAs(pool)
                .hasToString("life (" + pool.uuid() + ")");
        assertThat(libvirt.storage().pool(pool.uuid()).join()).isEqualTo(pool);
        assertThat(libvirt.storage().poolAt(folder.toString()).join()).isEqualTo(pool);
        assertThat(libvirt.storage().pools().join()).contains(pool);
        assertThat(libvirt.storage()
                        .pools(ConnectListAllStoragePoolsFlags.INACTIVE)
                        .join())
                .doesNotContain(pool);

        pool.destroy().join();
        pool.delete().join();
        assertThat(folder).doesNotExist();
        pool.undefine().join();
        assertThatThrownBy(() -> libvirt.storage().pool("life").join())
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.is(ErrorCode.NO_STORAGE_POOL)).isTrue());
    }

    @Test
    void volumesAreMadeFoundResizedCopiedWipedAndDeleted() throws Exception {
        Files.createDirectories(folder);
        StoragePool pool = libvirt.storage().createPool(poolXml("volumes")).join();
        try {
            StorageVolume volume =
                    pool.createVolume(volumeXml("one.raw", 4 * MIB, 0)).join();
            assertThat(volume.name()).isEqualTo("one.raw");
            assertThat(volume.pool().join()).isEqualTo(pool);
            assertThat(volume.path().join()).isEqualTo(volume.key()).isEqualTo(folder + "/one.raw");
            assertThat(volume.info().join()).satisfies(info -> {
                assertThat(info.type()).contains(StorageVolType.FILE);
                assertThat(info.capacity()).isEqualTo(4 * MIB);
                assertThat(info.allocation()).isZero();
            });
            assertThat(volume.info(Set.of(StorageVolInfoFlags.GET_PHYSICAL))
                            .join()
                            .allocation())
                    .isEqualTo(4 * MIB);
            assertThat(pool.volume("one.raw").join()).isEqualTo(volume).hasSameHashCodeAs(volume);
            assertThat(libvirt.storage().volumeByKey(volume.key()).join()).isEqualTo(volume);
            assertThat(libvirt.storage().volumeByPath(volume.key()).join()).isEqualTo(volume);

            volume.resize(MIB, StorageVolResizeFlags.DELTA).join();
            assertThat(volume.info().join().capacity()).isEqualTo(5 * MIB);
            Files.writeString(Path.of(volume.key()), "secret");
            StorageVolume copy =
                    pool.createVolumeFrom(volumeXml("two.raw", MIB, 0), volume).join();
            assertThat(Files.readString(Path.of(copy.key()))).startsWith("secret");
            copy.wipe().join();
            assertThat(Files.readString(Path.of(copy.key()))).doesNotContain("secret");
            assertThat(pool.volumes().join()).containsExactlyInAnyOrder(volume, copy);

            Files.writeString(folder.resolve("behind.raw"), "x");
            pool.refresh().join();
            assertThat(pool.volumes().join()).extracting(StorageVolume::name).contains("behind.raw");
            assertThatThrownBy(() -> volume.wipe(StorageVolWipeAlgorithm.TRIM).join())
                    .hasMessageContaining("trim");
            volume.delete().join();
            assertThat(Path.of(volume.key())).doesNotExist();
        } finally {
            pool.destroy().join();
        }
    }

    @Test
    void saysWhatPoolsTheHostCanHave() {
        assertThat(libvirt.storage().poolCapabilities().join()).contains("<pool type='dir' supported='yes'>");
    }

    @Test
    void aBadArgumentIsRefusedBeforeItIsSent() {
        assertThatThrownBy(() -> libvirt.storage().pool("no\0where").join())
                .cause()
                .isInstanceOf(CallRefusedException.class)
                .hasMessageContaining("StoragePoolLookupByName.name");
    }

    private String poolXml(String name) {
        return "<pool type='dir'><name>%s</name><target><path>%s</path></target></pool>".formatted(name, folder);
    }

    private static String volumeXml(String name, long capacity, long allocation) {
        return "<volume><name>%s</name><capacity>%d</capacity><allocation>%d</allocation></volume>"
                .formatted(name, capacity, allocation);
    }
}
