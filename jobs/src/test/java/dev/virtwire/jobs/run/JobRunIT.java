// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.VerifyResult;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs over two guests of a real libvirtd, in which something goes wrong. */
class JobRunIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
    private Guest web1;
    private Guest web2;
    private String uri;

    @BeforeEach
    void start() {
        GuestDisk disk = GuestDisk.qcow2(MIB).fill(0, MIB, 0x11);
        web1 = Guest.on(libvirtd, "web1").disk(disk).start();
        web2 = Guest.on(libvirtd, "web2").disk(disk).start();
        uri = libvirtd.unixUri();
    }

    @AfterEach
    void end() {
        web1.close();
        web2.close();
        libvirtd.close();
    }

    private JobResult run(String more, JobListener listener) throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), """
                repositories:
                  main: {folder: %1$s/backups}
                hosts:
                  here: {uri: "%2$s"}
                notifications:
                  node: {type: textfile, folder: %1$s}
                jobs:
                  nightly:
                    repository: main
                    hosts: here
                    guests: {all: true}
                    notify: node
                %3$s
                """.formatted(folder, uri, more.indent(4)));
        return new JobRun(
                        Configuration.read(file).job("nightly"),
                        folder.resolve("state"),
                        Map.of("PATH", System.getenv("PATH")),
                        listener)
                .run();
    }

    private JobResult run(String more) throws Exception {
        return run(more, JobListener.NONE);
    }

    private static List<String> verified(JobResult result) {
        return result.verified().stream().map(VerifyResult::guest).toList();
    }

    @Test
    void aMistakeOfOursWithOneGuestLeavesTheOthersAlone() throws Exception {
        Path log = folder.resolve("log");
        JobListener broken = new JobListener() {
            @Override
            public ProgressListener progressOf(String guest) {
                if (guest.equals("web1")) {
                    throw new IllegalStateException("not foreseen");
                }
                return ProgressListener.NONE;
            }

            @Override
            public void note(String sentence) {}

            @Override
            public void trustWeakened(String sentence) {}
        };

        JobResult result = run(
                "hooks: {after-guest: 'echo $VIRTWIRE_GUEST $VIRTWIRE_OUTCOME >> " + log
                        + "', after: 'echo $VIRTWIRE_ERROR >> " + log + "'}",
                broken);

        assertThat(result.outcome()).isEqualTo(JobResult.Outcome.FAILED);
        assertThat(result.guests())
                .extracting(GuestResult::error)
                .containsExactly("internal error: java.lang.IllegalStateException: not foreseen", null);
        assertThat(result.guests().get(1).backup()).isNotNull();
        assertThat(log)
                .hasContent(
                        "web1 failed\nweb2 done\nweb1: internal error: java.lang.IllegalStateException: not foreseen");
    }

    @Test
    void guestsOfAHostThatIsAwayAreVerifiedAndStayInTheMetrics() throws Exception {
        assertThat(run("").outcome()).isEqualTo(JobResult.Outcome.DONE);
        uri = "qemu+unix:///system?socket=/no/such";

        JobResult result = run("verify: {}");

        assertThat(result.outcome()).isEqualTo(JobResult.Outcome.FAILED);
        assertThat(verified(result)).containsExactly("web1", "web2");
        assertThat(Files.readString(folder.resolve("virtwire-nightly.prom")))
                .contains("virtwire_guest_last_good_point_timestamp_seconds{job=\"nightly\",guest=\"web1\"} ")
                .contains("virtwire_guest_last_good_point_timestamp_seconds{job=\"nightly\",guest=\"web2\"} ")
                .contains("virtwire_job_last_success_timestamp_seconds{job=\"nightly\"} ");
    }

    @Test
    void aVerificationThatReadLessOrOfOnePointAloneDoesNotCount() throws Exception {
        assertThat(verified(run("verify: {depth: digests}"))).containsExactly("web1", "web2");
        assertThat(verified(run("verify: {depth: digests}"))).isEmpty();
        assertThat(verified(run("verify: {depth: full}"))).containsExactly("web1", "web2");
        assertThat(verified(run("verify: {depth: full}"))).isEmpty();
        assertThat(verified(run("verify: {depth: digests}"))).isEmpty();
    }

    /** What a verification found counts, whoever began it and however it ended; age and verification do not hide it. */
    @Test
    void damageThatIsKnownIsDamageOfEachRun() throws Exception {
        assertThat(run("").outcome()).isEqualTo(JobResult.Outcome.DONE);
        Path image;
        try (Stream<Path> files = Files.walk(folder.resolve("backups/web1"))) {
            image = files.filter(file -> file.toString().endsWith(".qcow2"))
                    .findFirst()
                    .orElseThrow();
        }
        assertThat(image.toFile().setWritable(true)).isTrue();
        try (Qcow2Reader reader = Qcow2Reader.open(image);
                FileChannel channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
            // What the guest had there, not what nothing needs.
            long offset = reader.extents(0, reader.virtualSize()).stream()
                    .filter(extent -> extent.kind() == ImageExtent.Kind.DATA)
                    .findFirst()
                    .orElseThrow()
                    .hostOffset();
            channel.write(ByteBuffer.wrap(new byte[] {0x22}), offset);
        }
        Repository repository = Repository.open(folder.resolve("backups"));
        assertThat(repository
                        .verify(VerifyRequest.ofDomain("web1"), ProgressListener.NONE)
                        .join()
                        .damage())
                .isNotEmpty();

        JobResult result = run("max-age: 26h\nverified-within: 1d");

        assertThat(result.guests().get(0).backup()).isNotNull();
        assertThat(result.outcome()).isEqualTo(JobResult.Outcome.DAMAGED);
        assertThat(result.failures()).singleElement().asString().startsWith("web1: damaged: point ");
    }
}
