// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another Java machine with little memory. */
final class SmallJava {
    private SmallJava() {}

    /** The command that runs {@code main} with 64 MiB of heap and 32 MiB of direct memory. */
    static List<String> command(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=32m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
