// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A text of the API, as {@code src/api} has one for each minor version: what it says of each type. */
final class ApiFile {
    private static final Pattern HEAD = Pattern.compile("(?m)^(?:@\\S+ )*(package|module) (\\S+)$");
    private static final Pattern TYPE = Pattern.compile("\\b(?:class|interface|enum|record) ([\\w.]+)");

    private final Map<String, List<String>> types;

    private ApiFile(Map<String, List<String>> types) {
        this.types = types;
    }

    /** Reads what {@link ApiText} has written. */
    static ApiFile parse(List<String> lines) {
        Map<String, List<String>> types = new LinkedHashMap<>();
        String home = "";
        List<String> current = new ArrayList<>();
        for (String line : lines) {
            Matcher head = HEAD.matcher(line);
            Matcher type = TYPE.matcher(line);
            if (head.matches()) {
                home = head.group(2);
                current = new ArrayList<>(List.of(line));
                // A module may be called as its package is.
                types.put(head.group(1).equals("module") ? "module " + home : home, current);
            } else if (line.startsWith(ApiText.INDENT)) {
                current.add(line);
            } else if (!line.startsWith("#") && type.find()) {
                current = new ArrayList<>(List.of(line));
                types.put(home + "." + type.group(1), current);
            }
        }
        return new ApiFile(types);
    }

    /** The whole names of modules, packages and types. */
    Set<String> names() {
        return types.keySet();
    }

    /** What is said of a module, a package or a type; empty for one that is not there. */
    List<String> lines(String name) {
        return types.getOrDefault(name, List.of());
    }

    /** The names of what the other text says something else about, or only one of them anything. */
    Set<String> differences(ApiFile other) {
        Set<String> names = new TreeSet<>(types.keySet());
        names.addAll(other.types.keySet());
        names.removeIf(name -> lines(name).equals(other.lines(name)));
        return names;
    }

    /**
     * Those types that differ from an earlier version's, and that no line of the changelog names under API.
     *
     * @param changelog of what came after the earlier version
     */
    Set<String> undeclared(ApiFile earlier, String changelog) {
        String said = Pattern.compile("(?ms)^### API\\n(.*?)(?=^##|\\z)")
                .matcher(changelog)
                .results()
                .map(section -> section.group(1))
                .collect(Collectors.joining("\n"));
        return differences(earlier).stream()
                .filter(name -> !Pattern.compile(
                                "\\b" + Pattern.quote(name.substring(name.lastIndexOf('.') + 1)) + "\\b")
                        .matcher(said)
                        .find())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
