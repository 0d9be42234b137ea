// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each state of a merge, as docs/format.md lists them, on a mount on which nobody can write anything. */
class ReadOnlyMergeIT {
    private static final List<String> DISKS = List.of("vda", "vdb");

    /** The rows of the table; of each step at which a merge can die, one holds. */
    private enum State {
        NOTHING_BEGUN,
        NOT_RECORDED,
        IMAGES_CHANGE,
        FILES_MOVE,
        POINTS_GO,
        DONE
    }

    /** Of the steps of one state, the first is looked at, and then each third: mounts and conversions take long. */
    private static final int EACH = 3;

    private final Tools tools = new Tools();

    @TempDir
    Path folder;

    @Test
    void everyPointReadsRightInEachState() throws Exception {
        Map<State, Integer> seen = new EnumMap<>(State.class);
        State state = State.NOTHING_BEGUN;
        for (int step = 0; state != State.DONE; step++) {
            Chain chain = new Chain(folder.resolve("r" + step), new Random(step)).grow(1 << 20, 4);
            // A second name has one of the disks copied, and the other changed in its place.
            Files.createLink(folder.resolve("second" + step), chain.image(1, "vdb"));
            boolean died = died(chain, step);
            state = died ? state(chain) : State.DONE;
            if (seen.merge(state, 1, Integer::sum) % EACH != 1) {
                continue;
            }
            Path mount = Files.createDirectory(folder.resolve("mount" + step));
            tools.run(List.of("mount", "--bind", chain.folder.toString(), mount.toString()));
            try {
                tools.run(List.of("mount", "-o", "remount,bind,ro", mount.toString()));
                requireRight(chain.at(mount), "dead at step " + step + ", " + state);
            } finally {
                tools.run(List.of("umount", mount.toString()));
            }
        }
        assertThat(seen).containsOnlyKeys(State.values());
    }

    private static boolean died(Chain chain, int step) {
        try {
            chain.consolidator(CrashingFiles.at(step)).merge(chain.id(3), chain.ids(1, 2));
            return false;
        } catch (RuntimeException e) {
            assertThat(e).hasStackTraceContaining("crash at");
            return true;
        }
    }

    private static State state(Chain chain) throws IOException {
        DomainStore store = chain.store(DurableFiles.PLAIN);
        Path point = chain.folder.resolve("web1").resolve(chain.id(3));
        if (!Files.exists(store.merges().file(chain.id(3)))) {
            return Files.exists(point.resolve(Names.MERGED_PARTIAL)) ? State.NOT_RECORDED : State.NOTHING_BEGUN;
        }
        if (Files.exists(point.resolve(Names.MERGED))) {
            return State.FILES_MOVE;
        }
        return store.layer(chain.id(3))
                        .manifestSha256()
                        .equals(chain.points.get(3).manifestSha256())
                ? State.IMAGES_CHANGE
                : State.POINTS_GO;
    }

    private void requireRight(Chain chain, String when) throws Exception {
        DomainStore store = chain.store(DurableFiles.PLAIN);
        int[] there = store.hasPoint(chain.id(1)) ? new int[] {0, 1, 2, 3, 4} : new int[] {0, 3, 4};
        chain.requireRight(List.of(VerifyDepth.DIGESTS, VerifyDepth.FULL), there);
        for (int index : there) {
            chain.restore(index);
            for (String target : DISKS) {
                Path raw = folder.resolve("converted.raw");
                tools.run(List.of(
                        "qemu-img",
                        "convert",
                        "-O",
                        "raw",
                        chain.image(index, target).toString(),
                        raw.toString()));
                assertThat(Files.readAllBytes(raw))
                        .as("%s of point %d, %s", target, index, when)
                        .isEqualTo(chain.content(index, target));
            }
        }
        assertThatThrownBy(() -> Files.createFile(chain.folder.resolve("new")))
                .as(when)
                .hasMessageContaining("Read-only file system");
    }
}
