// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageReader.ExtentVisitor;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Joins runs that continue each other before it hands them on. */
public final class ExtentMerger implements ExtentVisitor {
    private final ExtentVisitor target;
    private @Nullable ImageExtent pending;

    /** Hands on to {@code target}; {@link #flush} must follow the last run. */
    public ExtentMerger(ExtentVisitor target) {
        this.target = target;
    }

    @Override
    public void visit(ImageExtent extent) throws IOException {
        ImageExtent last = pending;
        if (last == null) {
            pending = extent;
        } else if (last.isContinuedBy(extent)) {
            pending = new ImageExtent(
                    last.offset(), last.length() + extent.length(), last.kind(), last.hostOffset(), last.depth());
        } else {
            pending = extent;
            target.visit(last);
        }
    }

    /** Hands on the last run. */
    public void flush() throws IOException {
        ImageExtent last = pending;
        pending = null;
        if (last != null) {
            target.visit(last);
        }
    }
}
