// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.wire;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameDecoderTest {
    /** As a login shell does, or a command that is forced on a key. */
    @ParameterizedTest
    @CsvSource(
            value = {
                "The maintenance window is Sunday\\n | The maintenance window is Sunday",
                "\\n\\n*** ü ***\\r\\nbye              | *** ü ***; bye",
                "ütf8                             | ütf8",
                "\\t\\33[31mred                  | ?[31mred",
            },
            delimiter = '|',
            quoteCharacter = '"')
    void textInPlaceOfTheProtocolIsShown(String printed, String shown) {
        assertThatThrownBy(() -> decode(printed.translateEscapes().getBytes(StandardCharsets.UTF_8)))
                .hasStackTraceContaining(
                        "the remote side printed text instead of libvirt's protocol: '" + shown + "'; for ssh, ");
    }

    @Test
    void aLengthThatIsNoTextIsShownAsANumber() {
        assertThatThrownBy(() -> decode(new byte[] {0x7f, 0, 0, 1, 'a'}))
                .hasStackTraceContaining("a frame of 2130706433 bytes is longer than the 33554436");
    }

    private static void decode(byte[] bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder());
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        } finally {
            channel.finishAndReleaseAll();
        }
    }
}
