// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Questions to a host whose libvirt is away for longer than anybody waits. */
@ExtendWith(LibvirtdExtension.class)
class HostQuestionsIT {
    private static final Duration LONGEST = Duration.ofSeconds(3);
    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    /** How often somebody was asked whether the answer is still wanted: once for each look at the host. */
    private final AtomicInteger looks = new AtomicInteger();

    private FaultyProxy way;
    private Libvirt libvirt;
    private HostQuestions questions;

    private void leave() {
        way.refuse(true);
        way.cut();
        looks.set(0);
    }

    private void comeBack() {
        way.refuse(false);
        await().atMost(LONG).ignoreExceptions().until(() -> !name().isEmpty());
    }

    private String name() {
        return questions.ask(() -> Waiting.await(libvirt.hostname()));
    }

    private void requireNoAnswer() {
        assertThatThrownBy(this::name).isInstanceOf(LibvirtException.class);
    }

    @Test
    void anAbsenceIsWaitedForOnceHoweverMuchIsAsked(Libvirtd libvirtd) throws Exception {
        Path socket = folder.resolve("away.sock");
        try (Guest guest = Guest.on(libvirtd, "asked")
                        .disk(GuestDisk.qcow2(1 << 20))
                        .define();
                FaultyProxy proxy = FaultyProxy.onUnix(socket, UnixDomainSocketAddress.of(libvirtd.socket()));
                Libvirt connection = Libvirt.connect(
                                "qemu+unix:///system?socket=" + socket,
                                ConnectOptions.builder()
                                        .callTimeout(Duration.ofSeconds(1))
                                        .reconnect(new ReconnectPolicy(
                                                Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMinutes(10)))
                                        .build())
                        .join()) {
            way = proxy;
            libvirt = connection;
            questions = new HostQuestions(libvirt, LONGEST, looks::incrementAndGet);
            HostFacts facts = HostFacts.ask(libvirt, guest.name(), Waiting::pause);
            SmallHostFiles files = new SmallHostFiles(facts, false, "virtwire-none", questions);
            Place variables = new Place("file", null, guest.image("vda").toString());

            leave();
            requireNoAnswer();
            assertThat(looks).hasValueGreaterThan(1);
            assertThat(questions.hasGivenUp()).isTrue();

            looks.set(0);
            requireNoAnswer();
            // It is no file that lacks: the host does not say anything about anything.
            assertThatThrownBy(() -> files.read(variables, 64 << 20)).isInstanceOf(LibvirtException.class);
            assertThat(looks).hasValue(2);

            comeBack();
            assertThat(questions.hasGivenUp()).isFalse();
            assertThat(files.read(variables, 64 << 20).reason()).isNull();

            leave();
            requireNoAnswer();
            assertThat(looks).hasValueGreaterThan(1);
        }
    }
}
