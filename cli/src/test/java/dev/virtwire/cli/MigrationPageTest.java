// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.event.NetworkEventKind;
import dev.virtwire.client.event.NodeDeviceEventKind;
import dev.virtwire.client.event.SecretEventKind;
import dev.virtwire.client.event.StoragePoolEventKind;
import dev.virtwire.protocol.Procedure;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/migration.md names, for each procedure of the tables, what there is of it here and in libvirt-java, and what its
 * hand-written part names is there. With {@code -Dmigration.write=true} the generated part is written again.
 */
class MigrationPageTest {
    private static final Path PAGE = Path.of("..", "docs", "migration.md");
    private static final Path CLIENT = Path.of("..", "client", "src", "main", "java", "dev", "virtwire", "client");
    private static final Path BACKUP = Path.of("..", "backup", "src", "main", "java", "dev", "virtwire", "backup");
    private static final String BEGIN = "<!-- From here on generated; MigrationPageTest says how. -->\n";

    private static final Pattern DOCUMENTED =
            Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@\\w+\\s+)*public ([^{;=]*?)(\\w+)\\(", Pattern.DOTALL);
    private static final Pattern FUNCTION = Pattern.compile("\\{@code (vir[A-Z]\\w+)}");
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w+)\\.([a-z]\\w+)(?:\\([^`]*)?`");

    private static final LibvirtJava LIBVIRT_JAVA = new LibvirtJava();

    @Test
    void theGeneratedPartIsWhatTheTablesAndTheSourcesSay() throws Exception {
        String page = Files.readString(PAGE);
        String byHand = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
        String wanted = byHand + events() + procedures();
        if (Boolean.getBoolean("migration.write")) {
            Files.writeString(PAGE, wanted);
        }
        assertThat(Files.readString(PAGE))
                .as("docs/migration.md is stale: mvn -o test -pl cli -am -Dtest=MigrationPageTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dmigration.write=true writes it again")
                .isEqualTo(wanted);
    }

    /** A method that is named by hand exists. */
    @Test
    void whatTheHandWrittenPartNamesIsThere() throws Exception {
        String page = Files.readString(PAGE);
        // The columns before the last name other libraries' methods.
        String byHand = page.substring(0, page.indexOf(BEGIN))
                .lines()
                .filter(line -> line.startsWith("|"))
                .map(line -> line.replaceFirst("\\|$", "").replaceFirst(".*\\|", ""))
                .collect(Collectors.joining("\n"));
        Map<String, TreeSet<String>> there = new TreeMap<>();
        for (Path file : Stream.concat(sources(CLIENT).stream(), sources(BACKUP).stream())
                .toList()) {
            String type = file.getFileName().toString().replace(".java", "");
            Matcher methods = Pattern.compile("\\b(\\w+)\\(").matcher(Files.readString(file));
            while (methods.find()) {
                there.computeIfAbsent(type, none -> new TreeSet<>()).add(methods.group(1));
            }
        }
        Matcher named = NAMED.matcher(byHand);
        List<String> missing = new ArrayList<>();
        int count = 0;
        while (named.find()) {
            count++;
            String type = named.group(1);
            boolean stub = type.endsWith("Calls")
                    && Stream.of("remote", "qemu", "lxc").anyMatch(program -> hasStub(program, type, named.group(2)));
            if (!stub && !there.getOrDefault(type, new TreeSet<>()).contains(named.group(2))) {
                missing.add(named.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(count).isGreaterThan(60);
    }

    /** What is said to be there is in its jar, and what is said to be missing is not. */
    @Test
    void whatTheHandWrittenPartSaysOfLibvirtJavaIsTrue() throws Exception {
        List<String> wrong = new ArrayList<>();
        int columns = 0;
        String page = Files.readString(PAGE);
        for (String line : page.substring(0, page.indexOf(BEGIN)).lines().toList()) {
            String[] cells = line.split("(?<!\\\\)\\|");
            if (cells.length != 5 || line.startsWith("| virsh") || line.startsWith("|---")) {
                continue;
            }
            columns++;
            String type = "";
            for (String name : names(cells[2])) {
                String method = name.replaceFirst("\\(.*", "");
                if (Character.isUpperCase(method.charAt(0))) {
                    type = method.replaceFirst("\\..*", "");
                } else if (!method.startsWith("new ")) {
                    method = type + "." + method;
                }
                if (!method.contains("…") && !LIBVIRT_JAVA.has(method)) {
                    wrong.add(name + " is not there");
                }
            }
            for (String function : cells[2].isBlank() ? names(cells[3]) : List.<String>of()) {
                String libvirts = "vir" + function.replaceFirst("^QEMUDomain", "DomainQemu");
                LIBVIRT_JAVA.callersOf(libvirts).forEach(caller -> wrong.add(caller + " is there: " + line));
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(columns).isGreaterThan(80);
    }

    private static List<String> names(String cell) {
        return Pattern.compile("`([^`]+)`")
                .matcher(cell)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static String events() throws Exception {
        StringBuilder text = new StringBuilder("""

                ## Every kind of event
                | libvirt | Kind | Needs libvirt |
                |---|---|---|
                """);
        for (Map.Entry<String, Class<?>> sort : Map.<String, Class<?>>of(
                        "1 VIR_DOMAIN_EVENT_ID_", DomainEventKind.class,
                        "2 VIR_NETWORK_EVENT_ID_", NetworkEventKind.class,
                        "3 VIR_STORAGE_POOL_EVENT_ID_", StoragePoolEventKind.class,
                        "4 VIR_NODE_DEVICE_EVENT_ID_", NodeDeviceEventKind.class,
                        "5 VIR_SECRET_EVENT_ID_", SecretEventKind.class)
                .entrySet()
                .stream()
                .sorted(Map.Entry.comparingByKey())
                .toList()) {
            for (Field constant : sort.getValue().getFields()) {
                if (Modifier.isStatic(constant.getModifiers())) {
                    EventKind<?, ?> kind = (EventKind<?, ?>) constant.get(null);
                    String function = sort.getKey().substring(2)
                            + constant.getName().replaceFirst("^PM_(WAKEUP|SUSPEND)", "PM$1");
                    text.append("| `%s` | `%s.%s` | %s |\n"
                            .formatted(function, sort.getValue().getSimpleName(), constant.getName(), kind.since()));
                }
            }
        }
        return text.toString();
    }

    private static String procedures() throws IOException {
        Map<String, TreeSet<String>> curated = curated();
        StringBuilder text = new StringBuilder("""

                ## Every procedure
                The last column names the method of the API above the stubs, if there is one. It may do more than that one call. Names
                without `vir…` are internal to libvirt. The column of libvirt-java has the public methods of version 0.5.4 that call
                the function.
                """);
        JsonNode root;
        try (InputStream in = Procedure.class.getResourceAsStream("/META-INF/virtwire/protocol.json")) {
            root = new ObjectMapper().readTree(in);
        }
        for (String name : List.of("remote", "qemu", "lxc")) {
            text.append("\n### Program ")
                    .append(name)
                    .append("\n| | libvirt | libvirt-java | Stub | Method |\n|---|---|---|---|---|\n");
            for (JsonNode program : root.get("programs")) {
                if (program.get("name").asText().equals(name)) {
                    List<JsonNode> all = new ArrayList<>();
                    program.get("procedures").forEach(all::add);
                    all.sort(Comparator.comparingInt(each -> each.get("number").asInt()));
                    all.forEach(each -> text.append(row(name, each, curated)));
                }
            }
        }
        return text.toString();
    }

    private static String row(String program, JsonNode procedure, Map<String, TreeSet<String>> curated) {
        String name = procedure.get("name").asText();
        String type = procedure.get("area").asText() + "Calls";
        String method = Character.toLowerCase(name.charAt(0)) + name.substring(1);
        JsonNode function = procedure.get("function");
        return "| %d | %s | %s | %s | %s |\n"
                .formatted(
                        procedure.get("number").asInt(),
                        function == null ? name : "`" + function.asText() + "`",
                        function == null ? "" : code(LIBVIRT_JAVA.callersOf(function.asText())),
                        hasStub(program, type, method) ? "`" + type + "." + method + "`" : "",
                        function == null ? "" : code(curated.getOrDefault(function.asText(), new TreeSet<>())));
    }

    private static String code(Set<String> names) {
        return names.stream().map(each -> "`" + each + "`").collect(Collectors.joining(", "));
    }

    private static boolean hasStub(String program, String type, String method) {
        try {
            return Arrays.stream(Class.forName("dev.virtwire.protocol." + program + "." + type)
                            .getMethods())
                    .anyMatch(each -> each.getName().equals(method));
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Methods whose Javadoc names the function that they stand for, by that function. */
    private static Map<String, TreeSet<String>> curated() throws IOException {
        Map<String, TreeSet<String>> methods = new TreeMap<>();
        for (Path file : sources(CLIENT)) {
            String type = file.getFileName().toString().replace(".java", "");
            Matcher documented = DOCUMENTED.matcher(Files.readString(file));
            while (documented.find()) {
                // In a type's own Javadoc, or before a constant, it would be the name of something else.
                if (documented.group(2).matches("(?s).*\\b(class|record|enum|interface)\\b.*")) {
                    continue;
                }
                Matcher functions = FUNCTION.matcher(documented.group(1));
                while (functions.find()) {
                    methods.computeIfAbsent(functions.group(1), none -> new TreeSet<>())
                            .add(type + "." + documented.group(3));
                }
            }
        }
        return methods;
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !folder.relativize(file).startsWith("internal"))
                    .filter(file -> !folder.relativize(file).startsWith("protocol"))
                    .sorted()
                    .toList();
        }
    }
}
