// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.DomainDescription.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointFilesTest {
    @TempDir
    private Path folder;

    @Test
    void saysWhyUefiVariablesCannotBeSaved() throws Exception {
        Path file = Files.write(folder.resolve("vars.fd"), new byte[] {1});

        assertThat(PointFiles.obstacle(new Place("file", null, file.toString()), true))
                .isNull();
        assertThat(PointFiles.obstacle(new Place("file", null, file.toString()), false))
                .isEqualTo("the file is on another host, and libvirt has no call that reads it");
        assertThat(PointFiles.obstacle(new Place("file", null, folder.toString()), true))
                .isEqualTo("it is not a file that can be read here");
        assertThat(PointFiles.obstacle(new Place("block", null, file.toString()), true))
                .isEqualTo("they are of type block, and only those in a file can be saved");
        assertThat(PointFiles.obstacle(new Place("network", "iscsi", "iqn.2013:x/0"), true))
                .isEqualTo("they are of type network, and only those in a file can be saved");
        assertThat(PointFiles.obstacle(new Place("file", null, null), true))
                .isEqualTo("the domain's XML does not name their file");
    }
}
