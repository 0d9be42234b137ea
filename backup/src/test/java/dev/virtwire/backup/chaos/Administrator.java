// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.testkit.Guest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Does to a guest and its host what people do who have never heard of us, with virsh and qemu-img. */
final class Administrator {
    private static final String ADDED = "vdd";

    private final ModelGuest guest;
    private final Random random;
    private final Path folder;
    private int made;

    /** Puts new images into {@code folder}. */
    Administrator(ModelGuest guest, Random random, Path folder) {
        this.guest = guest;
        this.random = random;
        this.folder = folder;
    }

    /** Ends the guest in order and starts it again. */
    void restart() {
        guest.guest().destroy();
        guest.guest().start();
    }

    /** QEMU dies; what it had not written yet may be lost. */
    void kill() throws IOException, InterruptedException {
        boolean flushed = random.nextBoolean();
        if (flushed) {
            guest.flush();
        }
        guest.guest().kill();
        startAgain(guest.guest());
        if (!flushed) {
            for (String target : guest.targets()) {
                guest.adopt(target);
            }
        }
    }

    /** libvirt notices only after a moment that QEMU is dead. */
    static void startAgain(Guest killed) {
        await().atMost(Duration.ofMinutes(1)).until(() -> killed.state().equals("shut off"));
        killed.start();
    }

    /** A disk becomes larger or smaller; returns which. */
    String resize() throws IOException, InterruptedException {
        String target = any("qcow2");
        // Some hundred KiB; sizes that are no multiple of a cluster or a block are the interesting ones.
        int change = (1 + random.nextInt(700)) * ModelGuest.SECTOR;
        int size = guest.size(target) + (random.nextInt(3) == 0 ? -change : change);
        if (size >= 1 << 20 && size <= 12 << 20) {
            resize(target, size);
        }
        return target;
    }

    /** A disk gets this size. */
    void resize(String target, int size) throws IOException, InterruptedException {
        Programs.Result result = guest.tryVirsh("blockresize", guest.name(), target, size + "B");
        if (result.code() == 0) {
            guest.resized(target, size);
        } else {
            // What a killed QEMU leaves of a bitmap keeps its disk's size.
            assertThat(result.output()).contains("is inconsistent and cannot be used");
        }
    }

    /** libvirt forgets the domain, all its checkpoints included, and is told of it again. */
    void defineAgain() throws IOException, InterruptedException {
        Path xml = folder.resolve(guest.name() + ".again.xml");
        Files.writeString(xml, guest.virsh("dumpxml", "--inactive", "--security-info", guest.name()));
        guest.guest().destroy();
        guest.virsh("undefine", "--checkpoints-metadata", "--snapshots-metadata", guest.name());
        guest.virsh("define", xml.toString());
        guest.guest().start();
    }

    /** Deletes a checkpoint, whosever it is; false if there is no such checkpoint. */
    boolean deleteCheckpoint() throws IOException, InterruptedException {
        List<String> names = guest.virsh("checkpoint-list", "--name", guest.name())
                .lines()
                .filter(name -> !name.isBlank())
                .toList();
        if (names.isEmpty()) {
            return false;
        }
        String chosen = names.get(random.nextInt(names.size()));
        Programs.Result result = guest.tryVirsh("checkpoint-delete", guest.name(), chosen);
        if (result.code() != 0) {
            // A QEMU that was killed has lost the bitmap; what libvirt 9.0 still knows, it can only forget.
            assertThat(result.output()).contains("not found in backing chain");
            guest.virsh("checkpoint-delete", "--metadata", guest.name(), chosen);
        }
        return true;
    }

    /** Makes an external snapshot of a disk, which continues in a new image on top of the one it had; returns which. */
    String snapshot() throws IOException, InterruptedException {
        String chosen = any("qcow2");
        Path overlay = folder.resolve(guest.name() + "-" + chosen + "-" + made++ + ".qcow2");
        List<String> command =
                new ArrayList<>(List.of("snapshot-create-as", guest.name(), "--no-metadata", "--disk-only"));
        for (String target : guest.targets()) {
            String how = target.equals(chosen) ? ",snapshot=external,file=" + overlay : ",snapshot=no";
            command.addAll(List.of("--diskspec", target + how));
        }
        guest.virsh(command.toArray(new String[0]));
        guest.moved(chosen, overlay);
        return chosen;
    }

    /** A disk more while the guest runs, or where it has that already, one less; returns which. */
    String plug() throws IOException, InterruptedException {
        if (guest.targets().contains(ADDED)) {
            guest.guest().destroy();
            guest.virsh("detach-disk", guest.name(), ADDED, "--config");
            guest.removed(ADDED);
            guest.guest().start();
            return ADDED;
        }
        Path image = folder.resolve(guest.name() + "-" + ADDED + "-" + made++ + ".qcow2");
        Programs.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "1500K"));
        guest.virsh("attach-disk", guest.name(), image.toString(), ADDED, "--subdriver", "qcow2", "--live", "--config");
        guest.moved(ADDED, image);
        guest.adopt(ADDED);
        return ADDED;
    }

    private String any(String format) {
        List<String> targets = guest.targets().stream()
                .filter(target -> ModelGuest.format(guest.image(target)).equals(format))
                .toList();
        return targets.get(random.nextInt(targets.size()));
    }
}
