// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.AnnotationNode;

/** Those annotations that promise something to users: nullness, deprecation, and that a lambda will do. */
final class Annotations {
    private static final String NULLNESS = "Lorg/jspecify/annotations/";
    private static final Set<String> OTHERS = Set.of("Ljava/lang/Deprecated;", "Ljava/lang/FunctionalInterface;");

    private Annotations() {}

    static boolean isOfTheApi(AnnotationNode annotation) {
        return annotation.desc.startsWith(NULLNESS) || OTHERS.contains(annotation.desc);
    }

    /** As in Java, with the simple name. */
    static String text(AnnotationNode annotation) {
        String name = annotation.desc.substring(annotation.desc.lastIndexOf('/') + 1, annotation.desc.length() - 1);
        return "@" + name + (isForRemoval(annotation) ? "(forRemoval = true)" : "");
    }

    private static boolean isForRemoval(AnnotationNode annotation) {
        List<Object> values = annotation.values == null ? List.of() : annotation.values;
        int at = values.indexOf("forRemoval");
        return at >= 0 && values.get(at + 1).equals(true);
    }

    /** Each followed by a blank. */
    static String prefix(@Nullable Collection<AnnotationNode> annotations) {
        return annotations == null
                ? ""
                : annotations.stream()
                        .filter(Annotations::isOfTheApi)
                        .map(annotation -> text(annotation) + " ")
                        .sorted()
                        .collect(Collectors.joining());
    }
}
