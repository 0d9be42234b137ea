// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.LinuxGuest;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many connections at once, whose users change their minds, whose executors are slow, and whose server and way there
 * come and go. At the end every future is done, every subscription has ended, nothing is frozen, and no thread, socket
 * or buffer is left.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class SoakIT {
    /** Ten minutes in the profile matrix. */
    private static final Duration LENGTH = Duration.ofSeconds(Integer.getInteger("soak.seconds", 15));

    private static final int CONNECTIONS = Integer.getInteger("soak.connections", 50);
    private static final String POOL = "<pool type='dir'><name>soak</name><target><path>%s</path></target></pool>";
    private static final String VOLUME =
            "<volume><name>soak.img</name><capacity>4194304</capacity><target><format type='raw'/></target></volume>";

    private final long seed = Long.getLong("soak.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void whateverIsGivenUpCutOrKilledNothingIsLeft() throws Exception {
        System.out.printf("soak of %s on %d connections, seed %d: ", LENGTH, CONNECTIONS, seed);
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.builder()
                        .libvirtdConf("max_clients = " + 20 * CONNECTIONS)
                        .libvirtdConf("max_anonymous_clients = " + 20 * CONNECTIONS)
                        .start();
                LinuxGuest guest = LinuxGuest.on(libvirtd, "soak").start()) {
            makeVolume(libvirtd);
            LeakWatch leaks = new LeakWatch();
            List<SoakUser> users = soak(libvirtd, guest.name());
            for (SoakUser user : users) {
                user.assertNothingIsPending();
            }
            System.out.println(SoakUser.summary(users));
            SoakUser.assertUsualEnds(users);
            leaks.assertNothingIsLeft();
            givenUpFreezesAreUndone(libvirtd, guest);
            leaks.assertNothingIsLeft();
        }
    }

    private static void makeVolume(PrivateLibvirtd libvirtd) throws Exception {
        Path folder = Files.createDirectory(libvirtd.directory().resolve("soak-pool"));
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            var pool = libvirt.storage().definePool(POOL.formatted(folder)).join();
            pool.setAutostart(true).join();
            pool.start().join();
            pool.createVolume(VOLUME).join();
        }
    }

    private List<SoakUser> soak(PrivateLibvirtd libvirtd, String guest) throws Exception {
        List<SoakUser> users = new ArrayList<>();
        try (FaultyProxy proxy =
                FaultyProxy.onTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), libvirtd.tcpPort()))) {
            AtomicBoolean over = new AtomicBoolean();
            List<String> uris = List.of(
                    libvirtd.unixUri(), libvirtd.tcpUri(), "qemu+tcp://127.0.0.1:%d/system".formatted(proxy.port()));
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                SoakUser user = new SoakUser(uris.get(i % uris.size()), guest, random.nextLong(), over::get);
                users.add(user);
                Thread thread = new Thread(user, "soak-" + i);
                thread.start();
                threads.add(thread);
            }
            long end = System.nanoTime() + LENGTH.toNanos();
            while (end - System.nanoTime() > 0) {
                TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(1500));
                switch (random.nextInt(6)) {
                    case 0 -> {
                        libvirtd.kill();
                        libvirtd.restart();
                    }
                    case 1 -> libvirtd.restart();
                    default -> proxy.cut();
                }
            }
            over.set(true);
            for (Thread thread : threads) {
                thread.join(Duration.ofMinutes(3).toMillis());
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
        return users;
    }

    /** While libvirtd lives, giving up a freeze leaves the guest as it was. */
    private void givenUpFreezesAreUndone(PrivateLibvirtd libvirtd, LinuxGuest guest) {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain(guest.name()).join();
            await().until(() -> domain.agent()
                    .thaw()
                    .handle((thawed, failure) -> failure == null)
                    .join());
            for (int i = 0; i < 10; i++) {
                var freeze = domain.agent().freeze();
                SoakUser.giveUp(freeze, random, Duration.ofMillis(100));
                freeze.handle((frozen, failure) -> failure == null && frozen != null && frozen > 0
                                ? domain.agent().thaw()
                                : freeze)
                        .thenCompose(next -> next)
                        .handle((done, failure) -> done)
                        .join();
            }
            long before = guest.counted();
            await().until(() -> guest.counted() > before);
            await().untilAsserted(() ->
                    assertThat(domain.agent().thaw().join()).as("thawed").isZero());
            libvirt.closeAsync().join();
        }
    }
}
