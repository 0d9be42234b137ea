// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pages and sources read well, and what pages point to is there. */
class PagesTest {
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
    private static final Set<String> TYPES_OF_OTHERS = Set.of(
            "CancellationException",
            "CompletableFuture",
            "CompletionException",
            "IllegalStateException",
            "ServiceLoader");

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
                    "\\bwhere (there (is|are)|that is|it is|nobody|no|none)\\b",
                    "@throws \\S+ where\\b")
            .map(phrase -> Pattern.compile(phrase, Pattern.CASE_INSENSITIVE))
            .toList();

    @Test
    void cellsOfTheCommandsTablesAreShort() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (String line : Files.readAllLines(Pages.TOP.resolve("docs/command.md"))) {
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
        String prose = Files.readString(Pages.TOP.resolve("ARCHITECTURE.md"));
        assertThat(prose.strip().split("\\s+").length).isLessThanOrEqualTo(WORDS_OF_THE_ARCHITECTURE);
    }

    @Test
    void englishIsPlain() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path page : Pages.all()) {
            String prose =
                    CODE.matcher(Files.readString(page)).replaceAll("CODE").replaceAll("\\s*\n(?!\n|[#|-])\\s*", " ");
            for (Pattern phrase : FORBIDDEN) {
                Pages.found(phrase, prose)
                        .forEach(hit -> found.add(Pages.TOP.relativize(page) + ": " + around(prose, hit)));
            }
        }
        assertThat(found).isEmpty();
    }

    /** In Javadoc, comments and messages; the phrases above are the only ones that may have them. */
    @Test
    void englishIsPlainInSources() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : Pages.files(".java")) {
            if (source.endsWith("PagesTest.java")) {
                continue;
            }
            for (JavaProse prose : JavaProse.of(Files.readString(source))) {
                for (Pattern phrase : FORBIDDEN) {
                    for (MatchResult hit : Pages.found(phrase, prose.text())) {
                        found.add(Pages.TOP.relativize(source) + ":" + prose.line(hit.start()) + ": "
                                + around(prose.text(), hit));
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    private static String around(String prose, MatchResult hit) {
        String words = prose.substring(Math.max(0, hit.start() - 30), Math.min(prose.length(), hit.end() + 30));
        return "…" + words.replace('\n', ' ') + "…";
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : Pages.all()) {
            for (MatchResult link :
                    Pages.found(LINK, CODE.matcher(Files.readString(page)).replaceAll(""))) {
                Path to = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
                if (!Files.exists(to) || link.group(2) != null && !anchors(to).contains(link.group(2))) {
                    broken.add(Pages.TOP.relativize(page) + ": " + link.group());
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    /** As GitHub makes them. */
    private static Set<String> anchors(Path page) throws IOException {
        return Pages.found(HEADING, Files.readString(page)).stream()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    @Test
    void testsThatPagesNameExist() throws IOException {
        Set<String> there = Pages.testSources().keySet();
        TreeSet<String> missing = new TreeSet<>();
        for (Path page : List.of(Pages.TOP.resolve("CONTRIBUTING.md"), Pages.TOP.resolve("docs/testing.md"))) {
            for (MatchResult name : Pages.found(TEST_NAME, Files.readString(page))) {
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
        for (Path source : Pages.files(".java")) {
            Pages.found(TYPE, Files.readString(source)).forEach(type -> there.add(type.group(1)));
        }
        TreeSet<String> missing = new TreeSet<>();
        for (Path page : Pages.all()) {
            if (page.endsWith("ARCHITECTURE.md") || page.startsWith(Pages.TOP.resolve("docs/design"))) {
                for (MatchResult type : Pages.found(TYPE_NAME, Files.readString(page))) {
                    String name = type.group(1);
                    if (!there.contains(name) && !GENERATED.matcher(name).matches()) {
                        missing.add(Pages.TOP.relativize(page) + ": " + name);
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
    }
}
