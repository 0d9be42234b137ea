// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamDirection;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.net.UnixDomainSocketAddress;
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
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Calls every procedure of the tables, with plausible arguments. libvirt must understand each call, and we each reply:
 * what it refuses, it refuses in its own words.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
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

    private static final String RESULT = "a result";
    private static final String ERROR = "an error of libvirt's own";
    private static final String UNKNOWN = "an error, since this driver or libvirt does not have it";

    /** How many changed replies the usual run receives; {@code -Dsweep.mutations=10000000} is the long one. */
    private static final long MUTATIONS = Long.getLong("sweep.mutations", 20_000);

    private final Set<String> answered = new HashSet<>();
    private final Map<String, SweepCapture> captures = new TreeMap<>();
    private Libvirtd libvirtd;

    @BeforeAll
    void start() {
        libvirtd = builder().start();
    }

    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder();
    }

    /** What the captures' names begin with. */
    String label() {
        return "";
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

    @Test
    @Order(Integer.MAX_VALUE)
    void whateverIsChangedInWhatWasReceivedEndsInAResultOrAProtocolException() throws Exception {
        assertThat(captures).hasSize(2);
        for (Map.Entry<String, SweepCapture> capture : captures.entrySet()) {
            long seed = Long.getLong("sweep.seed", System.nanoTime());
            MutatedFrames frames = new MutatedFrames(seed, capture.getValue());
            System.out.printf(
                    "%d changes of the %d frames from %s, seed %d: ",
                    MUTATIONS / 2, frames.seeds(), capture.getKey(), seed);
            frames.receive(MUTATIONS / 2);
            System.out.println(frames);
        }
    }

    private void sweep(String driver, String uri, String domain, Map<String, String> leftOut, boolean pretends)
            throws Exception {
        Path folder = libvirtd.directory().resolve(driver);
        Path socket = libvirtd.directory().resolve(driver + ".sock");
        try (FaultyProxy proxy = FaultyProxy.onUnix(socket, UnixDomainSocketAddress.of(libvirtd.socket()))) {
            SweepCapture capture = new SweepCapture(proxy);
            sweep(driver, uri.replaceFirst("socket=.*", "socket=" + socket), domain, leftOut, pretends, folder);
            captures.put(driver, capture);
            capture.write(Path.of("target/sweep", label() + driver + ".pcap"));
        }
    }

    private void sweep(
            String driver, String uri, String domain, Map<String, String> leftOut, boolean pretends, Path folder)
            throws Exception {
        List<String> wrong = new ArrayList<>();
        Map<String, List<String>> outcomes = new TreeMap<>();
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
                if (procedure.stream() != StreamDirection.NONE) {
                    outcome = "not called: it opens a stream";
                } else if (procedure.files()) {
                    outcome = "not called: it passes file descriptors";
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
        answered.addAll(outcomes.getOrDefault(RESULT, List.of()));
        assertThat(wrong).isEmpty();
    }

    private static String report(String driver, Map<String, List<String>> outcomes) throws Exception {
        int results = outcomes.get(RESULT).size();
        int errors = outcomes.get(ERROR).size() + outcomes.get(UNKNOWN).size();
        int all = outcomes.values().stream().mapToInt(List::size).sum();
        StringBuilder report = new StringBuilder("sweep of %s: %d with a result, %d with an error, %d not called"
                .formatted(driver, results, errors, all - results - errors));
        outcomes.forEach((outcome, procedures) -> report.append("\n  ")
                .append(procedures.size())
                .append(' ')
                .append(outcome)
                .append(outcome.equals(RESULT) ? "" : ": " + String.join(" ", procedures)));
        List<String> messages =
                ProtocolAreas.events().stream().map(EventMessage::name).sorted().toList();
        report.append("\n  %d messages, which only a server sends: %s"
                .formatted(messages.size(), String.join(" ", messages)));
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
            return RESULT;
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof RemoteException error)) {
                wrong.add(procedure.name() + ": " + e.getCause());
                return "wrong";
            }
            // "Unable to decode message payload" and the like; what the server does not know is NO_SUPPORT.
            if (error.is(ErrorCode.RPC)) {
                wrong.add(procedure.name() + ": " + error.getMessage());
            }
            return error.is(ErrorCode.NO_SUPPORT) ? UNKNOWN : ERROR;
        }
    }
}
