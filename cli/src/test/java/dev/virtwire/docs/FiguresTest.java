// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** What pages count is as many as they say, and what they say of {@code ./check} is what it does. */
class FiguresTest {
    private static final Pattern TEST_METHOD =
            Pattern.compile("(?m)^\\s*@(?:Test|ParameterizedTest|TestFactory|RepeatedTest|FuzzTest)\\b");
    private static final List<String> NUMBERS = List.of(
            "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve");

    /** These figures are lower bounds. */
    @Test
    void thereAreAsManyTestsAsThePageSays() throws IOException {
        int all = 0;
        int real = 0;
        for (Map.Entry<String, String> source : Pages.testSources().entrySet()) {
            int methods = Pages.found(TEST_METHOD, source.getValue()).size();
            all += methods;
            real += source.getKey().endsWith("IT") ? methods : 0;
        }
        assertThat(all).isGreaterThan(number("docs/testing.md", "more than ([\\d,]+) test methods"));
        assertThat(real).isGreaterThan(number("docs/testing.md", "More than ([\\d,]+) of them talk to real programs"));
    }

    @Test
    void thereIsAsMuchCodeAsThePageSays() throws Exception {
        Process count = new ProcessBuilder("src/config/code-lines")
                .directory(Pages.TOP.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String table = new String(count.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(count.waitFor()).isZero();
        List<MatchResult> all = Pages.found(Pattern.compile("(?m)^all +(\\d+) +(\\d+)$"), table);
        Percentage near = Percentage.withPercentage(10);
        assertThat(number("docs/testing.md", "about ([\\d,]+) lines of test code"))
                .isCloseTo(Integer.parseInt(all.get(0).group(2)), near);
        assertThat(number("docs/testing.md", "for ([\\d,]+) lines of main code"))
                .isCloseTo(Integer.parseInt(all.get(0).group(1)), near);
    }

    @Test
    void thereAreAsManyFuzzersAsThePageSays() throws IOException {
        long fuzzers = Pages.testSources().keySet().stream()
                .filter(name -> name.endsWith("FuzzTest"))
                .count();
        assertThat(Pages.text("docs/testing.md")).contains(NUMBERS.get((int) fuzzers) + " fuzz classes");
    }

    @Test
    void everyPartOfTheCheckIsInItsTableAndNoOther() throws IOException {
        assertThat(words("CONTRIBUTING.md", "\\| `\\./check ([a-z]+)` \\|"))
                .isEqualTo(words("check", "(?m)^#   \\./check ([a-z]+) "))
                .isEqualTo(words("check", "(?m)^    ([a-z]+)\\)"));
    }

    /** Failsafe does not look at that property by itself. */
    @Test
    void whatTheReadmeInstallsRunsNoTests() throws IOException {
        assertThat(Pages.text("README.md")).contains("`mvn -DskipTests install`");
        assertThat(Pages.text("pom.xml"))
                .containsPattern("maven-failsafe-plugin</artifactId>\\s*<version>.*</version>\\s*<configuration>\\s*"
                        + "<skipTests>\\$\\{skipTests}</skipTests>");
    }

    /** What a tier does more of is a property of its profile. */
    @Test
    void theTableSaysHowMuchAPartDoes() throws IOException {
        Map<String, String> properties = Map.of(
                "([\\d,]+) connections", "client/pom.xml many.connections",
                "([\\d,]+) events", "client/pom.xml churn.events",
                "and ([\\d,]+) uploads in a row", "client/pom.xml stream.uploads",
                "\\| ([\\d,]+) chains of images", "image/pom.xml differential.seeds");
        for (Map.Entry<String, String> property : properties.entrySet()) {
            String[] place = property.getValue().split(" ");
            List<MatchResult> values =
                    Pages.found(Pattern.compile("<%1$s>(\\d+)</%1$s>".formatted(place[1])), Pages.text(place[0]));
            // A profile's own value stands behind the one for every build.
            assertThat(number("CONTRIBUTING.md", property.getKey()))
                    .as(place[1])
                    .isEqualTo(Integer.parseInt(values.get(values.size() - 1).group(1)));
        }
    }

    private static TreeSet<String> words(String file, String pattern) throws IOException {
        TreeSet<String> words = new TreeSet<>();
        Pages.found(Pattern.compile(pattern), Pages.text(file)).forEach(found -> words.add(found.group(1)));
        return words;
    }

    private static int number(String page, String words) throws IOException {
        List<MatchResult> found =
                Pages.found(Pattern.compile(words), Pages.text(page).replaceAll("\\s+", " "));
        assertThat(found).as(words).hasSize(1);
        return Integer.parseInt(found.get(0).group(1).replace(",", ""));
    }
}
