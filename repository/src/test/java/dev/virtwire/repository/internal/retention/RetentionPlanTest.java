// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.store.PointPlace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionPlanTest {
    private final List<Candidate> points = new ArrayList<>();

    /** A good point at this time; {@code parent} is the index of the one that it builds on, or -1. */
    private void add(String began, int parent) {
        add(began, parent, true, null);
    }

    private void add(String began, int parent, boolean good, String stays) {
        String before = points.isEmpty() ? null : points.get(points.size() - 1).id();
        points.add(new Candidate(
                "p" + points.size(),
                Instant.parse(began),
                parent < 0 ? null : points.get(parent).id(),
                before,
                good,
                stays,
                100));
    }

    private List<String> kept(Retention retention) {
        return RetentionPlan.of(points, retention).verdicts().stream()
                .filter(PointVerdict::kept)
                .map(PointVerdict::point)
                .toList();
    }

    private Map<String, String> reasons(Retention retention) {
        Map<String, String> reasons = new HashMap<>();
        RetentionPlan.of(points, retention)
                .verdicts()
                .forEach(verdict -> reasons.put(verdict.point(), verdict.reason()));
        return reasons;
    }

    @Test
    void theLastPointsStay() {
        for (int day = 1; day <= 9; day++) {
            add("2026-11-0" + day + "T03:00:00Z", -1);
        }
        assertThat(kept(Retention.ofLast(3))).containsExactly("p6", "p7", "p8");
        assertThat(kept(Retention.ofLast(1))).containsExactly("p8");
        assertThat(kept(Retention.ofLast(100))).hasSize(9);
        assertThat(reasons(Retention.ofLast(3)))
                .containsEntry("p8", "the newest that can be restored")
                .containsEntry("p7", "one of the last 3")
                .containsEntry("p5", "no rule keeps it");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1 | p5
            2 | p3 p5
            3 | p1 p3 p5
            9 | p1 p3 p5
            """)
    void theNewestPointOfEachOfTheNewestDaysWithAPointStays(int days, String expected) {
        add("2026-11-01T00:00:00Z", -1);
        add("2026-11-01T23:59:59.999Z", -1);
        add("2026-11-10T00:00:00Z", -1);
        add("2026-11-10T12:00:00Z", -1);
        add("2026-11-11T00:00:00Z", -1);
        add("2026-11-11T00:00:01Z", -1);

        assertThat(kept(new Retention(0, days, 0, 0))).containsExactly(expected.split(" "));
    }

    @Test
    void weeksAreThoseOfIsoAcrossTheYearsEnd() {
        add("2020-12-27T23:59:59Z", -1);
        add("2020-12-28T00:00:00Z", -1);
        add("2021-01-03T23:59:59Z", -1);
        add("2021-01-04T00:00:00Z", -1);

        assertThat(reasons(new Retention(0, 0, 3, 0)))
                .containsEntry("p0", "the newest of 2020-W52")
                .containsEntry("p1", "no rule keeps it")
                .containsEntry("p2", "the newest of 2020-W53")
                .containsEntry("p3", "the newest that can be restored");
        assertThat(kept(new Retention(0, 0, 2, 0))).containsExactly("p2", "p3");
    }

    @Test
    void monthsWithoutAPointDoNotCount() {
        add("2025-12-31T23:59:59Z", -1);
        add("2026-03-01T00:00:00Z", -1);
        add("2026-03-31T23:59:59Z", -1);
        add("2026-11-01T00:00:00Z", -1);

        assertThat(kept(new Retention(0, 0, 0, 3))).containsExactly("p0", "p2", "p3");
        assertThat(reasons(new Retention(0, 0, 0, 2))).containsEntry("p2", "the newest of 2026-03");
    }

    @Test
    void aPointStaysIfAnyRuleKeepsIt() {
        add("2026-09-15T03:00:00Z", -1);
        add("2026-10-15T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1);
        add("2026-11-20T03:00:00Z", -1);
        add("2026-11-21T03:00:00Z", -1);
        add("2026-11-22T03:00:00Z", -1);

        assertThat(kept(new Retention(1, 2, 3, 2))).containsExactly("p1", "p2", "p4", "p5");
    }

    @Test
    void whateverAKeptPointBuildsOnStays() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 1);
        add("2026-11-04T03:00:00Z", -1);
        add("2026-11-05T03:00:00Z", 3);
        add("2026-11-06T03:00:00Z", 4);

        assertThat(kept(Retention.ofLast(1))).containsExactly("p3", "p4", "p5");
        assertThat(reasons(Retention.ofLast(1)))
                .containsEntry("p3", "p4 builds on it")
                .containsEntry("p4", "p5 builds on it");
        assertThat(kept(Retention.ofLast(4))).hasSize(6);
        assertThat(RetentionPlan.of(points, Retention.ofLast(1)).removals()).containsExactly("p2", "p1", "p0");
    }

    @Test
    void ofTwoDifferentialsOnOneFullTheOlderGoes() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 0);

        assertThat(kept(Retention.ofLast(1))).containsExactly("p0", "p2");
    }

    @Test
    void pointsThatCannotBeRestoredStayAndCountForNothing() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1);
        add("2026-11-03T03:00:00Z", -1, false, "vda.qcow2 is missing");
        add("2026-11-04T03:00:00Z", 2, false, "p2, on which it builds, cannot be restored");

        assertThat(kept(Retention.ofLast(1))).containsExactly("p1", "p2", "p3");
        assertThat(reasons(Retention.ofLast(1)))
                .containsEntry("p1", "the newest that can be restored")
                .containsEntry("p2", "vda.qcow2 is missing");
    }

    @Test
    void pointsWithoutADateStay() {
        points.add(new Candidate("x", null, null, null, false, "its manifest cannot be read", 0));
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1);

        assertThat(kept(Retention.ofLast(1))).containsExactly("x", "p2");
    }

    @Test
    void whatIsPinnedStaysAndStillCounts() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1, true, "the next increment starts from its checkpoint");
        add("2026-11-03T03:00:00Z", -1);

        assertThat(kept(Retention.ofLast(1))).containsExactly("p1", "p2");
        assertThat(kept(Retention.ofLast(2))).containsExactly("p1", "p2");
    }

    @Test
    void withoutAnyGoodPointNothingGoes() {
        add("2026-11-01T03:00:00Z", -1, false, "damaged");
        assertThat(kept(Retention.ofLast(1))).containsExactly("p0");
        assertThat(RetentionPlan.of(List.of(), Retention.ofLast(1)).verdicts()).isEmpty();
    }

    /** Without p1 a reader would take p2, by its clock, for the older of the two. */
    @Test
    void aPointStaysWithoutWhichASetBackClockWouldSwapOthers() {
        add("2026-11-05T03:00:00Z", -1, true, "a test");
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-04T03:00:00Z", -1);

        assertThat(kept(Retention.ofLast(1))).containsExactly("p0", "p1", "p2");
        assertThat(reasons(Retention.ofLast(1)).get("p1")).startsWith("the clock was set back");
    }

    @Test
    void aSetBackClockKeepsNothingOnceTheOlderPointIsGone() {
        add("2026-11-05T03:00:00Z", -1);
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-04T03:00:00Z", -1);

        RetentionPlan plan = RetentionPlan.of(points, Retention.ofLast(1));
        assertThat(plan.removals()).containsExactly("p0", "p1");
    }

    @Test
    void aRetentionKeepsSomething() {
        assertThatThrownBy(() -> new Retention(0, 0, 0, 0))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("would keep nothing");
        assertThatThrownBy(() -> new Retention(1, 0, -2, 0))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("not -2");
        assertThat(new Retention(3, 7, 0, 12)).hasToString("the last 3, 7 daily, 12 monthly");
    }

    /** Points with chains, damage, pins and clocks that jump; every property after every single removal. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyHistoryKeepsItsPromises(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 400; round++) {
            points.clear();
            randomHistory(random);
            Retention retention = randomRetention(random);
            try {
                requirePromises(retention);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + " round " + round + " " + retention + " " + points, e);
            }
        }
    }

    private void randomHistory(Random random) {
        Instant clock = Instant.parse("2026-12-20T00:00:00Z");
        int count = random.nextInt(30);
        boolean jumps = random.nextInt(3) == 0;
        Set<String> bad = new HashSet<>();
        for (int i = 0; i < count; i++) {
            clock = clock.plus(Duration.ofMinutes(random.nextInt(4000)));
            if (jumps && random.nextInt(5) == 0) {
                clock = clock.minus(Duration.ofDays(random.nextInt(20)));
            }
            int parent = i == 0 || random.nextInt(4) == 0 ? -1 : i - 1 - random.nextInt(Math.min(i, 3));
            boolean good = random.nextInt(8) != 0 && (parent < 0 || !bad.contains("p" + parent));
            if (!good) {
                bad.add("p" + i);
            }
            add(clock.toString(), parent, good, good && random.nextInt(12) != 0 ? null : "a test");
        }
    }

    private static Retention randomRetention(Random random) {
        int[] rules = new int[4];
        do {
            for (int i = 0; i < 4; i++) {
                rules[i] = random.nextBoolean() ? 0 : random.nextInt(6);
            }
        } while (rules[0] + rules[1] + rules[2] + rules[3] == 0);
        return new Retention(rules[0], rules[1], rules[2], rules[3]);
    }

    private void requirePromises(Retention retention) {
        RetentionPlan plan = RetentionPlan.of(points, retention);
        assertThat(plan.verdicts()).extracting(PointVerdict::point).containsExactlyElementsOf(ids(points));
        assertThat(plan.removals())
                .containsExactlyInAnyOrderElementsOf(plan.verdicts().stream()
                        .filter(verdict -> !verdict.kept())
                        .map(PointVerdict::point)
                        .toList());
        String newestGood = newestGood(points);
        List<Candidate> left = new ArrayList<>(points);
        for (String id : plan.removals()) {
            left.removeIf(point -> point.id().equals(id));
            requireWhole(left);
            assertThat(newestGood(left)).isEqualTo(newestGood);
        }
        assertThat(left)
                .containsAll(
                        points.stream().filter(point -> point.stays() != null).toList());
        int wanted = Math.min(
                retention.last(), (int) points.stream().filter(Candidate::good).count());
        assertThat(left.stream().filter(Candidate::good).count()).isGreaterThanOrEqualTo(wanted);
        assertThat(RetentionPlan.of(left, retention).removals()).as("again").isEmpty();
    }

    private static void requireWhole(List<Candidate> left) {
        Set<String> there = new HashSet<>(ids(left));
        assertThat(left).allMatch(point -> point.parent() == null || there.contains(point.parent()));
        assertThat(PointPlace.inOrder(left, point -> new PointPlace(point.id(), point.began(), point.previous())))
                .isEqualTo(left);
    }

    private static String newestGood(List<Candidate> points) {
        return points.stream()
                .filter(Candidate::good)
                .reduce((older, newer) -> newer)
                .map(Candidate::id)
                .orElse("none");
    }

    private static List<String> ids(List<Candidate> points) {
        return points.stream().map(Candidate::id).toList();
    }
}
