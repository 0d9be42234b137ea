// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest with everything that one can have comes from its host to one that has nothing of it: no pool, network, filter
 * or secret. Commands do all of it. What does not come is named, and nothing else is missing.
 */
@Timeout(300)
abstract class EmptyHostSuite {
    private static final long MIB = 1 << 20;
    private static final String NAME = "whole";
    /** The port of the machine's ACPI register that ends its power. */
    private static final String POWER = "0x604";

    @TempDir
    Path folder;

    private PrivateLibvirtd first;
    private PrivateLibvirtd second;
    private Guest guest;
    private final byte[] seed = new byte[300 << 10];

    /** A libvirtd of the version that is tried. */
    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder();
    }

    private PrivateLibvirtd host() {
        return builder()
                .qemuConf("swtpm_user = \"root\"")
                .qemuConf("swtpm_group = \"root\"")
                .start();
    }

    @BeforeEach
    void makeTheGuest() throws Exception {
        first = host();
        second = host();
        Path own = Files.createDirectories(ownPool());
        new Random(4).nextBytes(seed);
        Files.write(own.resolve("seed.iso"), seed);
        virsh(
                first,
                "pool-define",
                xml("<pool type='dir'><name>own-pool</name><target><path>" + own + "</path></target></pool>"));
        virsh(first, "pool-start", "own-pool");
        virsh(
                first,
                "net-define",
                xml("<network><name>own-net</name><bridge name='own" + (first.tcpPort() % 10000) + "'/></network>"));
        virsh(first, "net-start", "own-net");
        virsh(
                first,
                "nwfilter-define",
                xml("<filter name='own-filter'><rule action='accept' direction='out'/></filter>"));
        guest = Guest.on(first, NAME)
                .disk(GuestDisk.qcow2(4 * MIB).pattern(1))
                .disk(GuestDisk.qcow2(3 * MIB + 512).pattern(2).encrypted())
                .uefi()
                .device("<disk type='volume' device='cdrom'><driver name='qemu' type='raw'/>"
                        + "<source pool='own-pool' volume='seed.iso'/><target dev='sda' bus='sata'/><readonly/></disk>")
                .device("<interface type='network'><source network='own-net'/><model type='virtio'/>"
                        + "<filterref filter='own-filter'/></interface>")
                .device("<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>")
                .start();
        guest.pause();
        virsh(first, "autostart", NAME);
        virsh(first, "desc", NAME, "--config", "--title", "Everything & more");
    }

    @AfterEach
    void end() {
        guest.close();
        first.close();
        second.close();
    }

    private Path xml(String content) throws IOException {
        return Files.writeString(Files.createTempFile(first.directory(), "", ".xml"), content);
    }

    private static String virsh(PrivateLibvirtd libvirtd, Object... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", libvirtd.unixUri()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Process virsh = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(virsh.getInputStream().readAllBytes());
        assertThat(virsh.waitFor()).as(command + ": " + said).isZero();
        return said;
    }

    private CommandRun backup(String... more) {
        List<String> words = new ArrayList<>(List.of(
                "-c",
                first.unixUri(),
                "backup",
                NAME,
                folder.resolve("backups").toString(),
                "--allow-plain",
                "--scratch",
                first.directory().resolve("disks").toString()));
        words.addAll(List.of(more));
        return new Launcher().run(words.toArray(String[]::new));
    }

    /** The first host is gone, and all that the guest had of it. */
    private void lose() throws Exception {
        if (!guest.state().equals("shut off")) {
            guest.destroy();
        }
        virsh(first, "net-destroy", "own-net");
        // The hosts of the test share their files.
        Files.move(ownPool(), first.directory().resolve("lost"));
    }

    private Path ownPool() {
        return first.directory().resolve("own-pool");
    }

    private CommandRun restore() throws Exception {
        virsh(second, "pool-create-as", "target", "dir", "--target", Files.createDirectories(pool()));
        return new Launcher()
                .run(
                        "-c",
                        second.unixUri(),
                        "restore",
                        folder.resolve("backups").toString(),
                        NAME,
                        "--pool",
                        "target",
                        "--define",
                        "--define-missing");
    }

    private Path pool() {
        return second.directory().resolve("target-pool");
    }

    private String definition(PrivateLibvirtd host) throws Exception {
        return virsh(host, "dumpxml", "--inactive", "--security-info", NAME);
    }

    private static Path tpm(PrivateLibvirtd host, String uuid) {
        return host.directory().resolve("lib/swtpm/" + uuid + "/tpm2/tpm2-00.permall");
    }

    /** What is to be equal: all but where disks and variables lie, and what was not in this definition before. */
    private static List<String> withoutPlaces(String definition) {
        XmlElement domain = XmlElement.parse("domain XML", "domain", definition);
        domain.child("os", "nvram").ifPresent(XmlElement::remove);
        for (XmlElement disk : domain.children("devices", "disk")) {
            if (Optional.of("vdc").equals(disk.child("target").map(target -> target.attribute("dev")))) {
                disk.remove();
            }
            disk.unset("type");
            disk.removeChildren("driver", "source");
        }
        return domain.toXml().lines().filter(line -> !line.isBlank()).toList();
    }

    private void requireContent(String target) throws Exception {
        assertThat(Files.mismatch(folder.resolve(target), pool().resolve(NAME + "-" + target + ".raw")))
                .as(target)
                .isEqualTo(-1);
    }

    private void requireAll(List<String> before, byte[] variables, byte[] tpm) throws Exception {
        String after = definition(second);
        assertThat(withoutPlaces(after)).isEqualTo(before);
        requireContent("vda");
        requireContent("vdb");
        assertThat(pool().resolve(NAME + "-sda.medium")).hasBinaryContent(seed);
        assertThat(pool().resolve(NAME + "-nvram.fd")).hasBinaryContent(variables);
        String uuid = virsh(second, "domuuid", NAME).strip();
        assertThat(tpm(second, uuid)).hasBinaryContent(tpm);
        assertThat(virsh(second, "dominfo", NAME)).containsPattern("Autostart: +enable");
        virsh(second, "start", NAME, "--paused");
        assertThat(virsh(second, "domstate", NAME)).startsWith("paused");
        virsh(second, "destroy", NAME);
    }

    /** That the passphrase's protection is gone is all that is missing, and it is said. */
    private static void requireSaid(CommandRun backup, CommandRun restore, String besides) {
        requireSaid(backup, restore, "", besides);
    }

    private static void requireSaid(CommandRun backup, CommandRun restore, String ofShutdown, String besides) {
        String encrypted =
                "note: " + NAME + ": disk vdb is encrypted on its host, and what the backup holds of it is not\n";
        assertThat(backup.err().lines())
                .containsExactlyInAnyOrderElementsOf(
                        (encrypted + ofShutdown).lines().toList());
        assertThat(backup.exitCode()).isZero();
        assertThat(restore.err())
                .isEqualTo("note: disk vdb was encrypted on its host, and what is restored is not\n" + besides
                        + "note: made network filter own-filter, which the host did not have\n"
                        + "note: made network own-net, which the host did not have\n");
        assertThat(restore.exitCode()).isZero();
    }

    private byte[] stateOfTpm() throws Exception {
        return Files.readAllBytes(tpm(first, virsh(first, "domuuid", NAME).strip()));
    }

    private void copy(String... targets) {
        for (String target : targets) {
            guest.copyDisk(target, folder.resolve(target));
        }
    }

    @Test
    void ofAGuestThatRan() throws Exception {
        Path added = first.directory().resolve("added.qcow2");
        byte[] content = new byte[(int) MIB];
        new Random(7).nextBytes(content);
        Files.write(folder.resolve("vdc"), content);
        Process convert = new ProcessBuilder(
                        "qemu-img",
                        "convert",
                        "-O",
                        "qcow2",
                        folder.resolve("vdc").toString(),
                        added.toString())
                .start();
        assertThat(convert.waitFor()).isZero();
        virsh(first, "attach-disk", NAME, added, "vdc", "--live", "--subdriver", "qcow2");
        copy("vda", "vdb");
        byte[] variables = Files.readAllBytes(guest.nvram());
        CommandRun backup = backup();
        byte[] tpm = stateOfTpm();
        List<String> before = withoutPlaces(definition(first));
        lose();

        CommandRun restore = restore();

        requireSaid(
                backup,
                restore,
                "note: disk vdc was attached to the running domain only, and the restored definition has it\n");
        requireContent("vdc");
        assertThat(definition(second)).contains(pool() + "/" + NAME + "-vdc.raw");
        requireAll(before, variables, tpm);
    }

    /** What is said of a guest that shuts down in mid-copy. */
    String ofShutdown() {
        return "the guest shut down meanwhile, and was backed up as one that is off";
    }

    /** Lets the firmware run until the guest has its ACPI registers. Nothing changes afterwards. */
    private void prepareToPowerOff() throws Exception {
        guest.resume();
        await(() -> !guest.monitor("i /h " + POWER).contains("0xffff"));
        guest.pause();
    }

    /** As the guest does it. */
    private void powerOff() {
        guest.monitor("o /h " + POWER + " 0x2000");
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + 120_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(100);
        }
    }

    private boolean isCopying() {
        try (Stream<Path> files = Files.walk(folder.resolve("backups"))) {
            return files.anyMatch(file -> file.endsWith("vda.qcow2"));
        } catch (IOException | UncheckedIOException e) {
            // It is about to be made, or files come and go.
            return false;
        }
    }

    @Test
    void ofAGuestThatShutDownMeanwhile() throws Exception {
        prepareToPowerOff();
        CompletableFuture<CommandRun> running = CompletableFuture.supplyAsync(() -> backup("--bwlimit", "1M"));
        await(() -> isCopying() || running.isDone());
        powerOff();
        CommandRun backup = running.join();
        await(() -> guest.state().equals("shut off"));
        copy("vda", "vdb");
        byte[] variables = Files.readAllBytes(guest.nvram());
        byte[] tpm = stateOfTpm();
        List<String> before = withoutPlaces(definition(first));
        lose();

        CommandRun restore = restore();

        requireSaid(backup, restore, "note: " + NAME + ": " + ofShutdown() + "\n", "");
        requireAll(before, variables, tpm);
    }

    @Test
    void ofAGuestThatWasOff() throws Exception {
        guest.destroy();
        copy("vda", "vdb");
        byte[] variables = Files.readAllBytes(guest.nvram());
        CommandRun backup = backup();
        byte[] tpm = stateOfTpm();
        List<String> before = withoutPlaces(definition(first));
        lose();

        CommandRun restore = restore();

        requireSaid(backup, restore, "");
        requireAll(before, variables, tpm);
    }
}
