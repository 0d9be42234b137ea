// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a file has besides its content, given to the one that takes its place. */
final class FileAttributes {
    /** It changes a few attributes of one file: what takes longer hangs at a file system that does not answer. */
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private static final Path SELINUX = Path.of("/sys/fs/selinux/enforce");

    private FileAttributes() {}

    /**
     * Gives owner, group and permissions, and what Java has no call for: access lists, security labels and extended
     * attributes.
     *
     * @return why the latter are not given, or null if they are
     * @throws IOException if the former cannot be given
     */
    static @Nullable String copy(Path old, Path made) throws IOException {
        return copy(old, made, "cp", LONGEST);
    }

    /** As {@link #copy(Path, Path)}, by this program, which is a {@code cp} of the GNU coreutils, within that time. */
    static @Nullable String copy(Path old, Path made, String program, Duration longest) throws IOException {
        PosixFileAttributes had = Files.readAttributes(old, PosixFileAttributes.class);
        PosixFileAttributeView has = requireNonNull(Files.getFileAttributeView(made, PosixFileAttributeView.class));
        has.setOwner(had.owner());
        has.setGroup(had.group());
        has.setPermissions(had.permissions());
        // Without SELinux, it refuses to copy labels.
        String all = "mode,ownership,xattr" + (Files.exists(SELINUX) ? ",context" : "");
        List<String> command = new ArrayList<>(List.of(program, "--attributes-only", "--preserve=" + all, "--"));
        command.add(old.toAbsolutePath().toString());
        command.add(made.toAbsolutePath().toString());
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("LC_ALL", "C.UTF-8");
            process = builder.start();
        } catch (IOException e) {
            return program + " cannot be run";
        }
        process.getOutputStream().close();
        try {
            // What it says of one file fits into a pipe.
            if (!process.waitFor(longest.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
                return program + " did not end within " + longest.toSeconds() + " s";
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.exitValue() == 0
                    ? null
                    : said.strip().lines().findFirst().orElse(program + " failed");
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while attributes of " + old + " were copied");
        }
    }
}
