// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.table.Item;
import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TableFile.ProgramNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one program's tables have named: types, and the Java classes that come of everything. */
final class Scope {
    private final ProgramNode program;
    private final @Nullable Scope used;
    private final Errors errors;
    private final Map<String, Item> types = new HashMap<>();
    private final Map<String, Position> classes = new HashMap<>();

    Scope(ProgramNode program, @Nullable Scope used, Errors errors) {
        this.program = program;
        this.used = used;
        this.errors = errors;
    }

    ProgramNode program() {
        return program;
    }

    /** Declares a type; classes are told apart without regard to case, for the file systems that do not. */
    void declare(Item type) {
        if (!Names.isType(type.name())) {
            errors.add(type.position(), type.name() + ": a type's name starts with a capital and has no underscore");
        }
        if (Names.isJavaLang(type.name())) {
            errors.add(type.position(), type.name() + " is a class of java.lang");
        }
        Declared elsewhere = used == null ? null : used.find(type.name());
        if (elsewhere != null) {
            errors.add(
                    type.position(),
                    type.name() + " is declared already, by program "
                            + elsewhere.owner().program().name() + " at "
                            + elsewhere.item().position());
        }
        types.putIfAbsent(type.name(), type);
        generates(type.name(), type.position());
        if (!(type instanceof Item.EnumItem)) {
            generates(type.name() + "Codec", type.position());
        }
    }

    /** Takes note of a Java class that will be generated. */
    void generates(String className, Position position) {
        Position first = classes.putIfAbsent(className.toLowerCase(Locale.ROOT), position);
        if (first != null) {
            errors.add(position, "name clash: the Java class " + className + " comes of " + first + " already");
        }
    }

    /** The type of this name, here or in the program that this one uses; null if nothing has this name. */
    @Nullable
    Declared find(String name) {
        Item type = types.get(name);
        if (type != null) {
            return new Declared(this, type);
        }
        return used == null ? null : used.find(name);
    }

    /** A type and the scope that it is in. */
    record Declared(Scope owner, Item item) {}
}
