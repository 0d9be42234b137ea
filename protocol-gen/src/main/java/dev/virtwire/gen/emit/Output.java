// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A folder of generated files. */
public final class Output {
    private Output() {}

    /**
     * Makes the folder hold these files and no others. A file whose text is the same is left alone, so that an
     * incremental build compiles nothing again.
     *
     * @param files texts by path below the folder
     */
    public static void write(Path folder, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            if (!Files.exists(path) || !Files.readString(path).equals(file.getValue())) {
                Files.createDirectories(path.getParent());
                Files.writeString(path, file.getValue());
            }
        }
        List<Path> present;
        try (Stream<Path> walk = Files.walk(folder)) {
            present = walk.filter(Files::isRegularFile).toList();
        }
        for (Path path : present) {
            if (!files.containsKey(folder.relativize(path).toString().replace('\\', '/'))) {
                Files.delete(path);
            }
        }
    }
}
