// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.store.DomainStore;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The records of the domains that are verified, if one was asked for. */
final class Resumption implements AutoCloseable {
    private final VerifyDepth depth;
    private final Consumer<Notice> notices;
    private final Map<Path, VerifyProgress> open = new LinkedHashMap<>();
    private boolean finished;

    /** Of verifications to that depth. */
    Resumption(VerifyDepth depth, Consumer<Notice> notices) {
        this.depth = depth;
        this.notices = notices;
    }

    /** Opens the record of a domain, once. */
    void open(DomainStore domain) {
        if (!open.containsKey(domain.folder())) {
            VerifyProgress progress = VerifyProgress.open(domain, depth);
            open.put(domain.folder(), progress);
            Notice notice = progress.notice();
            if (notice != null) {
                notices.accept(notice);
            } else if (progress.resumes()) {
                notices.accept(Notice.information("the verification of domain " + domain.name() + " that began at "
                        + progress.began() + " is resumed"));
            }
        }
    }

    /** That of a domain, or null if it was not opened. */
    @Nullable
    VerifyProgress of(DomainStore domain) {
        return open.get(domain.folder());
    }

    /** All of these points were looked at: the next verification starts from the beginning. */
    void finish(Collection<Point> points) {
        finished = true;
        for (Map.Entry<Path, VerifyProgress> entry : open.entrySet()) {
            Set<String> ids = new HashSet<>();
            points.stream()
                    .filter(point -> entry.getKey().equals(point.folder().getParent()))
                    .forEach(point -> ids.add(point.id()));
            entry.getValue().finish(ids);
        }
    }

    /** Saves what was found out before it ended early. */
    @Override
    public void close() {
        // A thread that is interrupted cannot write.
        boolean interrupted = Thread.interrupted();
        try {
            for (VerifyProgress each : open.values()) {
                try (each) {
                    if (!finished) {
                        each.save();
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
