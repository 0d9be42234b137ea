// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.image.internal.files.ReadFile;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The leaves of one section of one digest file. */
final class RunLeaves implements Leaves {
    /** A chain has thousands of these: the window is small at first, and grows while it is of use. */
    private static final int FIRST_WINDOW = 256;

    private static final int LAST_WINDOW = 32 * 1024;

    private final ReadFile channel;
    private final Path file;
    private final long sectionEnd;
    private final long count;
    private final boolean inheritedAllowed;
    private ByteBuffer window = ByteBuffer.allocate(0);
    private long windowAt;
    private long nextRun;
    private long index;
    private LeafKind kind = LeafKind.ZERO;
    private long runStart;
    private long runEnd;
    private long digestsAt;

    RunLeaves(ReadFile channel, Path file, long start, long end, long count, boolean inheritedAllowed) {
        this.channel = channel;
        this.file = file;
        this.nextRun = start;
        this.sectionEnd = end;
        this.count = count;
        this.inheritedAllowed = inheritedAllowed;
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public void seek(long target) throws IOException {
        if (target < index || target >= count) {
            throw new IllegalArgumentException("leaf " + target + " of " + count + ", standing at " + index);
        }
        index = target;
        while (index >= runEnd) {
            readRun();
        }
    }

    private void readRun() throws IOException {
        if (nextRun + DigestFormat.RUN > sectionEnd) {
            throw damaged(nextRun, sectionEnd - nextRun, "its runs end at leaf " + runEnd + " of " + count);
        }
        long word = load(nextRun, DigestFormat.RUN).getLong();
        int number = (int) (word >>> DigestFormat.KIND_SHIFT);
        long length = word & DigestFormat.COUNT_MASK;
        LeafKind next = LeafKind.of(number);
        if (next == null || (next == LeafKind.INHERITED && !inheritedAllowed)) {
            throw damaged(nextRun, DigestFormat.RUN, "a run of unknown kind " + number);
        }
        if (length == 0 || length > count - runEnd) {
            throw damaged(
                    nextRun, DigestFormat.RUN, "a run of " + length + " leaves after leaf " + runEnd + " of " + count);
        }
        kind = next;
        digestsAt = nextRun + DigestFormat.RUN;
        long digests = kind == LeafKind.DATA ? length : 0;
        if (digests > (sectionEnd - digestsAt) / BlockTree.DIGEST) {
            throw damaged(nextRun, DigestFormat.RUN, "a run of " + length + " digests does not fit its section");
        }
        runStart = runEnd;
        runEnd += length;
        nextRun = digestsAt + digests * BlockTree.DIGEST;
    }

    /** Stands before the run at byte {@code at} of the file, whose first leaf is {@code first}. */
    void restart(long at, long first) {
        nextRun = at;
        runStart = first;
        runEnd = first;
        index = first;
    }

    /** Goes to a leaf of the run that it stands in, which may be before the present one. */
    boolean seekInRun(long target) {
        if (target < runStart || target >= runEnd) {
            return false;
        }
        index = target;
        return true;
    }

    /** Where in the file the run begins that follows the present one. */
    long nextRunAt() {
        return nextRun;
    }

    /** Reads on to the end and requires that the runs fill their section exactly. */
    void finish() throws IOException {
        while (runEnd < count) {
            readRun();
        }
        if (nextRun != sectionEnd) {
            throw damaged(nextRun, sectionEnd - nextRun, "bytes after the last run");
        }
    }

    @Override
    public LeafKind kind() {
        return kind;
    }

    @Override
    public long end() {
        return runEnd;
    }

    @Override
    public void digest(byte[] target) throws IOException {
        load(digestsAt + (index - runStart) * BlockTree.DIGEST, BlockTree.DIGEST)
                .get(target, 0, BlockTree.DIGEST);
    }

    /** The window, positioned at {@code at}, with at least {@code length} bytes. */
    private ByteBuffer load(long at, int length) throws IOException {
        if (at < windowAt || at + length > windowAt + window.limit()) {
            boolean readOn = at >= windowAt && at <= windowAt + window.limit();
            if (window.capacity() == 0 || (readOn && window.capacity() < LAST_WINDOW)) {
                window = ByteBuffer.allocate(Math.max(FIRST_WINDOW, window.capacity() * 2));
            }
            window.clear();
            windowAt = at;
            while (window.hasRemaining()) {
                if (channel.read(window, at + window.position()) < 0) {
                    break;
                }
            }
            window.flip();
            if (window.limit() < length) {
                throw damaged(at, length, "the file ends inside it");
            }
        }
        return window.position((int) (at - windowAt));
    }

    private DamagedException damaged(long at, long length, String message) {
        return new DamagedException(new Finding(file, at, Math.max(length, 1), message));
    }
}
