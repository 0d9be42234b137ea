// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/** Counts how often each file was opened, and how many bytes of it were read. */
public final class FileCounts implements Watcher {
    private final Map<Path, LongAdder> opened = new ConcurrentHashMap<>();
    private final Map<Path, LongAdder> read = new ConcurrentHashMap<>();

    @Override
    public void before(Change change) {}

    @Override
    public void opened(Path path) {
        opened.computeIfAbsent(path, each -> new LongAdder()).increment();
    }

    @Override
    public void read(Path path, long bytes) {
        read.computeIfAbsent(path, each -> new LongAdder()).add(bytes);
    }

    /** How often files and folders were opened. */
    public long opened() {
        return sum(opened, path -> true);
    }

    /** How often files of that name were opened. */
    public long opened(String name) {
        return sum(opened, path -> path.endsWith(name));
    }

    /** How many bytes were read of all files. */
    public long read() {
        return sum(read, path -> true);
    }

    /** How many bytes were read of files of that name. */
    public long read(String name) {
        return sum(read, path -> path.endsWith(name));
    }

    private static long sum(Map<Path, LongAdder> counts, Predicate<Path> meant) {
        return counts.entrySet().stream()
                .filter(count -> meant.test(count.getKey()))
                .mapToLong(count -> count.getValue().sum())
                .sum();
    }

    /** For each file name what was opened and read, for a person. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(opened() + " opened, " + read() + " bytes read:");
        opened.keySet().stream()
                .map(path -> String.valueOf(path.getFileName()))
                .distinct()
                .sorted()
                .forEach(name -> text.append(' ')
                        .append(name)
                        .append(' ')
                        .append(opened(name))
                        .append('/')
                        .append(read(name)));
        return text.toString();
    }
}
