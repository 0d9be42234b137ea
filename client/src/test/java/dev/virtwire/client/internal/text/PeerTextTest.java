// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PeerTextTest {
    @Test
    void whatATerminalWouldObeyIsNotShown() {
        assertThat(PeerText.shown("a\u001b[31mb\u009bc\u202ed\u0007")).isEqualTo("a?[31mb?c?d?");
    }

    @Test
    void severalLinesAreOne() {
        assertThat(PeerText.shown("\n first \r\n  second\n\n")).isEqualTo("first; second");
    }

    @Test
    void aFloodIsCut() {
        assertThat(PeerText.shown("x".repeat(100_000))).isEqualTo("x".repeat(500) + " ...");
    }
}
