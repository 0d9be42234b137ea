// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Values within values: an error names the whole way to what is wrong. */
class XdrValuesTest {
    /** A disk with its name, of at most four bytes. */
    private static final XdrCodec<String> DISK = new XdrCodec<>() {
        @Override
        public void encode(XdrWriter writer, String value) {
            writer.writeString(value, 4, "Disk.name");
        }

        @Override
        public String decode(XdrReader reader) {
            return reader.readString(4, "Disk.name");
        }
    };

    /** A host with its disks. */
    private static final XdrCodec<List<String>> HOST = new XdrCodec<>() {
        @Override
        public void encode(XdrWriter writer, List<String> value) {
            writer.writeArray(DISK, value, 2, "Host.disks");
        }

        @Override
        public List<String> decode(XdrReader reader) {
            throw new UnsupportedOperationException();
        }
    };

    @Test
    void anErrorNamesTheWholeWayToTheField() {
        assertRefused(w -> w.writeValue(DISK, "a\0", "Call.disk"), "Call.disk.name: a NUL character at position 1");
        assertRefused(
                w -> w.writeArray(HOST, List.of(List.of(), List.of("vda", "vdbcd")), 9, "Call.hosts"),
                "Call.hosts[1].disks[1].name: 5 bytes exceed the bound of 4");
        assertRefused(
                w -> w.writeValue(HOST, List.of("a", "b", "c"), "Call.host"),
                "Call.host.disks: 3 elements exceed the bound of 2");
    }

    @Test
    void copiesCannotBeChangedAndLackNothing() {
        List<String> list = new ArrayList<>(List.of("a"));
        Set<String> set = new HashSet<>(list);
        List<String> copiedList = XdrValues.list(list, "Call.list");
        Set<String> copiedSet = XdrValues.set(set, "Call.set");
        list.clear();
        set.clear();
        assertThat(copiedList).containsExactly("a").isUnmodifiable();
        assertThat(copiedSet).containsExactly("a").isUnmodifiable();
        assertThat(XdrValues.present("a", "Call.name")).isEqualTo("a");
    }

    @Test
    void aNullIsRefusedByItsName() {
        assertNull(() -> XdrValues.present(null, "Call.name"), "Call.name");
        assertNull(() -> XdrValues.list(null, "Call.list"), "Call.list");
        assertNull(() -> XdrValues.set(null, "Call.set"), "Call.set");
        assertNull(() -> XdrValues.list(Arrays.asList("a", null), "Call.list"), "Call.list[1]");
        assertNull(() -> XdrValues.set(new HashSet<>(Arrays.asList((Object) null)), "Call.set"), "Call.set[0]");
    }

    private static void assertNull(Runnable making, String field) {
        assertThatThrownBy(making::run)
                .isInstanceOf(NullPointerException.class)
                .hasMessage(field + ": null where a value is needed");
    }

    private static void assertRefused(Consumer<XdrWriter> write, String message) {
        ByteBuf buffer = Unpooled.buffer();
        assertThatThrownBy(() -> write.accept(new XdrWriter(buffer)))
                .isInstanceOf(XdrException.class)
                .hasMessage(message);
        buffer.release();
    }
}
