// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.FileUse;
import dev.virtwire.image.FileUse.Kind;
import dev.virtwire.image.ImageException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Finds what a range of a file is used for. */
public final class FileUses implements References.Visitor {
    private final long begin;
    private final long end;
    private final List<FileUse> uses = new ArrayList<>();

    /** A search in a range of the file. */
    public FileUses(long fileOffset, long length) {
        this.begin = fileOffset;
        this.end = fileOffset + length;
    }

    @Override
    public void use(
            Kind kind, long number, long fileOffset, long length, long guestOffset, long entryOffset, boolean copied) {
        long from = Math.max(begin, fileOffset);
        long to = Math.min(end, fileOffset + length);
        if (from >= to) {
            return;
        }
        long shift = kind == Kind.DATA ? from - fileOffset : 0;
        FileUse use = new FileUse(from, to - from, kind, number, guestOffset + shift);
        if (!uses.isEmpty() && kind == Kind.DATA) {
            FileUse last = uses.get(uses.size() - 1);
            if (last.kind() == Kind.DATA
                    && last.end() == from
                    && last.guestOffset() + last.length() == use.guestOffset()) {
                uses.set(
                        uses.size() - 1,
                        new FileUse(last.fileOffset(), to - last.fileOffset(), Kind.DATA, 0, last.guestOffset()));
                return;
            }
        }
        uses.add(use);
    }

    @Override
    public void broken(ImageException problem) {
        // What cannot be followed uses nothing that could be named; reading and checking report it.
    }

    /** The uses in the order of the file, with what nothing uses between them. */
    public List<FileUse> found() {
        uses.sort(Comparator.comparingLong(FileUse::fileOffset));
        List<FileUse> all = new ArrayList<>();
        long at = begin;
        for (FileUse use : uses) {
            if (use.fileOffset() > at) {
                all.add(unused(at, use.fileOffset()));
            }
            all.add(use);
            at = Math.max(at, use.end());
        }
        if (at < end) {
            all.add(unused(at, end));
        }
        return List.copyOf(all);
    }

    private static FileUse unused(long from, long to) {
        return new FileUse(from, to - from, Kind.UNUSED, 0, 0);
    }
}
