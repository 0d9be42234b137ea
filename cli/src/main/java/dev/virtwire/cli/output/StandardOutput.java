// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Standard output in UTF-8. It knows whether its reader, such as {@code head}, has gone. */
final class StandardOutput extends PrintStream {
    private static final int BUFFER = 8192;

    private final Pipe pipe;

    StandardOutput(OutputStream stream) {
        this(new Pipe(stream));
    }

    private StandardOutput(Pipe pipe) {
        super(new BufferedOutputStream(pipe, BUFFER), false, StandardCharsets.UTF_8);
        this.pipe = pipe;
    }

    /** Whether something could not be written because nobody reads any more. */
    boolean readerGone() {
        return pipe.broken;
    }

    private static final class Pipe extends FilterOutputStream {
        private volatile boolean broken;

        Pipe(OutputStream stream) {
            super(stream);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                // What the system calls EPIPE; Java has no type for it.
                broken |= "Broken pipe".equals(e.getMessage());
                throw e;
            }
        }
    }
}
