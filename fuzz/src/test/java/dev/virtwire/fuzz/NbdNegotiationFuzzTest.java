// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdExport.Replies;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a server says when a client connects, the client has an export that makes sense or an {@link NbdException}.
 */
class NbdNegotiationFuzzTest {
    static Stream<byte[]> seeds() {
        return Stream.concat(
                Arrays.stream(Replies.values()).map(NbdScript::negotiation), Stream.of(NbdScript.refusal()));
    }

    @MethodSource("seeds")
    @FuzzTest
    void negotiates(byte[] input) {
        ScriptedChannel channel = new ScriptedChannel(input, new byte[0]);
        channel.release();
        try (NbdConnection connection = NbdScript.open(channel)) {
            assertThat(connection.export().size()).isNotNegative();
            assertThat(connection.export().metaContexts()).isSubsetOf(NbdScript.CONTEXT);
        } catch (NbdException e) {
            assertThat(e).hasMessageStartingWith("nbd://");
        }
        assertThat(channel.isOpen()).isFalse();
    }
}
