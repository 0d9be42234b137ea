// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.internal.store.Manifests;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class NamesTest {
    @Test
    void aDomainsFolderIsItsNameUnlessAFileSystemWouldMind() {
        assertThat(Names.domainFolder("web1")).isEqualTo("web1");
        assertThat(Names.domainFolder("Web-1_a.b+c@d")).isEqualTo("Web-1_a.b+c@d");
        assertThat(Names.domainFolder("..")).isEqualTo("%2E.");
        assertThat(Names.domainFolder(".journal")).isEqualTo("%2Ejournal");
        assertThat(Names.domainFolder("virtwire.json")).isEqualTo("%76irtwire.json");
        assertThat(Names.domainFolder("a b/ü%\n")).isEqualTo("a%20b%2F%C3%BC%25%0A");
        assertThat(Names.domainFolder("-rf")).isEqualTo("%2Drf");
    }

    @Test
    void longNamesAreCutAndStayApart() {
        String one = Names.domainFolder("x".repeat(300) + "1");
        String two = Names.domainFolder("x".repeat(300) + "2");

        assertThat(one).hasSize(255).isNotEqualTo(two);
        assertThat(two).hasSize(255);
    }

    @Test
    void namesOnTheHostAreShortAndNeedNoEscapingInXmlOrPaths() {
        String repository = Names.newRepositoryId();
        String point = "20261122T190000Z-incremental-12";

        String random = Names.random();
        String onHost = Names.onHost(repository, Manifests.WEB1.uuid(), point, random);

        assertThat(onHost).isNotEqualTo(Names.onHost(repository, new UUID(1, 2), point, random));
        for (String name : List.of(
                Names.checkpoint(repository, point),
                Names.socket(repository, Manifests.WEB1.uuid(), point, random),
                Names.export(onHost, "vda"),
                Names.pushed(onHost, "vda"),
                Names.scratch(onHost, "vda"))) {
            assertThat(name).matches(Pattern.compile("[A-Za-z0-9.-]{1,93}"));
            assertThat(name).startsWith(Names.checkpointPrefix(repository));
        }
    }

    @Test
    void namesOnTheHostCannotBeForetold_andTheSocketsIsOfOneLengthForAllPoints() {
        String repository = Names.newRepositoryId();
        UUID domain = Manifests.WEB1.uuid();
        String full = "20261122T190000Z-full";
        String first = Names.socket(repository, domain, full, Names.random());

        assertThat(first).isNotEqualTo(Names.socket(repository, domain, full, Names.random()));
        assertThat(Names.onHost(repository, domain, full, Names.random()))
                .isNotEqualTo(Names.onHost(repository, domain, full, Names.random()));
        assertThat(Names.socket(repository, domain, "20261122T190000Z-differential-2", Names.random()))
                .hasSameSizeAs(first);
    }
}
