// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.Libvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A guest's points, and beside each the truth: what its disks held when it began, copied by {@code qemu-img} alone. */
final class History {
    /** A point and its truth. */
    private record Told(Point point, Path truth) {}

    private final Libvirtd libvirtd;
    private final Guest guest;
    private final Scene scene;
    private final Path folder;
    private final Tools tools = new Tools();
    private final Map<String, Path> images = new LinkedHashMap<>();
    private final List<Told> told = new ArrayList<>();

    /** Of a guest at {@code libvirtd}, in the scene's repository; truths go into {@code folder}. */
    History(Libvirtd libvirtd, Guest guest, Scene scene, Path folder) {
        this.libvirtd = libvirtd;
        this.guest = guest;
        this.scene = scene;
        this.folder = folder;
        guest.targets().forEach(target -> images.put(target, guest.image(target)));
    }

    /** A disk lies in this image from now on. */
    void moved(String target, Path image) {
        images.put(target, image);
    }

    /** The guest has a disk no longer. */
    void gone(String target) {
        images.remove(target);
    }

    /** A point, as incremental as can be. */
    BackupResult backup() throws Exception {
        return backup(BackupRequest.of(guest.name()));
    }

    /** A point. */
    BackupResult backup(BackupRequest plan) throws Exception {
        Path truth = Files.createDirectories(folder.resolve("truth-" + told.size()));
        for (Map.Entry<String, Path> image : images.entrySet()) {
            copy(image.getKey(), image.getValue(), truth.resolve(image.getKey() + ".raw"));
        }
        List<Progress> heard = new ArrayList<>();
        BackupResult result = scene.backup(plan, heard::add);
        Progress last = heard.get(heard.size() - 1);
        assertThat(last.phase()).isEqualTo(Progress.Phase.DONE);
        assertThat(last.bytesDone())
                .isEqualTo(result.point().manifest().disks().stream()
                        .mapToLong(ManifestDisk::virtualSize)
                        .sum());
        told.add(new Told(result.point(), truth));
        return result;
    }

    private void copy(String target, Path image, Path file) throws Exception {
        // QEMU keeps a qcow2 image's tables in memory for a while; only what is flushed can be seen from outside.
        if (!guest.state().equals("shut off")) {
            qemuIo(target, "flush");
        }
        String format = image.toString().endsWith(".raw") ? "raw" : "qcow2";
        tools.run(List.of("qemu-img", "convert", "-U", "-f", format, "-O", "raw", image.toString(), file.toString()));
    }

    private static String backend(String target) {
        return "/machine/peripheral/virtio-disk" + (target.charAt(2) - 'a') + "/virtio-backend";
    }

    /** Writes to a disk that the guest got only later, or where it runs now. */
    void write(String target, long offset, long length, int value) throws Exception {
        qemuIo(target, "write -P %d %d %d".formatted(value, offset, length));
    }

    private void qemuIo(String target, String command) throws Exception {
        virsh(
                "qemu-monitor-command",
                guest.name(),
                "--hmp",
                "qemu-io -d %s \"%s\"".formatted(backend(target), command));
    }

    /** Runs virsh with these arguments. */
    String virsh(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", libvirtd.unixUri()));
        command.addAll(List.of(arguments));
        return tools.run(command);
    }

    /** Runs a command of QEMU's own. */
    String qmp(String command) throws Exception {
        String answer = virsh("qemu-monitor-command", guest.name(), command);
        assertThat(answer).contains("\"return\"");
        return answer;
    }

    /** QEMU's name for what keeps a disk's bitmaps. */
    String formatNode(String target) throws Exception {
        for (JsonNode device :
                new JsonMapper().readTree(qmp("{\"execute\": \"query-block\"}")).get("return")) {
            if (device.path("qdev").asText().equals(backend(target))) {
                return device.get("inserted").get("node-name").asText();
            }
        }
        throw new AssertionError("QEMU has no " + target);
    }

    /** Every point is intact, and its disks are the truth: as they lie there, converted without us, and restored. */
    void requireTruth() throws Exception {
        Repository repository = scene.repository();
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
        assertThat(report.intact()).isTrue();
        requireDisks();
    }

    /** As {@link #requireTruth}, but for points that nobody can verify. */
    void requireDisks() throws Exception {
        Repository repository = scene.repository();
        for (Told one : told) {
            Path out = one.truth().resolve("out");
            repository
                    .restore(RestoreRequest.of(one.point(), out), ProgressListener.NONE)
                    .join();
            for (ManifestDisk disk : one.point().manifest().disks()) {
                Path truth = one.truth().resolve(disk.target() + ".raw");
                Path image = one.point().folder().resolve(disk.target() + ".qcow2");
                tools.check(image);
                tools.compare(truth, image, "qcow2");
                tools.compare(truth, out.resolve(one.point().domain() + "-" + disk.target() + ".qcow2"), "qcow2");
            }
        }
    }
}
