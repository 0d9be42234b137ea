// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.upstream.ApiConstants.Constant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Compares the tables' enums and flags with the constants of libvirt's C API: each number, name and version. */
public final class ConstantChecker {
    /** What stands before a difference, and what {@link Deviations} knows these by. */
    static final String LABEL = "constants";

    private final Map<String, List<Constant>> upstream;
    private final Set<String> known = new HashSet<>();
    private final List<Difference> differences = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();

    private ConstantChecker(Map<String, List<Constant>> upstream) {
        this.upstream = upstream;
    }

    /** Compares. A whole type that no table has is a difference: there is one list of those that are left out. */
    public static Checker.Result check(List<Program> tables, ApiConstants constants) {
        ConstantChecker checker = new ConstantChecker(constants.types());
        tables.stream()
                .flatMap(program -> program.areas().stream())
                .flatMap(area -> area.enumerations().stream())
                .forEach(checker::enumeration);
        checker.upstream.forEach((type, members) -> {
            if (!checker.known.contains(type) && !members.isEmpty()) {
                checker.differences.add(new Difference(
                        LABEL + " " + type + ": in no table", members.get(0).position()));
            }
        });
        return new Checker.Result(Set.of(LABEL), List.copyOf(checker.differences), List.copyOf(checker.missing));
    }

    private void enumeration(Enumeration ours) {
        String type = ours.upstream();
        if (type == null) {
            return;
        }
        List<Constant> theirs = upstream.get(type);
        String path = LABEL + " " + ours.name();
        if (theirs == null) {
            differences.add(new Difference(path + ": upstream has no " + type, null));
            return;
        }
        known.add(type);
        for (Enumeration.Constant constant : ours.constants()) {
            constant(path + " " + constant.name(), constant, theirs);
        }
        lacking(ours, theirs)
                .forEach(constant -> missing.add(
                        path + ": " + constant.name() + " = " + constant.number() + " since " + constant.version()));
    }

    /** What is of the API's type and not in the table; of flags only single bits. */
    static List<Constant> lacking(Enumeration ours, List<Constant> theirs) {
        Set<Long> numbers = new HashSet<>();
        ours.constants().forEach(constant -> numbers.add(constant.number()));
        return theirs.stream()
                .filter(constant -> !ours.flags() || Long.bitCount(constant.number()) == 1)
                .filter(constant -> numbers.add(constant.number()))
                .toList();
    }

    private void constant(String path, Enumeration.Constant ours, List<Constant> theirs) {
        List<Constant> same = theirs.stream()
                .filter(constant -> constant.number() == ours.number())
                .toList();
        if (same.isEmpty()) {
            differences.add(new Difference(path + ": " + ours.number() + ", upstream nothing", null));
            return;
        }
        Constant first = same.get(0);
        if (same.stream().noneMatch(constant -> letters(constant.name()).endsWith(letters(ours.name())))) {
            differences.add(
                    new Difference(path + ": name: " + ours.name() + ", upstream " + first.name(), first.position()));
        }
        String since = ours.since();
        if (since != null
                && same.stream().noneMatch(constant -> constant.version().equals(since))) {
            differences.add(
                    new Difference(path + ": since " + since + ", upstream " + first.version(), first.position()));
        }
    }

    private static String letters(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }
}
