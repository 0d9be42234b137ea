// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What README.md and docs/java.md promise to programs that have the library beside others. */
class LibraryUsersTest {
    private static final List<String> LIBRARY =
            List.of("xdr", "protocol", "client", "client-ssh", "nbd", "image", "repository", "backup");

    @Test
    void onlyLostAndRestoredConnectionsAreLoggedAsInformation() throws IOException {
        assertThat(Pages.text("docs/java.md"))
                .contains("Lost and restored connections are logged as information, all else as debug and trace.");
        for (String module : LIBRARY) {
            for (Path source : sources(module)) {
                if (!source.endsWith("internal/call/Session.java")) {
                    assertThat(Files.readString(source)).as(source.toString()).doesNotContain("LOG.info(");
                }
            }
        }
    }

    private static List<Path> sources(String module) throws IOException {
        try (Stream<Path> files = Files.walk(Pages.TOP.resolve(module).resolve("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    /** SSHD would bring a second one, which is in the way of Spring's and of the real one. */
    @Test
    void noCommonsLoggingComesAlong() {
        assertThatThrownBy(() -> Class.forName("org.apache.commons.logging.LogFactory"))
                .isInstanceOf(ClassNotFoundException.class);
    }

    /** The jar {@code netty-all} has nothing in it, and would bring fifty others. */
    @Test
    void ofNettyComesAlongWhatIsUsed() {
        assertThat(Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(jar -> jar.replaceFirst(".*/", ""))
                        .filter(jar -> jar.startsWith("netty-")))
                .allMatch(jar -> jar.matches("netty-(all|buffer|codec-base|common|handler|resolver|transport"
                        + "|transport-classes-epoll|transport-native-unix-common)-4.*\\.jar"));
    }
}
