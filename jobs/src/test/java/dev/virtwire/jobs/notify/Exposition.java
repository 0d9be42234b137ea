// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A strict reader of Prometheus' text format: each family once, with its help and its type before its lines. */
final class Exposition {
    private static final Pattern HELP = Pattern.compile("# HELP ([a-z_]+) (\\S.*\\.)");
    private static final Pattern TYPE = Pattern.compile("# TYPE ([a-z_]+) gauge");
    private static final Pattern LINE = Pattern.compile(
            "([a-z_]+)\\{((?:[a-z_]+=\"(?:[^\"\\\\\n]|\\\\[\\\\n\"])*\",?)+)} (-?[0-9]+(?:\\.[0-9]+)?)");

    private Exposition() {}

    /** The values by name and labels. */
    static Map<String, Double> read(String text) {
        assertThat(text).endsWith("\n");
        Map<String, Double> values = new LinkedHashMap<>();
        Set<String> families = new HashSet<>();
        String helped = null;
        String family = null;
        for (String line : text.lines().toList()) {
            Matcher help = HELP.matcher(line);
            Matcher type = TYPE.matcher(line);
            Matcher value = LINE.matcher(line);
            if (help.matches()) {
                helped = help.group(1);
            } else if (type.matches()) {
                family = type.group(1);
                assertThat(family).as("help before type").isEqualTo(helped);
                assertThat(families.add(family)).as("%s once", family).isTrue();
            } else {
                assertThat(value.matches()).as("a line of the format: %s", line).isTrue();
                assertThat(value.group(1)).as("type before %s", line).isEqualTo(family);
                Double before = values.put(value.group(1) + "{" + value.group(2) + "}", Double.valueOf(value.group(3)));
                assertThat(before).as("%s once", line).isNull();
            }
        }
        return values;
    }
}
