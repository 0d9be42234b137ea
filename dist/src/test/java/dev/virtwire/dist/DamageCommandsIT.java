// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What commands say and do where a repository is not as it was written, or cannot be looked at. */
class DamageCommandsIT extends RepositoryCommandsSuite {
    @Test
    void aFlippedBitIsFoundByVerifyRememberedAndSalvagedAround() throws Exception {
        guest.copyDisk("vda", folder.resolve("vda.raw"));
        assertThat(backup().exitCode()).isZero();
        Path image;
        try (Stream<Path> files = Files.walk(repository)) {
            image = files.filter(file -> file.endsWith("vda.qcow2")).findFirst().orElseThrow();
        }
        JsonNode first = dataOf(image);
        long at = first.get("offset").asLong();
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 1)).rewind();
            channel.write(one, at);
        }
        long block = at / MIB * MIB;
        long lost = first.get("start").asLong() / MIB * MIB;
        String point = guest.name() + "@" + image.getParent().getFileName();
        String range = "disk vda, bytes " + lost + " to " + (lost + MIB - 1);
        CommandRun verify = run("verify", repository.toString());
        assertThat(verify.exitCode()).isEqualTo(3);
        assertThat(verify.out())
                .startsWith("damaged: " + image + ", bytes " + block + " to ")
                .endsWith("\nlost: " + point + ": " + range + "\n")
                .hasLineCount(2);
        assertThat(verify.err())
                .isEqualTo("error: 1 place of the repository is damaged; 1 point cannot be given back as it was: "
                        + point + "\n");
        CommandRun json = run("verify", repository.toString(), "--json");
        assertThat(json.exitCode()).isEqualTo(3);
        JsonNode report = new ObjectMapper().readTree(json.out());
        assertThat(report.at("/damage/0/offset").asLong()).isEqualTo(block);
        assertThat(report.at("/lostPoints/0/point").asText()).isEqualTo(point);
        assertThat(report.at("/lostPoints/0/lost").toString())
                .isEqualTo("[{\"disk\":\"vda\",\"offset\":" + lost + ",\"length\":" + MIB + "}]");
        assertThat(new ObjectMapper().readTree(json.err()).at("/error/kind").asText())
                .isEqualTo("damaged");

        CommandRun points = run("points", repository.toString());
        assertThat(points.exitCode()).isEqualTo(3);
        assertThat(points.out()).containsPattern("lost: " + point + ": " + range + " \\(found by verify, first at ");
        JsonNode known = new ObjectMapper()
                .readTree(run("points", repository.toString(), "--json").out())
                .at("/domains/0/points/0/knownDamage");
        assertThat(fields(known)).containsExactly("since", "foundBy", "harmless", "lost", "files");

        Path out = folder.resolve("out");
        String[] restore = {"restore", repository.toString(), guest.name(), "--to", out.toString(), "--format", "raw"};
        CommandRun refused = run(restore);
        assertThat(refused.exitCode()).isEqualTo(3);
        assertThat(refused.err())
                .startsWith("error: " + image)
                .endsWith("; with --salvage, all that is right is restored\n")
                .hasLineCount(1);
        assertThat(out).doesNotExist();
        CommandRun salvaged =
                run(Stream.concat(Stream.of(restore), Stream.of("--salvage")).toArray(String[]::new));
        assertThat(salvaged.exitCode()).isEqualTo(3);
        assertThat(salvaged.out()).contains("\nlost: " + range + "\n");
        assertThat(salvaged.err())
                .isEqualTo("error: not all could be given back: 1 MiB in 1 range are zeros: " + range + "\n");
        byte[] expected = Files.readAllBytes(folder.resolve("vda.raw"));
        Arrays.fill(expected, (int) lost, (int) (lost + MIB), (byte) 0);
        assertThat(out.resolve(guest.name() + "-vda.raw")).hasBinaryContent(expected);
    }

    /** The first data of an image, as qemu-img sees it. */
    private static JsonNode dataOf(Path image) throws Exception {
        Process map = new ProcessBuilder("qemu-img", "map", "--output=json", image.toString()).start();
        JsonNode extents = new ObjectMapper().readTree(map.getInputStream());
        assertThat(map.waitFor()).isZero();
        for (JsonNode extent : extents) {
            if (extent.get("data").asBoolean()) {
                return extent;
            }
        }
        throw new AssertionError("no data in " + image);
    }

    @Test
    void aLostPointIsDamageUntilThatIsAccepted() throws IOException {
        assertThat(backup("--level", "full").exitCode()).isZero();
        String lost = json(run("points", repository.toString(), "--json"))
                .at("/domains/0/points/0/point")
                .asText();
        assertThat(backup("--level", "full").exitCode()).isZero();
        try (Stream<Path> files = Files.walk(repository.resolve(guest.name()).resolve(lost))) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(path -> assertThat(path.toFile().delete()).isTrue());
        }
        for (String command : List.of("verify", "points")) {
            CommandRun run = run("-q", command, repository.toString());
            assertThat(run.exitCode()).as(command).isEqualTo(3);
            assertThat(run.out()).as(command).contains("damaged: ").contains(lost + ": is gone: ");
        }
        assertThat(run("verify", repository.toString(), "--accept-missing", lost)
                        .exitCode())
                .isEqualTo(2);
        assertThat(run("verify", repository.toString(), guest.name(), "--accept-missing", lost)
                        .exitCode())
                .isZero();
        assertThat(run("points", repository.toString()).exitCode()).isZero();
    }

    @Test
    void aPushIsCompletedUnverifiedAndCannotBeVerifiedFromHere() throws IOException {
        Path host = Files.createDirectories(libvirtd.directory().resolve("pushed-" + guest.name()));
        CommandRun push = backup("--mode", "push", "--target", host.toString());
        assertThat(push.exitCode()).isEqualTo(4);
        assertThat(push.err())
                .isEqualTo("warning: " + guest.name()
                        + ": nobody has read back what the host wrote: the point is not verified\n");
        assertThat(push.out())
                .startsWith("completed, unverified: " + guest.name() + "@")
                .contains("written by the host to " + host + " in ");
        CommandRun verify = run("verify", repository.toString());
        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.err())
                .startsWith("error: not everything can be verified from here: ")
                .hasLineCount(1);
        CommandRun restore = run("restore", repository.toString(), guest.name(), "--to", folder + "/out");
        assertThat(restore.exitCode()).isEqualTo(1);
        assertThat(restore.err()).contains(" is not in the repository: the hypervisor wrote it to " + host);
    }
}
