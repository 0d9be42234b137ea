// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import java.util.LinkedHashMap;
import java.util.Map;

/** The progress of several backups at once as that of one. For any thread. */
public final class JoinedProgress {
    private final ProgressListener all;
    private final Map<String, Progress> parts = new LinkedHashMap<>();

    /** Told to {@code all}. */
    public JoinedProgress(ProgressListener all) {
        this.all = all;
    }

    /** What is told of one domain. */
    public ProgressListener of(String domain) {
        return progress -> progressed(domain, progress);
    }

    private synchronized void progressed(String domain, Progress progress) {
        parts.put(domain, progress);
        int disksDone = 0;
        int disks = 0;
        long bytesDone = 0;
        long bytesTotal = 0;
        long bytesMoved = 0;
        for (Progress part : parts.values()) {
            disksDone += part.disksDone();
            disks += part.disks();
            bytesDone += part.bytesDone();
            bytesTotal += part.bytesTotal();
            bytesMoved += part.bytesMoved();
        }
        String disk = domain + (progress.disk() == null ? "" : " " + progress.disk());
        all.progressed(new Progress(progress.phase(), disk, disksDone, disks, bytesDone, bytesTotal, bytesMoved));
    }
}
