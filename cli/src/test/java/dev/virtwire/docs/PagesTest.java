// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pages read well, and what they point to and count is there. */
class PagesTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> NOT_OURS = Set.of("target", ".git", ".cifuzz-corpus");

    private static final int WORDS_OF_A_CELL = 20;
    private static final int WORDS_OF_THE_ARCHITECTURE = 900;

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]*)(?:#([^)]*))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$|`[^`]*`");
    private static final Pattern TEST_NAME = Pattern.compile("`([A-Z]\\w+(?:Test|IT|Suite))`");
    private static final Pattern TYPE_NAME = Pattern.compile("`([A-Z][a-z]\\w+)(?:[.(#<][^`]*)?`");
    private static final Pattern TYPE = Pattern.compile("\\b(?:class|record|interface|enum) ([A-Z]\\w+)");
    private static final Pattern GENERATED = Pattern.compile("\\w+(Calls|Procedures|Args|Result)");

    /** What pages name that is Java's, Netty's or SSHD's. */
    private static final Set<String> TYPES_OF_OTHERS =
            Set.of("CancellationException", "CompletableFuture", "IllegalStateException", "ServiceLoader");

    private static final Pattern TEST_METHOD =
            Pattern.compile("(?m)^\\s*@(?:Test|ParameterizedTest|TestFactory|RepeatedTest|FuzzTest)\\b");

    /** A condition has "if"; "where" is for places. The rest is read twice by somebody whose English is second. */
    private static final List<Pattern> FORBIDDEN = Stream.of(
                    "all the same(?! \\w)",
                    "(is|are) none\\b",
                    "for ever\\b",
                    "\\banew\\b",
                    "at the begin\\b",
                    "(go|goes|going|gone|went) on\\b",
                    "\\bheed(s|ed)?\\b",
                    "in force\\b",
                    "stand in it as",
                    "so wished|is wished|so wanted",
                    "nobody else's business",
                    "stops no other|kept from its turn",
                    "(?<=[.!?] )(?-i:Where) \\w",
                    "(?<=[,;] )where (it|that|there|this|nobody|no|none|they|one|a|the)\\b",
                    "\\bwhere (there (is|are)|that is|it is|nobody|no|none)\\b")
            .map(phrase -> Pattern.compile(phrase, Pattern.CASE_INSENSITIVE))
            .toList();

    @Test
    void cellsOfTheCommandsTablesAreShort() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (String line : Files.readAllLines(TOP.resolve("docs/command.md"))) {
            if (line.startsWith("|")) {
                for (String cell : line.split("(?<!\\\\)\\|")) {
                    if (cell.strip().split("\\s+").length > WORDS_OF_A_CELL) {
                        tooLong.add(cell.strip());
                    }
                }
            }
        }
        assertThat(tooLong).as("cells of more than %d words", WORDS_OF_A_CELL).isEmpty();
    }

    @Test
    void theArchitectureIsOnePage() throws IOException {
        String prose = Files.readString(TOP.resolve("ARCHITECTURE.md"));
        assertThat(prose.strip().split("\\s+").length).isLessThanOrEqualTo(WORDS_OF_THE_ARCHITECTURE);
    }

    @Test
    void englishIsPlain() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path page : pages()) {
            String prose =
                    CODE.matcher(Files.readString(page)).replaceAll("CODE").replaceAll("\\s*\n(?!\n|[#|-])\\s*", " ");
            for (Pattern phrase : FORBIDDEN) {
                phrase.matcher(prose)
                        .results()
                        .map(hit -> TOP.relativize(page) + ": …" + around(prose, hit) + "…")
                        .forEach(found::add);
            }
        }
        assertThat(found).isEmpty();
    }

    private static String around(String prose, MatchResult hit) {
        return prose.substring(Math.max(0, hit.start() - 30), Math.min(prose.length(), hit.end() + 30))
                .replace('\n', ' ');
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            for (MatchResult link :
                    found(LINK, CODE.matcher(Files.readString(page)).replaceAll(""))) {
                Path to = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
                if (!Files.exists(to) || link.group(2) != null && !anchors(to).contains(link.group(2))) {
                    broken.add(TOP.relativize(page) + ": " + link.group());
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    /** As GitHub makes them. */
    private static Set<String> anchors(Path page) throws IOException {
        return found(HEADING, Files.readString(page)).stream()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    @Test
    void testsThatPagesNameExist() throws IOException {
        Set<String> there = testSources().keySet();
        TreeSet<String> missing = new TreeSet<>();
        for (Path page : List.of(TOP.resolve("CONTRIBUTING.md"), TOP.resolve("docs/testing.md"))) {
            for (MatchResult name : found(TEST_NAME, Files.readString(page))) {
                if (!there.contains(name.group(1))) {
                    missing.add(name.group(1));
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void typesThatTheArchitectureNamesExist() throws IOException {
        Set<String> there = new TreeSet<>(TYPES_OF_OTHERS);
        for (Path source : files(".java")) {
            found(TYPE, Files.readString(source)).forEach(type -> there.add(type.group(1)));
        }
        TreeSet<String> missing = new TreeSet<>();
        for (Path page : pages()) {
            if (page.endsWith("ARCHITECTURE.md") || page.startsWith(TOP.resolve("docs/design"))) {
                for (MatchResult type : found(TYPE_NAME, Files.readString(page))) {
                    String name = type.group(1);
                    if (!there.contains(name) && !GENERATED.matcher(name).matches()) {
                        missing.add(TOP.relativize(page) + ": " + name);
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** The figures of docs/testing.md are lower bounds. */
    @Test
    void thereAreAsManyTestsAsThePageSays() throws IOException {
        String page = Files.readString(TOP.resolve("docs/testing.md"));
        int all = 0;
        int real = 0;
        for (Map.Entry<String, String> source : testSources().entrySet()) {
            int methods = found(TEST_METHOD, source.getValue()).size();
            all += methods;
            real += source.getKey().endsWith("IT") ? methods : 0;
        }
        assertThat(all).isGreaterThan(number(page, "more than (\\d+) test methods"));
        assertThat(real).isGreaterThan(number(page, "More than (\\d+) of them talk to real programs"));
    }

    private static int number(String page, String words) {
        List<MatchResult> found = found(Pattern.compile(words), page.replaceAll("\\s+", " "));
        assertThat(found).as(words).hasSize(1);
        return Integer.parseInt(found.get(0).group(1));
    }

    private static List<MatchResult> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }

    private static List<Path> pages() throws IOException {
        return files(".md");
    }

    /** The sources in the folders of tests, by the name of their class. */
    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        for (Path file : files(".java")) {
            if (file.toString().contains("/src/test/")) {
                String name = file.getFileName().toString().replace(".java", "");
                sources.merge(name, Files.readString(file), String::concat);
            }
        }
        return sources;
    }

    private static List<Path> files(String suffix) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(TOP, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return NOT_OURS.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(suffix)) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }
}
