// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Libvirt.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which class the errors of a real server have, where callers tell them apart. */
@ExtendWith(LibvirtdExtension.class)
class CatchIT {
    private Libvirtd libvirtd;
    private Libvirt libvirt;
    private Libvirt test;

    @BeforeEach
    void connect(Libvirtd server) throws InterruptedException {
        libvirtd = server;
        libvirt = await(Libvirt.connect(server.unixUri()));
        test = await(Libvirt.connect(server.testUnixUri()));
    }

    @AfterEach
    void disconnect() {
        libvirt.close();
        test.close();
    }

    private static <T> void fails(Supplier<CompletableFuture<T>> call, Class<? extends LibvirtException> with) {
        assertThatThrownBy(() -> await(call.get())).isExactlyInstanceOf(with);
    }

    @Test
    void whatIsNotThereHasAClassOfItsOwn() throws InterruptedException {
        Domain domain = await(test.domain("test"));
        fails(() -> test.domain("nobody"), NoSuchDomainException.class);
        fails(() -> libvirt.domain(new UUID(1, 2)), NoSuchDomainException.class);
        fails(() -> test.networks().find("nothing"), NoSuchNetworkException.class);
        fails(() -> test.storage().pool("nothing"), NoSuchStoragePoolException.class);
        StoragePool pool = await(test.storage().pool("default-pool"));
        fails(() -> pool.volume("nothing"), NoSuchVolumeException.class);
        fails(() -> domain.snapshots().find("nothing"), NoSuchSnapshotException.class);
        fails(() -> domain.checkpoints().find("nothing"), NoSuchCheckpointException.class);
        fails(() -> libvirt.secrets().find(new UUID(1, 2)), NoSuchSecretException.class);
        fails(() -> test.node().device("nothing"), NoSuchNodeDeviceException.class);
    }

    @Test
    void whatCannotBeDoneNowOrAtAllHasOneToo() throws InterruptedException {
        Domain domain = await(test.domain("test"));
        try (Guest guest =
                Guest.on(libvirtd, "caught").disk(GuestDisk.qcow2(1 << 20)).start()) {
            fails(await(libvirt.domain(guest.name()))::start, OperationInvalidException.class);
        }
        fails(() -> test.defineDomain("<domain"), InvalidArgumentException.class);
        BackupSpec spec = BackupSpec.push()
                .disk(BackupDisk.of("vda").on(BackupStorage.file("/none")))
                .build();
        fails(() -> domain.beginBackup(spec), NotSupportedException.class);
        try (Libvirt readOnly = await(Libvirt.connect(
                libvirtd.testUnixUri(), ConnectOptions.builder().readOnly(true).build()))) {
            Domain seen = await(readOnly.domain("test"));
            fails(seen::destroy, AccessDeniedException.class);
        }
    }

    @Test
    void eachStillHasItsCode() {
        assertThatThrownBy(() -> await(libvirt.domain("nobody")))
                .isInstanceOfSatisfying(
                        NotFoundException.class,
                        e -> assertThat(e.is(ErrorCode.NO_DOMAIN)).isTrue());
    }
}
