// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InnerClassNode;
import org.objectweb.asm.tree.ModuleNode;

/** The compiled classes of one module, and which of them its users see. */
final class ModuleClasses {
    private static final int WITHOUT_CODE = ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES;

    private final Map<String, ClassNode> classes = new TreeMap<>();
    private final Set<String> packages = new TreeSet<>();
    private @Nullable ModuleNode module;

    private ModuleClasses() {}

    static ModuleClasses read(Path folder) throws IOException {
        ModuleClasses read = new ModuleClasses();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".class")).toList()) {
                try (InputStream bytes = Files.newInputStream(file)) {
                    ClassNode type = new ClassNode();
                    new ClassReader(bytes).accept(type, WITHOUT_CODE);
                    if (type.module == null) {
                        read.classes.put(type.name, type);
                    } else {
                        read.module = type.module;
                    }
                }
            }
        }
        read.findPackages();
        return read;
    }

    /** Null if it is no module of Java's. */
    @Nullable
    ModuleNode module() {
        return module;
    }

    @Nullable
    ClassNode get(String name) {
        return classes.get(name);
    }

    /** With slashes: those that the module exports to everybody; without a module, those that are not internal. */
    Set<String> packages() {
        return packages;
    }

    private void findPackages() {
        if (module == null) {
            classes.keySet().stream()
                    .map(ModuleClasses::packageOf)
                    .filter(name -> !name.contains("/internal"))
                    .forEach(packages::add);
        } else if (module.exports != null) {
            module.exports.stream()
                    .filter(export -> export.modules == null || export.modules.isEmpty())
                    .forEach(export -> packages.add(export.packaze));
        }
    }

    /** The types that users can name, an inner one behind its outer one. */
    List<ClassNode> visible() {
        return classes.values().stream()
                .filter(type -> isVisible(type.name))
                .sorted(Comparator.comparing(type -> type.name.replace('$', '.')))
                .toList();
    }

    boolean isVisible(String name) {
        ClassNode type = classes.get(name);
        if (type == null || !packages.contains(packageOf(name)) || name.endsWith("/package-info")) {
            return false;
        }
        InnerClassNode inner = inner(type);
        if (inner == null) {
            return has(type.access, Opcodes.ACC_PUBLIC);
        }
        return inner.outerName != null
                && isVisible(inner.outerName)
                && isOpen(inner.access, classes.get(inner.outerName));
    }

    /** Whether what has such an access in a class is public, or protected where a subclass can be. */
    static boolean isOpen(int access, @Nullable ClassNode in) {
        return has(access, Opcodes.ACC_PUBLIC)
                || (has(access, Opcodes.ACC_PROTECTED) && in != null && !has(in.access, Opcodes.ACC_FINAL));
    }

    /** The modifiers that the source has: an inner class has its own elsewhere. */
    static int access(ClassNode type) {
        InnerClassNode inner = inner(type);
        return inner == null ? type.access : inner.access;
    }

    private static @Nullable InnerClassNode inner(ClassNode type) {
        return type.innerClasses.stream()
                .filter(inner -> inner.name.equals(type.name))
                .findFirst()
                .orElse(null);
    }

    static boolean has(int access, int flag) {
        return (access & flag) != 0;
    }

    static String packageOf(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('/')));
    }
}
