// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Names;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** How C's names are called in the tables. By rule, so that a name can be checked. */
final class UpstreamNames {
    /** Abbreviations of field names that the tables spell out. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("dom", "domain"),
            Map.entry("doms", "domains"),
            Map.entry("net", "network"),
            Map.entry("nets", "networks"),
            Map.entry("vol", "volume"),
            Map.entry("vols", "volumes"),
            Map.entry("snap", "snapshot"),
            Map.entry("srv", "server"),
            Map.entry("clnt", "client"),
            Map.entry("cmd", "command"),
            Map.entry("ver", "version"));

    private UpstreamNames() {}

    /**
     * {@code DOMAIN_GET_XML_DESC} or {@code domain_disk_error} as {@code DomainGetXmlDesc}, {@code DomainDiskError}.
     */
    static String camel(String name) {
        StringBuilder camel = new StringBuilder();
        for (String word : name.toLowerCase(Locale.ROOT).split("_")) {
            camel.append(word.isEmpty() ? word : Names.upper(word));
        }
        return camel.toString();
    }

    /** {@code remote_nonnull_domain} as {@code DomainRef}, {@code remote_typed_param} as {@code TypedParam}. */
    static String type(String name) {
        String local = name.substring(name.indexOf('_') + 1);
        return local.startsWith("nonnull_")
                ? camel(local.substring("nonnull_".length())) + "Ref"
                : camel(local.replaceFirst("_(ret|msg)$", ""));
    }

    /**
     * {@code dom} as {@code domain}, {@code callbackID} as {@code callbackId}, {@code lib_ver} as {@code libVersion}.
     */
    static String field(String name) {
        // Of the lists that a call returns: what the C function returns is how many there are.
        if (name.equals("ret")) {
            return "count";
        }
        StringJoiner words = new StringJoiner("_");
        for (String word : name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_")
                .toLowerCase(Locale.ROOT)
                .split("_")) {
            words.add(WORDS.getOrDefault(word, word));
        }
        String field = Names.lower(camel(words.toString()));
        return Names.isReserved(field) ? field + "Value" : field;
    }
}
