// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    private int run(String reason) {
        PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
        PrintStream out = new StandardOutput(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(reason);
            }
        });
        return Main.run(new Console(out, err, false, Map.of(), Interruption.none(err)), "version");
    }

    @Test
    void aReaderThatHasGoneIsNoError() {
        assertThat(run("Broken pipe")).isEqualTo(141);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void aFullDiskIsAnError() {
        assertThat(run("No space left on device")).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8))
                .isEqualTo("error: standard output could not be written to its end\n");
    }
}
