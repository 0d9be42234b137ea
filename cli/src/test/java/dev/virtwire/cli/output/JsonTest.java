// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void whatATerminalWouldObeyIsEscaped() {
        assertThat(Json.line(
                        json -> json.writeStringField("name", "a\u001b[1m\u009b1m\u007f\u202etxt\u2028 \u00e4\u30c7")))
                .isEqualToIgnoringCase("{\"name\":\"a\\u001b[1m\\u009b1m\\u007f\\u202etxt\\u2028 \u00e4\u30c7\"}");
    }

    @Test
    void aCharacterBeyondSixteenBitsStaysWhole() {
        assertThat(Json.line(json -> json.writeStringField("name", "\ud83d\ude00")))
                .isEqualTo("{\"name\":\"\ud83d\ude00\"}");
    }
}
