// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Place;
import org.junit.jupiter.api.Test;

class PointFilesTest {
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
