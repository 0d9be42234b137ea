// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.DomainDescription;
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
        assertThat(PointFiles.obstacle(new Place("varstore", null, file.toString()), true))
                .isEqualTo("they are in a varstore, and only those in an nvram file can be saved");
        assertThat(PointFiles.obstacle(new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3}))
                .isEqualTo("the file is a qcow2 image, of which QEMU holds parts in memory");
        assertThat(PointFiles.obstacle(null)).isEqualTo("the guest changed them while they were read");
        assertThat(PointFiles.obstacle(new byte[] {1})).isNull();
    }

    @Test
    void aDomainHasUefiVariablesWhereverTheyLie() {
        String os = "<domain><name>web1</name><os>%s</os></domain>";
        assertThat(DomainDescription.parse(os.formatted("<varstore template='/t.json' path='/vars/web1.json'/>"))
                        .nvram())
                .isEqualTo(new Place("varstore", null, "/vars/web1.json"));
        assertThat(DomainDescription.parse(os.formatted("<varstore/>")).nvram())
                .isEqualTo(new Place("varstore", null, null));
        assertThat(DomainDescription.parse(os.formatted("<nvram type='block'><source dev='/dev/vg/vars'/></nvram>"))
                        .nvram())
                .isEqualTo(new Place("block", null, "/dev/vg/vars"));
        assertThat(DomainDescription.parse(os.formatted("")).nvram()).isNull();
    }
}
