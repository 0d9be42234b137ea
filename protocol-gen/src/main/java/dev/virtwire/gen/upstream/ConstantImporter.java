// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Names;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.upstream.ApiConstants.Constant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes table lines for constants of libvirt's C API that the tables lack. libvirt's own words stand in a line above
 * each, for the person who writes the comment that stays.
 */
public final class ConstantImporter {
    /** Of a type's name: what the tables leave out. */
    private static final String ENDINGS = "(Flags?Values|Flags|Values|DetailType|Type)$";

    private final List<String> lines = new ArrayList<>();

    private ConstantImporter() {}

    /** Writes the lines: for each enum what it lacks, and each type that no table has and no deviation leaves out. */
    public static List<String> lines(List<Program> tables, ApiConstants constants, Deviations deviations) {
        ConstantImporter importer = new ConstantImporter();
        Map<String, List<Constant>> types = constants.types();
        for (Enumeration ours : tables.stream()
                .flatMap(program -> program.areas().stream())
                .flatMap(area -> area.enumerations().stream())
                .toList()) {
            String type = ours.upstream();
            List<Constant> theirs = type == null ? null : types.get(type);
            if (type != null && theirs != null) {
                importer.lacking(type, ours, theirs);
            }
        }
        Checker.Result result = ConstantChecker.check(tables, constants);
        Set<String> unexpected = deviations.unexpected(result.differences()).stream()
                .map(Difference::text)
                .collect(Collectors.toSet());
        types.forEach((type, members) -> {
            if (unexpected.contains(ConstantChecker.LABEL + " " + type + ": in no table")) {
                importer.type(type, members);
            }
        });
        return List.copyOf(importer.lines);
    }

    private void lacking(String type, Enumeration ours, List<Constant> theirs) {
        List<Constant> lacking = ConstantChecker.lacking(ours, theirs).stream()
                .sorted(Comparator.comparingLong(Constant::number))
                .toList();
        if (!lacking.isEmpty()) {
            lines.add("");
            lines.add("# into " + (ours.flags() ? "flags " : "enum ") + ours.name() + " of " + ours.program());
            lacking.forEach(constant -> constant(type, theirs, constant, ours.flags()));
        }
    }

    private void type(String type, List<Constant> members) {
        boolean flags = type.contains("Flag");
        lines.add("");
        lines.add((flags ? "flags " : "enum ")
                + type.replaceFirst("^vir", "").replaceFirst(ENDINGS, flags ? "Flags" : "") + " for " + type + " {");
        members.stream()
                .filter(constant -> !flags || Long.bitCount(constant.number()) == 1)
                .sorted(Comparator.comparingLong(Constant::number))
                .forEach(constant -> constant(type, members, constant, flags));
        lines.add("}");
    }

    private void constant(String type, List<Constant> members, Constant constant, boolean flags) {
        if (!constant.info().isEmpty()) {
            lines.add("  # libvirt says: " + constant.info().replaceAll("\\s+", " "));
        }
        String number = flags ? "0x" + Long.toHexString(constant.number()) : Long.toString(constant.number());
        lines.add("  " + name(type, members, constant.name()) + " = " + number + " since " + constant.version() + ",");
    }

    /** The name without what all of the type have, and without the words of the type: a person shortens it further. */
    static String name(String type, List<Constant> members, String name) {
        String rest = name.substring(common(members, name));
        String words =
                type.replaceFirst("^vir(Adm)?", "").replaceFirst(ENDINGS, "").toLowerCase(Locale.ROOT);
        String shortened = name.replaceFirst("^VIR_", "");
        int end;
        while ((end = shortened.indexOf('_')) > 0
                && words.startsWith(shortened.substring(0, end).toLowerCase(Locale.ROOT))) {
            words = words.substring(end);
            shortened = shortened.substring(end + 1);
        }
        String shorter = rest.length() < shortened.length() ? rest : shortened;
        String camel = Names.lower(UpstreamNames.camel(shorter));
        return Names.isField(camel) ? camel : "n" + camel;
    }

    /** How many letters all names begin with, whole words only; none if there is but one. */
    private static int common(List<Constant> members, String name) {
        int length = members.size() == 1 ? 0 : name.lastIndexOf('_') + 1;
        for (Constant member : members) {
            while (length > 0 && !member.name().startsWith(name.substring(0, length))) {
                length = name.lastIndexOf('_', length - 2) + 1;
            }
        }
        return length;
    }
}
