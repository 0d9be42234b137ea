// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Remembers of each file and folder what has changed since it was last synced, and takes it back: what a machine may
 * have lost that loses its power, by the letter of POSIX. A sync of a file makes its bytes durable, one of a folder the
 * names in it, and nothing else makes anything durable.
 */
public final class PowerCut implements Watcher {
    private interface Undo {
        /** The file, or the folder of the name, lies at {@code now}. */
        void run(Path now) throws IOException;
    }

    /** What is not durable of a file's bytes, or of a folder's names; either is known by its inode. */
    private record Unsynced(Object inode, Undo undo) {}

    private final Path folder;
    private final Path aside;
    private final List<Unsynced> bytes = new ArrayList<>();
    private final List<Unsynced> names = new ArrayList<>();
    private final Map<Object, Object> renumbered = new HashMap<>();
    private int saved;
    private int underWay;

    /** Of what is in {@code folder}; keeps in {@code aside}, of the same file system, what was deleted. */
    public PowerCut(Path folder, Path aside) {
        this.folder = folder;
        this.aside = aside;
    }

    private static Object inode(Path path) throws IOException {
        return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public synchronized void before(Change change) throws IOException {
        switch (change.kind()) {
            case WRITE -> keepBytes(change.path(), change.offset(), change.length());
            case TRUNCATE -> keepBytes(change.path(), change.offset(), Integer.MAX_VALUE);
            case RENAME -> rename(change.from(), change.path());
            case DELETE -> delete(change.path());
            default -> {} // changes nothing, or can be taken back afterwards as well
        }
        underWay++;
    }

    @Override
    public synchronized void after(Change change) {
        underWay--;
        notifyAll();
        try {
            switch (change.kind()) {
                case CREATE, CREATE_FOLDER -> {
                    Path name = change.path().getFileName();
                    name(change.path(), now -> deleteTree(now.resolve(name)));
                }
                case SYNC, SYNC_FOLDER -> {
                    // A file without a name, such as a spool, is lost whatever happens.
                    if (exists(change.path())) {
                        Object inode = inode(change.path());
                        bytes.removeIf(unsynced -> unsynced.inode.equals(inode));
                        names.removeIf(unsynced -> unsynced.inode.equals(inode));
                    }
                }
                default -> {} // was seen before it happened
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void name(Path path, Undo undo) throws IOException {
        names.add(new Unsynced(inode(path.getParent()), undo));
    }

    private void keepBytes(Path file, long offset, int length) throws IOException {
        if (!exists(file)) {
            return;
        }
        long size = Files.size(file);
        byte[] old = new byte[(int) Math.max(0, Math.min(length, size - offset))];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.read(ByteBuffer.wrap(old), offset);
        }
        bytes.add(new Unsynced(inode(file), now -> {
            try (FileChannel channel = FileChannel.open(now, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(old), offset);
                channel.truncate(size);
            }
        }));
    }

    private void rename(Path from, Path to) throws IOException {
        Path oldName = from.getFileName();
        Path newName = to.getFileName();
        Path replaced = Files.isRegularFile(to) ? Files.createLink(aside(), to) : null;
        Object origin = inode(from.toAbsolutePath().getParent());
        name(to, now -> {
            Path back = find(renumbered.getOrDefault(origin, origin));
            assertThat(back).as("the folder that %s came from", newName).isNotNull();
            Files.move(now.resolve(newName), back.resolve(oldName));
            if (replaced != null) {
                Files.move(replaced, now.resolve(newName));
            }
        });
    }

    private void delete(Path path) throws IOException {
        Path name = path.getFileName();
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            Object inode = inode(path);
            // It will have another inode when it is back, and what was in it comes back into that.
            name(path, now -> renumbered.put(inode, inode(Files.createDirectory(now.resolve(name)))));
        } else {
            Path kept = Files.createLink(aside(), path);
            name(path, now -> Files.move(kept, now.resolve(name)));
        }
    }

    private Path aside() {
        return aside.resolve("kept-" + saved++);
    }

    /** The power is gone: only what was synced is there. Nobody may begin another change meanwhile or afterwards. */
    public synchronized void lose() {
        try {
            while (underWay > 0) {
                wait();
            }
            undo(bytes);
            undo(names);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void undo(List<Unsynced> changes) throws IOException {
        for (int i = changes.size() - 1; i >= 0; i--) {
            Unsynced change = changes.get(i);
            Path now = find(renumbered.getOrDefault(change.inode, change.inode));
            if (now != null) {
                change.undo.run(now);
            }
        }
    }

    private Path find(Object inode) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) walk::iterator) {
                if (inode(path).equals(inode)) {
                    return path;
                }
            }
        }
        return null;
    }

    private static void deleteTree(Path path) throws IOException {
        if (!exists(path)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(path)) {
            all = new ArrayList<>(walk.toList());
        }
        Collections.reverse(all);
        for (Path one : all) {
            Files.delete(one);
        }
    }
}
