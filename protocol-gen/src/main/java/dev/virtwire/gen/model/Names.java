// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.Locale;
import java.util.Set;
import javax.lang.model.SourceVersion;

/** How names are spelled in tables and in Java. */
public final class Names {
    /** What a record may not call a component. */
    private static final Set<String> FORBIDDEN =
            Set.of("clone", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait");

    private Names() {}

    /** {@code DomainRef} */
    public static boolean isType(String name) {
        return name.matches("[A-Z][A-Za-z0-9]*");
    }

    /** {@code backupXml} */
    public static boolean isField(String name) {
        return name.matches("[a-z][A-Za-z0-9]*");
    }

    /** Whether Java keeps a field's name for itself. */
    public static boolean isReserved(String name) {
        return SourceVersion.isKeyword(name) || FORBIDDEN.contains(name);
    }

    /** Whether a class of this name is there without an import. */
    public static boolean isJavaLang(String name) {
        try {
            Class.forName("java.lang." + name);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** {@code DomainGetXmlDesc} or {@code getXmlDesc} as {@code DOMAIN_GET_XML_DESC}. */
    public static String constant(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_")
                .toUpperCase(Locale.ROOT);
    }

    /** {@code DomainRef} as {@code domainRef}. */
    public static String lower(String name) {
        return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    /** {@code intValue} as {@code IntValue}. */
    public static String upper(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }
}
