// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import static dev.virtwire.backup.chaos.files.WatchedFileSystem.real;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Hands everything to the default file system's provider, changes to the watcher first. */
final class WatchedProvider extends FileSystemProvider {
    private final FileSystemProvider provider = FileSystems.getDefault().provider();
    private final WatchedFileSystem system;
    private final Watcher watcher;

    WatchedProvider(WatchedFileSystem system, Watcher watcher) {
        this.system = system;
        this.watcher = watcher;
    }

    private interface Action {
        void run() throws IOException;
    }

    private void change(Change change, Action action) throws IOException {
        watcher.before(change);
        action.run();
        watcher.after(change);
    }

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        Path file = real(path);
        boolean writes = options.contains(StandardOpenOption.WRITE) || options.contains(StandardOpenOption.APPEND);
        // Such a file has no name once it is open.
        boolean nameless = options.contains(StandardOpenOption.DELETE_ON_CLOSE);
        boolean creates =
                options.contains(StandardOpenOption.CREATE_NEW) || options.contains(StandardOpenOption.CREATE);
        if (writes && creates && !nameless && !Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Change change = Change.of(Change.Kind.CREATE, file);
            watcher.before(change);
            FileChannel channel = provider.newFileChannel(file, options, attributes);
            watcher.after(change);
            watcher.opened(file);
            return new WatchedChannel(channel, file, watcher);
        }
        if (writes && options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
            throw new UnsupportedOperationException("truncation of " + file + " while it is opened");
        }
        FileChannel channel = provider.newFileChannel(file, options, attributes);
        watcher.opened(file);
        return new WatchedChannel(channel, file, watcher);
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        DirectoryStream<Path> stream =
                provider.newDirectoryStream(real(folder), entry -> filter.accept(system.wrap(entry)));
        watcher.opened(real(folder));
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                Iterator<Path> entries = stream.iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return entries.hasNext();
                    }

                    @Override
                    public Path next() {
                        return system.wrap(entries.next());
                    }
                };
            }

            @Override
            public void close() throws IOException {
                stream.close();
            }
        };
    }

    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
        change(
                Change.of(Change.Kind.CREATE_FOLDER, real(folder)),
                () -> provider.createDirectory(real(folder), attributes));
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
        change(Change.of(Change.Kind.CREATE, real(link)), () -> provider.createLink(real(link), real(existing)));
    }

    @Override
    public void delete(Path path) throws IOException {
        if (!Files.exists(real(path), LinkOption.NOFOLLOW_LINKS)) {
            provider.delete(real(path));
            return;
        }
        change(Change.of(Change.Kind.DELETE, real(path)), () -> provider.delete(real(path)));
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        change(
                new Change(Change.Kind.RENAME, real(target), real(source), 0, 0),
                () -> provider.move(real(source), real(target), options));
    }

    /** No part of a repository is made so: it would pass the watcher by. */
    @Override
    public void copy(Path source, Path target, CopyOption... options) {
        throw new UnsupportedOperationException("copy of " + source);
    }

    @Override
    public boolean isSameFile(Path path, Path other) throws IOException {
        return provider.isSameFile(real(path), real(other));
    }

    @Override
    public boolean isHidden(Path path) throws IOException {
        return provider.isHidden(real(path));
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
        return provider.getFileStore(real(path));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        provider.checkAccess(real(path), modes);
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        return system.wrap(provider.readSymbolicLink(real(link)));
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
        return provider.getFileAttributeView(real(path), type, options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
            throws IOException {
        return provider.readAttributes(real(path), type, options);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) throws IOException {
        return provider.readAttributes(real(path), attributes, options);
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
        provider.setAttribute(real(path), attribute, value, options);
    }

    @Override
    public String getScheme() {
        return "watched";
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path getPath(URI uri) {
        throw new UnsupportedOperationException();
    }
}
