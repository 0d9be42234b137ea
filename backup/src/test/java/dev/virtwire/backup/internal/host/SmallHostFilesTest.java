// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.SmallHostFiles.Content;
import dev.virtwire.client.xml.DomainDescription.Place;
import java.nio.file.InvalidPathException;
import org.junit.jupiter.api.Test;

class SmallHostFilesTest {
    /** In the locale C, Java has no file names but those of ASCII. */
    @Test
    void aNameThatThisProcessCannotExpressIsAReason() {
        SmallHostFiles.Reading reading = () -> {
            throw new InvalidPathException("/iso/Übung.iso", "Malformed input or input contains unmappable characters");
        };
        Content content = SmallHostFiles.attempt(new Place("file", null, "/iso/Übung.iso"), reading, () -> false);

        assertThat(content.bytes()).isNull();
        assertThat(content.reason())
                .isEqualTo("Malformed input or input contains unmappable characters: /iso/Übung.iso");
    }
}
