// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The new file has all that the old one had, but for its content. */
class FileAttributesIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Path old;
    private Path made;

    @BeforeEach
    void make() throws Exception {
        old = Files.writeString(folder.resolve("old"), "old");
        made = Files.writeString(folder.resolve("made"), "new");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-r-----"));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
    }

    private String list(Path file) throws Exception {
        return tools.run(List.of("getfacl", "--omit-header", "--absolute-names", file.toString()));
    }

    @Test
    void accessListsAndAttributesAreGiven() throws Exception {
        tools.run(List.of("setfacl", "--modify", "user:daemon:rw,group:mail:r", old.toString()));
        Files.setAttribute(old, "user:origin", new byte[] {1, 2});

        assertThat(FileAttributes.copy(old, made)).isNull();

        assertThat(list(made)).isEqualTo(list(old)).contains("user:daemon:rw-", "group:mail:r--");
        assertThat(Files.getAttribute(made, "user:origin")).isEqualTo(new byte[] {1, 2});
        assertThat(made).hasContent("new");
        assertThat(old).hasContent("old");
    }

    @Test
    void ownerAndPermissionsAreGivenWhateverCannotBe() throws Exception {
        Files.setAttribute(old, "unix:uid", 1);
        assertThat(FileAttributes.copy(old, made, "/nowhere/cp", LONG)).isEqualTo("/nowhere/cp cannot be run");
        assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rw-r-----");
        assertThat(FileAttributes.copy(old, made, "false", LONG)).isEqualTo("false failed");
    }

    /** As one does whose file system does not answer. */
    @Test
    void aProgramThatDoesNotEndIsNotWaitedFor() throws Exception {
        Path hanging = Files.writeString(folder.resolve("hanging"), "#!/bin/sh\nexec sleep 1000\n");
        Files.setPosixFilePermissions(hanging, PosixFilePermissions.fromString("rwx------"));

        assertThat(FileAttributes.copy(old, made, hanging.toString(), Duration.ofSeconds(1)))
                .isEqualTo(hanging + " did not end within 1 s");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rw-r-----");
    }
}
