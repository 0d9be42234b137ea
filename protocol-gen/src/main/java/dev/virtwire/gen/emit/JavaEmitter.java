// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Union;
import java.util.Map;
import java.util.TreeMap;

/** All Java files of a program. */
public final class JavaEmitter {
    private final Program program;
    private final JavaNames names;
    private final CodecEmitter codecs;
    private final Map<String, String> files = new TreeMap<>();

    private JavaEmitter(Program program) {
        this.program = program;
        this.names = new JavaNames(program);
        this.codecs = new CodecEmitter(names);
    }

    /** The files' texts by their paths below a source folder. */
    public static Map<String, String> emit(Program program) {
        return new JavaEmitter(program).files();
    }

    private Map<String, String> files() {
        add("package-info", packageInfo());
        for (Struct struct : program.structs()) {
            add(RecordEmitter.emit(struct));
            add(codecs.emit(struct));
        }
        for (Type borrowed : program.borrowed()) {
            add(borrowed instanceof Struct struct ? codecs.emit(struct) : codecs.emit((Union) borrowed));
        }
        for (Area area : program.areas()) {
            for (Union union : area.unions()) {
                add(UnionEmitter.emit(union));
                add(codecs.emit(union));
            }
            for (Enumeration enumeration : area.enumerations()) {
                add(enumeration.flags() ? FlagsEmitter.emit(enumeration) : EnumEmitter.emit(enumeration));
            }
            if (!area.procedures().isEmpty() || !area.events().isEmpty()) {
                add(new ProceduresEmitter(program, names).emit(area));
            }
            if (!area.procedures().isEmpty()) {
                add(new CallsEmitter(names).emit(area));
            }
        }
        return files;
    }

    private void add(TypeSpec type) {
        String text = JavaFile.builder(names.packageName(), type)
                .skipJavaLangImports(true)
                .indent("    ")
                .build()
                .toString();
        add(type.name(), text);
    }

    private void add(String className, String text) {
        String path = names.packageName().replace('.', '/') + "/" + className + ".java";
        if (files.put(path, text) != null) {
            throw new IllegalStateException("two classes want to be " + path);
        }
    }

    private String packageInfo() {
        return "/**\n * Program " + program.name() + ", generated from its tables in {@code src/protocol}.\n */\n"
                + "@NullMarked\npackage " + names.packageName()
                + ";\n\nimport org.jspecify.annotations.NullMarked;\n";
    }
}
