// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.MemoryStatistics;
import dev.virtwire.client.domain.Vcpu;
import dev.virtwire.client.network.Network;
import dev.virtwire.client.params.TypedParameter;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.client.snapshot.Snapshot;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.protocol.remote.DomainVcpuFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.MemoryStatTag;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What our objects tell, put in virsh's words, is what virsh prints of the same server: a test for each of virsh's
 * commands that only look. The guest is paused, so that its figures stand still.
 */
@ExtendWith(LibvirtdExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("alone")
class LikeVirshIT {
    private static final String GUEST = "like-virsh";
    private static final String POOL = "like-virsh-pool";
    private static final String NETWORK = "like-virsh-net";

    private static final Map<MemoryStatTag, String> MEMORY_NAMES = Map.of(
            MemoryStatTag.ACTUAL_BALLOON, "actual",
            MemoryStatTag.RSS, "rss",
            MemoryStatTag.LAST_UPDATE, "last_update",
            MemoryStatTag.SWAP_IN, "swap_in",
            MemoryStatTag.SWAP_OUT, "swap_out",
            MemoryStatTag.UNUSED, "unused",
            MemoryStatTag.AVAILABLE, "available",
            MemoryStatTag.USABLE, "usable");

    private static final Map<String, String> BLOCK_NAMES = Map.of(
            "rd_operations", "rd_req",
            "wr_operations", "wr_req",
            "flush_operations", "flush_operations");

    private String uri;
    private Guest guest;
    private Guest stopped;
    private Libvirt libvirt;
    private Domain domain;
    private StoragePool pool;
    private StorageVolume volume;
    private Network network;
    private Secret secret;

    @BeforeAll
    void prepare(Libvirtd libvirtd) throws IOException {
        uri = libvirtd.tcpUri();
        guest = Guest.on(libvirtd, GUEST).disk(GuestDisk.qcow2(4 << 20)).start();
        stopped = Guest.on(libvirtd, GUEST + "-off")
                .disk(GuestDisk.qcow2(4 << 20))
                .define();
        libvirt = Libvirt.connect(uri).join();
        domain = libvirt.domain(GUEST).join();
        domain.checkpoints()
                .create("<domaincheckpoint><name>point</name></domaincheckpoint>")
                .join();
        libvirt.domain(stopped.name())
                .join()
                .snapshots()
                .create("<domainsnapshot><name>before</name></domainsnapshot>")
                .join();
        domain.metadata().setTitle("Like virsh").join();
        domain.suspend().join();
        Path folder = Files.createDirectories(libvirtd.directory().resolve(POOL));
        pool = libvirt.storage()
                .createPool("<pool type='dir'><name>%s</name><target><path>%s</path></target></pool>"
                        .formatted(POOL, folder))
                .join();
        volume = pool.createVolume("<volume><name>one.raw</name><capacity>1048576</capacity></volume>")
                .join();
        network = libvirt.networks()
                .define("<network><name>%s</name><bridge name='likevirsh0'/></network>".formatted(NETWORK))
                .join();
        secret = libvirt.secrets()
                .define("<secret ephemeral='yes'><usage type='volume'><volume>/like-virsh</volume></usage></secret>")
                .join();
    }

    @AfterAll
    void clear() {
        secret.undefine().join();
        network.undefine().join();
        pool.destroy().join();
        libvirt.close();
        stopped.close();
        guest.close();
    }

    @TestFactory
    Stream<DynamicTest> ourResultsAreVirshs() {
        Map<String, Supplier<List<String>>> ours = new LinkedHashMap<>();
        ofDomains(ours);
        ofTheDomainsParts(ours);
        ofTheHost(ours);
        ofNetworksStorageAndSecrets(ours);
        assertThat(ours).hasSizeGreaterThanOrEqualTo(20);
        return ours.entrySet().stream()
                .map(command -> DynamicTest.dynamicTest(
                        command.getKey(),
                        () ->
                                // Once more where a figure of the host moved between the two.
                                await().atMost(60, TimeUnit.SECONDS)
                                        .untilAsserted(() -> assertThat(command.getValue().get().stream()
                                                        .map(LikeVirshIT::plain)
                                                        .filter(line -> !line.isEmpty()))
                                                .containsExactlyElementsOf(virsh(command.getKey())))));
    }

    private void ofDomains(Map<String, Supplier<List<String>>> ours) {
        ours.put(
                "list --all --name",
                () -> libvirt.domains().join().stream()
                        .map(Domain::name)
                        .sorted()
                        .toList());
        ours.put("domuuid " + GUEST, () -> List.of(domain.uuid().toString()));
        ours.put(
                "domname " + domain.uuid(),
                () -> List.of(libvirt.domain(domain.uuid()).join().name()));
        ours.put("domid " + GUEST, () -> List.of(domain.id().orElseThrow().toString()));
        ours.put(
                "domstate --reason " + GUEST,
                () -> List.of("%s (%s)"
                        .formatted(
                                word(domain.status().join().state()),
                                word(domain.status().join().reason()))));
        ours.put("dumpxml " + GUEST, () -> domain.xml().join().lines().toList());
        ours.put(
                "dumpxml --inactive " + GUEST,
                () -> domain.xml(DomainXmlFlags.INACTIVE).join().lines().toList());
        ours.put(
                "desc --title " + GUEST,
                () -> List.of(domain.metadata().title().join().orElseThrow()));
        ours.put(
                "checkpoint-list --name " + GUEST,
                () -> domain.checkpoints().list().join().stream()
                        .map(Checkpoint::name)
                        .toList());
        ours.put(
                "snapshot-list --name " + stopped.name(),
                () -> libvirt.domain(stopped.name()).join().snapshots().list().join().stream()
                        .map(Snapshot::name)
                        .toList());
        ours.put("domstats " + GUEST, () -> {
            List<String> lines = new ArrayList<>(List.of("Domain: '" + GUEST + "'"));
            domain.statistics().join().parameters().forEach(one -> lines.add(one.name() + "=" + text(one)));
            return lines;
        });
    }

    private void ofTheDomainsParts(Map<String, Supplier<List<String>>> ours) {
        ours.put("domblkinfo %s vda".formatted(GUEST), () -> {
            var info = domain.disk("vda").info().join();
            return List.of(
                    "Capacity: " + info.capacity(), "Allocation: " + info.allocation(), "Physical: " + info.physical());
        });
        ours.put("domblkstat %s vda".formatted(GUEST), () -> {
            TypedParameters figures = domain.disk("vda").detailedStatistics().join();
            return Stream.of(
                            "rd_operations",
                            "rd_bytes",
                            "wr_operations",
                            "wr_bytes",
                            "flush_operations",
                            "rd_total_times",
                            "wr_total_times",
                            "flush_total_times")
                    .map(name -> "vda %s %d"
                            .formatted(
                                    BLOCK_NAMES.getOrDefault(name, name),
                                    figures.number(name).orElseThrow()))
                    .toList();
        });
        ours.put(
                "blkdeviotune %s vda".formatted(GUEST),
                () -> lines(domain.disk("vda").ioTune().join()));
        ours.put("dommemstat " + GUEST, () -> {
            MemoryStatistics statistics = domain.memory().statistics().join();
            return Stream.of(
                            MemoryStatTag.ACTUAL_BALLOON,
                            MemoryStatTag.SWAP_IN,
                            MemoryStatTag.SWAP_OUT,
                            MemoryStatTag.UNUSED,
                            MemoryStatTag.AVAILABLE,
                            MemoryStatTag.USABLE,
                            MemoryStatTag.LAST_UPDATE,
                            MemoryStatTag.RSS)
                    .filter(tag -> statistics.get(tag).isPresent())
                    .map(tag ->
                            MEMORY_NAMES.get(tag) + " " + statistics.get(tag).getAsLong())
                    .toList();
        });
        ours.put(
                "vcpucount " + GUEST,
                () -> List.of(
                        "maximum config " + vcpus(DomainVcpuFlags.MAXIMUM, DomainVcpuFlags.CONFIG),
                        "maximum live " + vcpus(DomainVcpuFlags.MAXIMUM, DomainVcpuFlags.LIVE),
                        "current config " + vcpus(DomainVcpuFlags.CONFIG),
                        "current live " + vcpus(DomainVcpuFlags.LIVE)));
        ours.put("vcpuinfo " + GUEST, () -> {
            Vcpu vcpu = domain.vcpus().list().join().get(0);
            return List.of(
                    "VCPU: " + vcpu.number(),
                    "CPU: " + vcpu.hostCpu().orElseThrow(),
                    "State: " + word(vcpu.state()),
                    "CPU time: %.1fs".formatted(vcpu.cpuTime().toNanos() / 1e9),
                    "CPU Affinity: " + map(vcpu.affinity()));
        });
        ours.put(
                "blockjob --info %s vda".formatted(GUEST),
                () -> domain.disk("vda").job().join().isEmpty() ? List.of() : List.of("a job"));
    }

    private void ofTheHost(Map<String, Supplier<List<String>>> ours) {
        ours.put("hostname", () -> List.of(libvirt.hostname().join()));
        ours.put("uri", () -> List.of(libvirt.serverUri().join().isEmpty() ? "" : uri));
        ours.put(
                "capabilities",
                () -> libvirt.node().capabilities().join().lines().toList());
        ours.put(
                "domcapabilities",
                () -> libvirt.node()
                        .domainCapabilities(null, null, null, null)
                        .join()
                        .lines()
                        .toList());
        ours.put(
                "cpu-models x86_64",
                () -> libvirt.node().cpuModelNames("x86_64").join());
        ours.put("nodecpumap", () -> {
            BitSet online = libvirt.node().onlineCpus().join();
            return List.of(
                    "CPUs present: " + online.length(),
                    "CPUs online: " + online.cardinality(),
                    "CPU map: " + map(online));
        });
        ours.put("nodeinfo", () -> {
            var info = libvirt.node().info().join();
            return List.of(
                    "CPU model: " + info.model(),
                    "CPU(s): " + info.cpus(),
                    "CPU frequency: %d MHz".formatted(info.mhz()),
                    "CPU socket(s): " + info.sockets(),
                    "Core(s) per socket: " + info.cores(),
                    "Thread(s) per core: " + info.threads(),
                    "NUMA cell(s): " + info.cells(),
                    "Memory size: %d KiB".formatted(info.memoryKiB()));
        });
    }

    private void ofNetworksStorageAndSecrets(Map<String, Supplier<List<String>>> ours) {
        ours.put(
                "net-list --all --name",
                () -> libvirt.networks().list().join().stream()
                        .map(Network::name)
                        .toList());
        ours.put("net-dumpxml " + NETWORK, () -> network.xml().join().lines().toList());
        ours.put(
                "net-info " + NETWORK,
                () -> List.of(
                        "Name: " + network.name(),
                        "UUID: " + network.uuid(),
                        "Active: " + yes(network.isActive().join()),
                        "Persistent: " + yes(network.isPersistent().join()),
                        "Autostart: " + yes(network.autostart().join()),
                        "Bridge: " + network.bridgeName().join()));
        ours.put(
                "pool-list --all --name",
                () -> libvirt.storage().pools().join().stream()
                        .map(StoragePool::name)
                        .toList());
        ours.put("pool-info --bytes " + POOL, () -> {
            var info = pool.info().join();
            return List.of(
                    "Name: " + pool.name(),
                    "UUID: " + pool.uuid(),
                    "State: " + word(info.state()),
                    "Persistent: " + yes(pool.isPersistent().join()),
                    "Autostart: " + yes(pool.autostart().join()),
                    "Capacity: " + info.capacity(),
                    "Allocation: " + info.allocation(),
                    "Available: " + info.available());
        });
        ours.put(
                "vol-list " + POOL,
                () -> pool.volumes().join().stream()
                        .map(one -> one.name() + " " + one.path().join())
                        .toList());
        ours.put("vol-info --bytes one.raw " + POOL, () -> {
            var info = volume.info().join();
            return List.of(
                    "Name: " + volume.name(),
                    "Type: " + word(info.type()),
                    "Capacity: %d bytes".formatted(info.capacity()),
                    "Allocation: %d bytes".formatted(info.allocation()));
        });
        ours.put(
                "vol-dumpxml one.raw " + POOL, () -> volume.xml().join().lines().toList());
        ours.put(
                "secret-list",
                () -> libvirt.secrets().list().join().stream()
                        .map(one -> "%s %s %s".formatted(one.uuid(), word(one.usageType()), one.usage()))
                        .toList());
        ours.put(
                "secret-dumpxml " + secret.uuid(),
                () -> secret.xml().join().lines().toList());
    }

    private int vcpus(DomainVcpuFlags... flags) {
        return domain.vcpus().count(flags).join();
    }

    private static List<String> lines(TypedParameters parameters) {
        return parameters.asList().stream()
                .map(one -> one.name() + " : " + text(one))
                .toList();
    }

    private static String text(TypedParameter parameter) {
        if (parameter.value() instanceof Boolean flag) {
            return yes(flag);
        }
        return parameter.value() instanceof Double real ? "%f".formatted(real) : parameter.text();
    }

    private static String word(Optional<? extends Enum<?>> constant) {
        return constant.orElseThrow().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String yes(boolean flag) {
        return flag ? "yes" : "no";
    }

    private static String map(BitSet cpus) {
        return IntStream.range(0, cpus.length())
                .mapToObj(cpu -> cpus.get(cpu) ? "y" : "-")
                .reduce("", String::concat);
    }

    /** Without what is there for the eye, and CPU time in whole seconds: to look takes some of it. */
    private static String plain(String line) {
        return line.strip()
                .replaceAll("\\s+", " ")
                .replace(" :", ":")
                .replaceFirst("^(CPU time: \\d+)\\.\\d+s$", "$1s")
                .replaceFirst("^(cpu\\.(?:time|user|system)=\\d*?)\\d{1,9}$", "$1");
    }

    private List<String> virsh(String command) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("virsh", "--quiet", "--connect", uri));
        words.addAll(Arrays.asList(command.split(" ")));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("virsh %s: %s", command, output).isZero();
        return output.lines()
                .map(LikeVirshIT::plain)
                .filter(line -> !line.isEmpty())
                .toList();
    }
}
