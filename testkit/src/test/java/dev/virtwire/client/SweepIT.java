// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.protocol.Procedure;
import dev.virtwire.client.protocol.StreamDirection;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Calls every procedure of the tables, with plausible arguments. libvirt must understand each call, and we each reply:
 * what it refuses, it refuses in its own words.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SweepIT {
    /** What is never called, and why. */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "ConnectOpen", "the connection is open",
            "ConnectClose", "the connection is closed at the end",
            "AuthSaslInit", "nobody logs in here",
            "AuthSaslStart", "nobody logs in here",
            "AuthSaslStep", "nobody logs in here",
            "AuthPolkit", "nobody logs in here",
            "NodeSuspendForDuration", "it would put this machine to sleep");

    /** What a real hypervisor does to this machine. */
    private static final Map<String, String> LEFT_OUT_OF_QEMU = Map.of(
            "NodeAllocPages", "it would take this machine's memory",
            "NodeSetMemoryParameters", "it would change how this machine merges pages");

    private final Set<String> answered = new HashSet<>();
    private Libvirtd libvirtd;

    @BeforeAll
    void start() {
        libvirtd = PrivateLibvirtd.start();
    }

    @AfterAll
    void end() {
        libvirtd.close();
        assertThat(answered)
                .as("procedures that some driver answered with a result")
                .hasSizeGreaterThan(200);
    }

    @Test
    void theTestDriverUnderstandsEveryCall() throws Exception {
        sweep("test", libvirtd.testUnixUri(), "test", Map.of(), true);
    }

    @Test
    void qemuUnderstandsEveryCall() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "sweep")
                .disk(GuestDisk.qcow2(16 << 20))
                .device("<interface type='user'/>")
                .start()) {
            sweep("qemu", libvirtd.unixUri(), guest.name(), LEFT_OUT_OF_QEMU, false);
        }
    }

    private void sweep(String driver, String uri, String domain, Map<String, String> leftOut, boolean pretends)
            throws Exception {
        List<String> wrong = new ArrayList<>();
        Map<String, List<String>> outcomes = new TreeMap<>();
        Path folder = libvirtd.directory().resolve(driver);
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            SweepArguments arguments = new SweepArguments();
            SweepFixtures fixtures = new SweepFixtures(libvirt, domain, folder, pretends, arguments);
            List<ProtocolAreas.Entry> entries = new ArrayList<>(ProtocolAreas.procedures());
            // From then on the connection speaks for somebody else.
            entries.sort(Comparator.comparing(entry -> entry.procedure().name().equals("ConnectSetIdentity")));
            for (ProtocolAreas.Entry entry : entries) {
                Procedure<?, ?> procedure = entry.procedure();
                String reason = LEFT_OUT.getOrDefault(procedure.name(), leftOut.get(procedure.name()));
                String outcome;
                if (procedure.stream() != StreamDirection.NONE || procedure.files()) {
                    outcome = "not called: a stream or files";
                } else if (reason != null) {
                    outcome = "not called: " + reason;
                } else {
                    fixtures.prepare(procedure.name(), procedure.number());
                    outcome = outcome(libvirt, procedure, arguments, entry.arguments(), wrong);
                }
                outcomes.computeIfAbsent(outcome, any -> new ArrayList<>()).add(procedure.name());
            }
            assertThat(libvirt.closeAsync().join().kind()).isEqualTo(CloseReason.Kind.CLOSED);
        }
        System.out.println(report(driver, outcomes));
        answered.addAll(outcomes.getOrDefault("a result", List.of()));
        assertThat(wrong).isEmpty();
    }

    private static String report(String driver, Map<String, List<String>> outcomes) {
        StringBuilder report = new StringBuilder("sweep of " + driver + ":");
        outcomes.forEach((outcome, procedures) -> report.append("\n  ")
                .append(procedures.size())
                .append(' ')
                .append(outcome)
                .append(outcome.equals("a result") ? "" : ": " + String.join(" ", procedures)));
        return report.toString();
    }

    @SuppressWarnings("unchecked")
    private static <A, R> String outcome(
            Libvirt libvirt, Procedure<A, R> procedure, SweepArguments arguments, Class<?> type, List<String> wrong) {
        try {
            R result = libvirt.call(
                            procedure, (A) arguments.of(procedure, type), CallOptions.within(Duration.ofSeconds(20)))
                    .join();
            arguments.learn(result);
            return "a result";
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof RemoteException error)) {
                wrong.add(procedure.name() + ": " + e.getCause());
                return "wrong";
            }
            // "Unable to decode message payload" and the like; what the server does not know is NO_SUPPORT.
            if (error.is(ErrorCode.RPC)) {
                wrong.add(procedure.name() + ": " + error.getMessage());
            }
            return error.is(ErrorCode.NO_SUPPORT) ? "not in this driver or libvirt" : "an error of libvirt's own";
        }
    }
}
