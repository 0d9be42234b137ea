// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The default file system with a watcher. Begin with {@link #path}; all that is resolved from there is watched too. */
public final class WatchedFileSystem extends FileSystem {
    private final FileSystem real = FileSystems.getDefault();
    private final WatchedProvider provider;

    /** Every change through it is told to {@code watcher}. */
    public WatchedFileSystem(Watcher watcher) {
        this.provider = new WatchedProvider(this, watcher);
    }

    /** The same file as {@code path} of the default file system. */
    public Path path(Path path) {
        return wrap(path);
    }

    /** A watched path as one of the default file system; that of any other is what it is. */
    public static Path real(Path path) {
        return path instanceof WatchedPath watched ? watched.real() : path;
    }

    WatchedPath wrap(Path path) {
        return new WatchedPath(this, path);
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return real.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        List<Path> roots = new ArrayList<>();
        real.getRootDirectories().forEach(root -> roots.add(wrap(root)));
        return roots;
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return real.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return real.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return wrap(real.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String pattern) {
        PathMatcher matcher = real.getPathMatcher(pattern);
        return path -> matcher.matches(real(path));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return real.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException();
    }
}
