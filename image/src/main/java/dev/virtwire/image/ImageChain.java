// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.ImageExtent.Kind;
import dev.virtwire.image.internal.ExtentMerger;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Ranges;
import dev.virtwire.image.internal.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An image with everything beneath it, read as the guest would see it: what one image leaves unallocated comes from the
 * next. If the last one has nothing either, or is shorter, zeros are read.
 *
 * @since 0.1
 */
public final class ImageChain implements ImageReader {
    /** More files than that in one chain are refused. Each takes some 20 KiB of memory. */
    public static final int MAX_DEPTH = 4096;

    private final List<ImageReader> images;
    private final boolean borrowed;

    private ImageChain(List<? extends ImageReader> images, boolean borrowed) {
        if (images.isEmpty()) {
            throw new IllegalArgumentException("a chain needs at least one image");
        }
        this.images = List.copyOf(images);
        this.borrowed = borrowed;
    }

    /**
     * Opens an image and all backing files beneath it.
     *
     * @param top the topmost image
     * @param format {@code qcow2} or {@code raw}
     * @param access decides which backing files may be opened
     * @throws ImageException if a file cannot be read, is refused, does not say its backing file's format, or the
     *     chain has a loop or more than {@link #MAX_DEPTH} files
     */
    public static ImageChain open(Path top, String format, ImageAccess access) throws ImageException {
        List<ImageReader> images = new ArrayList<>();
        try {
            Set<Object> seen = new HashSet<>();
            ImageMemory memory = ImageMemory.ofChain();
            ImageReader image = openOne(top, format, memory);
            images.add(image);
            seen.add(ImageFile.identity(top));
            while (image.backing().isPresent()) {
                BackingFile backing = image.backing().get();
                Path path = access.resolve(image.file(), backing);
                if (!seen.add(ImageFile.identity(path))) {
                    throw new ImageException(
                            image.file(), "its backing file " + backing.name() + " is above it already: a loop");
                }
                if (images.size() == MAX_DEPTH) {
                    throw new ImageException(top, "has more than " + MAX_DEPTH + " files in its backing chain");
                }
                String backingFormat = backing.format();
                if (backingFormat == null) {
                    throw new ImageException(
                            image.file(), "does not say the format of its backing file " + backing.name());
                }
                image = openOne(path, backingFormat, memory);
                images.add(image);
            }
            return new ImageChain(images, false);
        } catch (ImageException | RuntimeException e) {
            closeAll(images, e);
            throw e;
        }
    }

    /**
     * A chain of images that are open already, topmost first. What they say of their backing files is not looked at.
     * The chain closes them. Those of a long chain should have been opened with one {@link ImageMemory}.
     */
    public static ImageChain of(List<? extends ImageReader> images) {
        return new ImageChain(images, false);
    }

    /** As {@link #of}, but the images stay open when the chain is closed: they are in other chains too. */
    public static ImageChain borrowing(List<? extends ImageReader> images) {
        return new ImageChain(images, true);
    }

    /** The images, topmost first: {@link ImageExtent#depth()} is the index. */
    public List<ImageReader> images() {
        return images;
    }

    @Override
    public Path file() {
        return images.get(0).file();
    }

    @Override
    public long virtualSize() {
        return images.get(0).virtualSize();
    }

    /** Empty: nothing is missing. */
    @Override
    public Optional<BackingFile> backing() {
        return Optional.empty();
    }

    @Override
    public void read(long guestOffset, ByteBuffer destination) throws ImageException {
        int length = destination.remaining();
        Ranges.checkInside(guestOffset, length, virtualSize());
        int limit = destination.limit();
        try {
            walk(guestOffset, length, extent -> {
                if (extent.kind() == Kind.DATA) {
                    destination.limit(destination.position() + (int) extent.length());
                    images.get(extent.depth()).read(extent.offset(), destination);
                    destination.limit(limit);
                } else {
                    Zeros.put(destination, extent.length());
                }
            });
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            throw new AssertionError("readers throw nothing else", e);
        }
    }

    @Override
    public void forEachExtent(long guestOffset, long length, ExtentVisitor visitor) throws IOException {
        Ranges.checkInside(guestOffset, length, virtualSize());
        ExtentMerger merger = new ExtentMerger(visitor);
        walk(guestOffset, length, merger);
        merger.flush();
    }

    @Override
    public void close() throws ImageException {
        if (borrowed) {
            return;
        }
        ImageException failure = null;
        for (ImageReader image : images) {
            try {
                image.close();
            } catch (ImageException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public ImageExtent extentAt(long guestOffset, long length) throws ImageException {
        Ranges.checkInside(guestOffset, length, virtualSize());
        return new Descent(guestOffset, guestOffset + length).next();
    }

    private void walk(long offset, long length, ExtentVisitor visitor) throws IOException {
        Descent descent = new Descent(offset, offset + length);
        while (descent.hasNext()) {
            visitor.visit(descent.next());
        }
    }

    /** A walk over a range: down to the image that has something, and up again behind what it has. */
    private final class Descent {
        private final long end;
        /** Up to where each image above the present one has nothing; never more than those above it. */
        private final long[] nothingUpTo = new long[images.size()];

        private int depth;
        private long offset;

        Descent(long offset, long end) {
            this.offset = offset;
            this.end = end;
        }

        boolean hasNext() {
            return offset < end;
        }

        ImageExtent next() throws ImageException {
            while (depth > 0 && nothingUpTo[depth - 1] <= offset) {
                depth--;
            }
            while (true) {
                long limit = depth == 0 ? end : nothingUpTo[depth - 1];
                ImageReader image = images.get(depth);
                long here = Math.min(limit, image.virtualSize()) - offset;
                if (here <= 0) {
                    // What is beneath a shorter image is not seen behind its end.
                    return take(new ImageExtent(
                            offset, limit - offset, Kind.UNALLOCATED, ImageExtent.NO_HOST_OFFSET, depth));
                }
                ImageExtent run = image.extentAt(offset, here);
                if (run.kind() != Kind.UNALLOCATED || depth + 1 == images.size()) {
                    return take(run);
                }
                nothingUpTo[depth] = run.end();
                depth++;
            }
        }

        private ImageExtent take(ImageExtent run) {
            offset = run.end();
            return at(depth, run);
        }
    }

    private ImageExtent at(int depth, ImageExtent extent) {
        int shown = extent.kind() == Kind.UNALLOCATED ? images.size() - 1 : depth;
        return new ImageExtent(extent.offset(), extent.length(), extent.kind(), extent.hostOffset(), shown);
    }

    private static ImageReader openOne(Path path, String format, ImageMemory memory) throws ImageException {
        return switch (format) {
            case "qcow2" -> Qcow2Reader.open(path, memory);
            case "raw" -> RawReader.open(path);
            default -> throw new ImageException(path, "has the format " + format + ", neither qcow2 nor raw");
        };
    }

    private static void closeAll(List<ImageReader> images, Exception cause) {
        for (ImageReader image : images) {
            try {
                image.close();
            } catch (ImageException e) {
                cause.addSuppressed(e);
            }
        }
    }
}
