// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.files;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which files are open, the one that was used last at the end. If there are too many, those that were not used for
 * longest are closed. Safe for several threads.
 */
public final class OpenFiles {
    /** So many files are open at once, in a program that may have 1024 for everything. */
    public static final int MOST = 256;

    static final OpenFiles ALL = new OpenFiles(MOST);

    private final int most;
    private final Map<ReadFile, Boolean> open = new LinkedHashMap<>(16, 0.75f, true);

    OpenFiles(int most) {
        this.most = most;
    }

    /** A file is read. */
    void used(ReadFile file) {
        List<ReadFile> tooMany = new ArrayList<>();
        synchronized (this) {
            open.put(file, true);
            int over = open.size() - most;
            if (over > 0) {
                open.keySet().stream().limit(over).forEach(tooMany::add);
            }
        }
        rest(tooMany);
    }

    /** A file was closed. */
    synchronized void forget(ReadFile file) {
        open.remove(file);
    }

    /** Closes half of the files; returns whether one was closed. */
    boolean makeWay() {
        List<ReadFile> half = new ArrayList<>();
        synchronized (this) {
            open.keySet().stream().limit(open.size() / 2).forEach(half::add);
        }
        return rest(half) > 0;
    }

    synchronized int count() {
        return open.size();
    }

    private int rest(List<ReadFile> files) {
        int closed = 0;
        for (ReadFile file : files) {
            // In this order, so that one that is opened again meanwhile stands in the list again.
            forget(file);
            if (file.rest()) {
                closed++;
            } else {
                addBack(file);
            }
        }
        return closed;
    }

    private void addBack(ReadFile file) {
        synchronized (this) {
            open.putIfAbsent(file, true);
        }
        if (!file.isOpen()) {
            forget(file);
        }
    }
}
