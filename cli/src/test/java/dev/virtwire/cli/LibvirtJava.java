// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What libvirt-java has, read from its jar: its public methods, and the functions of libvirt that they call. */
final class LibvirtJava {
    private static final String PACKAGE = "org.libvirt";
    private static final String BINDING = PACKAGE + ".jna.Libvirt";

    private final Set<String> names = new HashSet<>();
    private final Map<String, TreeSet<String>> methods = new TreeMap<>();

    LibvirtJava() {
        JavaClasses classes = new ClassFileImporter().importPackages(PACKAGE);
        for (JavaClass type : classes) {
            if (type.getPackageName().equals(PACKAGE) && type.getModifiers().contains(JavaModifier.PUBLIC)) {
                names.add(type.getSimpleName());
                for (JavaCodeUnit unit : type.getCodeUnits()) {
                    if (unit.getModifiers().contains(JavaModifier.PUBLIC)) {
                        String name = unit instanceof JavaConstructor
                                ? "new " + type.getSimpleName()
                                : type.getSimpleName() + "." + unit.getName();
                        names.add(name);
                        addCalls(unit, name, new HashSet<>());
                    }
                }
            }
        }
    }

    /** Of the unit itself, and of what it leaves to methods that a user cannot call. */
    private void addCalls(JavaCodeUnit unit, String name, Set<JavaCodeUnit> seen) {
        if (!seen.add(unit)) {
            return;
        }
        unit.getMethodCallsFromSelf().forEach(call -> {
            String owner = call.getTargetOwner().getFullName();
            if (owner.equals(BINDING)) {
                methods.computeIfAbsent(key(call.getName()), none -> new TreeSet<>())
                        .add(name);
            } else if (owner.startsWith(PACKAGE + ".")) {
                call.getTarget()
                        .resolveMember()
                        .filter(target -> !target.getModifiers().contains(JavaModifier.PUBLIC))
                        .ifPresent((JavaMethod target) -> addCalls(target, name, seen));
            }
        });
    }

    /** Whether there is a public type, {@code Type.method} or {@code new Type} of that name. */
    boolean has(String name) {
        return names.contains(name);
    }

    /** The public methods that call a function of libvirt; its letters may be capitals or not. */
    Set<String> callersOf(String function) {
        return methods.getOrDefault(key(function), new TreeSet<>());
    }

    private static String key(String function) {
        return function.toLowerCase(Locale.ROOT);
    }
}
