// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.gen.model.Linker;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.table.TableFile;
import dev.virtwire.gen.table.TableParser;
import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random tables: what is generated compiles, and turns random values into the right bytes and back. */
class RandomTablesTest {
    private static final int TABLES = 3;
    private static final int VALUES = 40;

    @Test
    void generatedCodecsWriteTheRightBytesAndReadThemBack(@TempDir Path folder) throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        List<String> texts = new ArrayList<>();
        List<TableFile> tables = new ArrayList<>();
        for (int i = 0; i < TABLES; i++) {
            String text = new RandomTable(seed + i, "random" + i).text();
            texts.add(text);
            tables.add(TableParser.parse("random" + i + ".table", text));
        }
        List<Program> programs = Linker.link(tables);
        Map<String, String> sources = new HashMap<>();
        programs.forEach(program -> sources.putAll(JavaEmitter.emit(program)));
        ClassLoader classes = Compiled.compile(sources, folder);
        for (int i = 0; i < TABLES; i++) {
            for (Struct struct : programs.get(i).structs()) {
                String about = "-Dseed=" + seed + ", " + struct.name() + " in\n" + texts.get(i);
                XdrCodec<Object> codec = codec(classes, programs.get(i), struct);
                for (int j = 0; j < VALUES; j++) {
                    check(classes, struct, codec, new Random(seed + j), about);
                }
            }
        }
    }

    private static void check(ClassLoader classes, Struct struct, XdrCodec<Object> codec, Random random, String about)
            throws Exception {
        RandomValue expected = new RandomValue(random, classes);
        Object value = expected.struct(struct);
        ByteBuf buffer = Unpooled.buffer();
        codec.encode(new XdrWriter(buffer), value);
        assertThat(ByteBufUtil.hexDump(buffer)).as(about).isEqualTo(ByteBufUtil.hexDump(expected.bytes()));

        XdrReader reader = new XdrReader(buffer);
        Object decoded = codec.decode(reader);
        reader.expectEnd(struct.name());
        ByteBuf again = Unpooled.buffer();
        codec.encode(new XdrWriter(again), decoded);
        assertThat(ByteBufUtil.hexDump(again)).as(about).isEqualTo(ByteBufUtil.hexDump(expected.bytes()));
    }

    @SuppressWarnings("unchecked")
    private static XdrCodec<Object> codec(ClassLoader classes, Program program, Struct struct)
            throws ReflectiveOperationException {
        Field instance = classes.loadClass(new JavaNames(program).codec(struct).reflectionName())
                .getDeclaredField("INSTANCE");
        instance.setAccessible(true);
        return (XdrCodec<Object>) instance.get(null);
    }
}
