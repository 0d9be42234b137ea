// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import java.io.IOException;

/** Moves the data of a job that has begun. Until it is closed it watches the job. */
interface Transfer extends AutoCloseable {
    /** Moves the data, and returns when all of it is where it is kept. */
    Copied copy() throws IOException;

    /** Ends the host's job, which has ended well when this returns. */
    void end();

    @Override
    void close();
}
