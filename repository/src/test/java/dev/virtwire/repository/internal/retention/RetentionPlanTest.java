// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.PointMerge;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.store.PointPlace;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionPlanTest {
    private static final Set<String> DISK = Set.of("vda");
    private static final List<Set<String>> DISKS = List.of(DISK, DISK, Set.of("vda", "vdb"), Set.of("vdb"));

    private final List<Candidate> points = new ArrayList<>();

    /** A good point at this time; {@code parent} is the index of the one that it builds on, or -1. */
    private void add(String began, int parent) {
        add(began, parent, true, null);
    }

    /** The same; {@code reason} says why it stays, or what is damaged. */
    private void add(String began, int parent, boolean good, String reason) {
        add(began, parent, DISK, good, good ? null : reason, good ? reason : null);
    }

    private void add(String began, int parent, Set<String> disks, boolean good, String damage, String stays) {
        points.add(new Candidate(
                "p" + points.size(),
                Instant.parse(began),
                parent < 0 ? null : points.get(parent).id(),
                disks,
                good,
                damage,
                stays,
                100));
    }

    private static Retention rules(int last, int daily, int weekly, int monthly) {
        return new Retention(last, 0, daily, weekly, monthly, 0, null, ZoneOffset.UTC);
    }

    private List<String> kept(Retention retention) {
        return kept(RetentionPlan.of(points, retention));
    }

    private static List<String> kept(RetentionPlan plan) {
        return plan.verdicts().stream()
                .filter(PointVerdict::kept)
                .map(PointVerdict::point)
                .toList();
    }

    private Map<String, String> reasons(Retention retention) {
        return reasons(RetentionPlan.of(points, retention));
    }

    private static Map<String, String> reasons(RetentionPlan plan) {
        Map<String, String> reasons = new HashMap<>();
        plan.verdicts().forEach(verdict -> reasons.put(verdict.point(), verdict.reason()));
        return reasons;
    }

    private static RetentionPlan withoutMerges(RetentionPlan plan) {
        return plan.without(plan.merges());
    }

    @Test
    void pointsWithoutDisksCountOnlyIfNoPointHasOne() {
        add("2026-01-01T00:00:00Z", -1);
        add("2026-01-02T00:00:00Z", 0);
        for (int day = 3; day < 7; day++) {
            add("2026-01-0" + day + "T00:00:00Z", -1, Set.of(), true, null, null);
        }
        assertThat(kept(rules(2, 0, 0, 0))).containsExactly("p0", "p1", "p5");
        points.subList(0, 2).clear();
        assertThat(kept(rules(2, 0, 0, 0))).containsExactly("p4", "p5");
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

        assertThat(kept(Retention.ofDaily(days))).containsExactly(expected.split(" "));
    }

    @Test
    void weeksAreThoseOfIsoAcrossTheYearsEnd() {
        add("2020-12-27T23:59:59Z", -1);
        add("2020-12-28T00:00:00Z", -1);
        add("2021-01-03T23:59:59Z", -1);
        add("2021-01-04T00:00:00Z", -1);

        assertThat(reasons(rules(0, 0, 3, 0)))
                .containsEntry("p0", "the newest of 2020-W52")
                .containsEntry("p1", "no rule keeps it")
                .containsEntry("p2", "the newest of 2020-W53")
                .containsEntry("p3", "the newest that can be restored");
        assertThat(kept(rules(0, 0, 2, 0))).containsExactly("p2", "p3");
    }

    @Test
    void monthsWithoutAPointDoNotCount() {
        add("2025-12-31T23:59:59Z", -1);
        add("2026-03-01T00:00:00Z", -1);
        add("2026-03-31T23:59:59Z", -1);
        add("2026-11-01T00:00:00Z", -1);

        assertThat(kept(rules(0, 0, 0, 3))).containsExactly("p0", "p2", "p3");
        assertThat(reasons(rules(0, 0, 0, 2))).containsEntry("p2", "the newest of 2026-03");
    }

    @Test
    void hoursAndYearsWithoutAPointDoNotCountEither() {
        add("2019-05-01T10:00:00Z", -1);
        add("2024-12-31T23:00:00Z", -1);
        add("2026-11-22T08:59:59Z", -1);
        add("2026-11-22T09:00:00Z", -1);
        add("2026-11-22T09:59:59Z", -1);
        add("2026-11-22T12:30:00Z", -1);

        assertThat(kept(Retention.ofLast(1).withHourly(2))).containsExactly("p4", "p5");
        assertThat(reasons(Retention.ofLast(1).withHourly(3)))
                .containsEntry("p4", "the newest of 2026-11-22T09Z")
                .containsEntry("p2", "the newest of 2026-11-22T08Z");
        assertThat(kept(Retention.ofLast(1).withYearly(3))).containsExactly("p0", "p1", "p5");
        assertThat(reasons(Retention.ofLast(1).withYearly(2))).containsEntry("p1", "the newest of 2024");
    }

    @Test
    void daysAndYearsAreThoseOfTheTimeZone() {
        add("2025-12-31T12:00:00Z", -1);
        add("2025-12-31T22:59:59Z", -1);
        add("2025-12-31T23:00:00Z", -1);
        add("2026-01-01T12:00:00Z", -1);

        ZoneId berlin = ZoneId.of("Europe/Berlin");
        assertThat(kept(Retention.ofDaily(2))).containsExactly("p2", "p3");
        assertThat(kept(Retention.ofDaily(2).in(berlin))).containsExactly("p1", "p3");
        assertThat(reasons(Retention.ofDaily(2).in(berlin))).containsEntry("p1", "the newest of 2025-12-31");
        assertThat(kept(Retention.ofLast(1).withYearly(2).in(berlin))).containsExactly("p1", "p3");
        assertThat(kept(Retention.ofLast(1).withMonthly(2).in(ZoneId.of("America/New_York"))))
                .containsExactly("p2", "p3");
    }

    /** On 2026-10-25 it is 02:30 twice in Berlin: at 00:30Z and at 01:30Z. On 2026-03-29 it is 02:30 never. */
    @Test
    void whereClocksAreSetBackAnHourIsTwoAndADayIsOne() {
        add("2026-10-24T21:30:00Z", -1);
        add("2026-10-24T22:30:00Z", -1);
        add("2026-10-25T00:30:00Z", -1);
        add("2026-10-25T01:30:00Z", -1);
        add("2026-10-25T22:30:00Z", -1);
        add("2026-10-25T23:30:00Z", -1);

        ZoneId berlin = ZoneId.of("Europe/Berlin");
        assertThat(reasons(Retention.ofLast(1).withHourly(4).in(berlin)))
                .containsEntry("p2", "the newest of 2026-10-25T02+02:00")
                .containsEntry("p3", "the newest of 2026-10-25T02+01:00");
        assertThat(kept(Retention.ofDaily(3).in(berlin))).containsExactly("p0", "p4", "p5");

        points.clear();
        add("2026-03-28T22:59:00Z", -1);
        add("2026-03-29T00:59:00Z", -1);
        add("2026-03-29T01:00:00Z", -1);
        add("2026-03-29T21:59:00Z", -1);
        add("2026-03-29T22:00:00Z", -1);
        assertThat(kept(Retention.ofDaily(3).in(berlin))).containsExactly("p0", "p3", "p4");
        assertThat(reasons(Retention.ofLast(1).withHourly(4).in(berlin)))
                .containsEntry("p1", "the newest of 2026-03-29T01+01:00")
                .containsEntry("p2", "the newest of 2026-03-29T03+02:00");
    }

    @Test
    void allPointsWithinATimeBeforeTheNewestStay() {
        add("2026-11-08T02:59:59Z", -1);
        add("2026-11-08T03:00:00Z", -1);
        add("2026-11-21T15:00:00Z", -1);
        add("2026-11-22T03:00:00Z", -1);

        assertThat(kept(Retention.ofTime(Duration.ofDays(14)))).containsExactly("p1", "p2", "p3");
        assertThat(kept(Retention.ofTime(Duration.ofHours(12)))).containsExactly("p2", "p3");
        assertThat(reasons(Retention.ofTime(Duration.ofHours(12))))
                .containsEntry("p2", "began within 12 h of the newest");
        assertThat(kept(Retention.ofTime(Duration.ofSeconds(1)))).containsExactly("p3");
        assertThat(kept(Retention.ofTime(Duration.ofSeconds(Long.MAX_VALUE)))).hasSize(4);
    }

    /** Daily at 03:00 in Berlin, which was at 01:00Z until 2026-10-24 and is at 02:00Z since. */
    @Test
    void theDaysOfATimeAreThoseOfTheTimeZone() {
        add("2026-10-23T01:00:00Z", -1);
        add("2026-10-24T01:00:00Z", -1);
        add("2026-10-25T02:00:00Z", -1);
        add("2026-10-26T02:00:00Z", -1);

        Retention twoDays = Retention.ofTime(Duration.ofDays(2));
        assertThat(kept(twoDays)).containsExactly("p2", "p3");
        assertThat(kept(twoDays.in(ZoneId.of("Europe/Berlin")))).containsExactly("p1", "p2", "p3");
    }

    @Test
    void aPeriodCountsOnlyIfAGoodPointIsInIt() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1, false, "vda.qcow2 is missing");
        add("2026-11-03T03:00:00Z", -1);

        assertThat(kept(Retention.ofDaily(2))).containsExactly("p0", "p1", "p2");
        assertThat(reasons(Retention.ofDaily(2)))
                .containsEntry("p0", "the newest of 2026-11-01")
                .containsEntry("p1", "vda.qcow2 is missing");
    }

    @Test
    void aPointStaysIfAnyRuleKeepsIt() {
        add("2026-09-15T03:00:00Z", -1);
        add("2026-10-15T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1);
        add("2026-11-20T03:00:00Z", -1);
        add("2026-11-21T03:00:00Z", -1);
        add("2026-11-22T03:00:00Z", -1);

        assertThat(kept(rules(1, 2, 3, 2))).containsExactly("p1", "p2", "p4", "p5");
    }

    @Test
    void whatAKeptPointBuildsOnIsMergedIntoIt() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 1);
        add("2026-11-04T03:00:00Z", -1);
        add("2026-11-05T03:00:00Z", 3);
        add("2026-11-06T03:00:00Z", 4);

        RetentionPlan last = RetentionPlan.of(points, Retention.ofLast(1));
        assertThat(kept(last)).containsExactly("p5");
        assertThat(last.removals()).containsExactly("p2", "p1", "p0");
        assertThat(last.merges()).containsExactly(new PointMerge("p5", List.of("p4", "p3"), 200, 200));
        assertThat(reasons(last))
                .containsEntry("p0", "no rule keeps it")
                .containsEntry("p4", "no rule keeps it: merged into p5");

        RetentionPlan four = RetentionPlan.of(points, Retention.ofLast(4));
        assertThat(four.removals()).isEmpty();
        assertThat(four.merges()).containsExactly(new PointMerge("p2", List.of("p1", "p0"), 200, 200));
    }

    @Test
    void betweenTwoPointsThatStayTheRunEndsAtTheEarlierOne() {
        add("2026-11-01T03:00:00Z", -1);
        for (int day = 2; day <= 9; day++) {
            add("2026-11-0" + day + "T03:00:00Z", day - 2);
        }

        RetentionPlan plan = RetentionPlan.of(points, rules(0, 1, 2, 0));

        assertThat(kept(plan)).containsExactly("p7", "p8");
        points.set(3, held(points.get(3)));
        assertThat(RetentionPlan.of(points, rules(0, 1, 2, 0)).merges())
                .containsExactly(
                        new PointMerge("p3", List.of("p2", "p1", "p0"), 300, 300),
                        new PointMerge("p7", List.of("p6", "p5", "p4"), 300, 300));
    }

    private static Candidate held(Candidate point) {
        return new Candidate(
                point.id(),
                point.began(),
                point.parent(),
                point.disks(),
                point.good(),
                point.damage(),
                "held",
                point.stored());
    }

    @Test
    void whereNothingCanBeMergedWhateverAKeptPointBuildsOnStays() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 1);
        add("2026-11-04T03:00:00Z", 1);

        RetentionPlan plan = withoutMerges(RetentionPlan.of(points, Retention.ofLast(1)));

        assertThat(kept(plan)).containsExactly("p0", "p1", "p3");
        assertThat(plan.removals()).containsExactly("p2");
        assertThat(plan.merges()).isEmpty();
        assertThat(reasons(plan)).containsEntry("p0", "p1 builds on it").containsEntry("p1", "p3 builds on it");
    }

    /**
     * <pre>
     * p0 ← p1 ← p2 (stays)
     *       ↖ p3 ← p4 (stays)
     *  ↖ p5 (stays)
     * p6 ← p7 (stays)
     * </pre>
     */
    @Test
    void overABranchTheOneWithTheMostBytesIsLastAndMergesInPlace() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 1, true, "held");
        add("2026-11-04T03:00:00Z", 1);
        add("2026-11-05T03:00:00Z", 3, true, "held");
        add("2026-11-06T03:00:00Z", 0, true, "held");
        add("2026-11-07T03:00:00Z", -1);
        add("2026-11-08T03:00:00Z", 6, true, "held");

        assertThat(RetentionPlan.of(points, Retention.ofLast(1)).merges())
                .containsExactly(
                        new PointMerge("p5", List.of("p0"), 200, 200),
                        new PointMerge("p2", List.of("p1", "p0"), 300, 300),
                        new PointMerge("p4", List.of("p3", "p1", "p0"), 300, 300),
                        new PointMerge("p7", List.of("p6"), 100, 100));
    }

    @Test
    void ofTwoDifferentialsOnOneFullTheOlderGoesAndTheOtherTakesInTheFull() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 0);

        RetentionPlan plan = RetentionPlan.of(points, Retention.ofLast(1));
        assertThat(plan.removals()).containsExactly("p1");
        assertThat(plan.merges()).containsExactly(new PointMerge("p2", List.of("p0"), 100, 100));
    }

    @Test
    void whatAPointBuildsOnThatCannotBeRestoredAndStaysIsLeftAsItIs() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0);
        add("2026-11-03T03:00:00Z", 1);
        add("2026-11-04T03:00:00Z", 2, false, "vda.qcow2 is missing");
        add("2026-11-05T03:00:00Z", 2);
        add("2026-11-06T03:00:00Z", 4);
        points.set(3, held(points.get(3)));

        RetentionPlan plan = RetentionPlan.of(points, Retention.ofLast(1));

        assertThat(kept(plan)).containsExactly("p0", "p1", "p2", "p3", "p5");
        assertThat(reasons(plan))
                .containsEntry("p0", "p3, which cannot be restored, builds on it")
                .containsEntry("p2", "p3, which cannot be restored, builds on it")
                .containsEntry("p3", "vda.qcow2 is missing");
        assertThat(plan.removals()).isEmpty();
        assertThat(plan.merges()).containsExactly(new PointMerge("p5", List.of("p4"), 100, 100));
    }

    @Test
    void pointsThatCannotBeRestoredStayWhileNoNewerOneCanAndCountForNothing() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", -1);
        add("2026-11-03T03:00:00Z", -1, false, "vda.qcow2 is missing");
        add("2026-11-04T03:00:00Z", 2, false, "p2, on which it builds, cannot be restored");

        assertThat(kept(Retention.ofLast(1))).containsExactly("p1", "p2", "p3");
        assertThat(reasons(Retention.ofLast(1)))
                .containsEntry("p1", "the newest that can be restored")
                .containsEntry("p2", "vda.qcow2 is missing");
    }

    /**
     * <pre>
     * p0 ← p1 (damaged) ← p2 (damaged) ← p3 ← p4
     *                  ↖ p5 (damaged)
     * </pre>
     */
    @Test
    void aDamagedPointAgesOutAsAGoodOneWould() {
        add("2026-11-01T03:00:00Z", -1);
        add("2026-11-02T03:00:00Z", 0, false, "vda.qcow2 is missing");
        add("2026-11-03T03:00:00Z", 1, false, "p1, on which it builds, cannot be restored");
        add("2026-11-04T03:00:00Z", 2);
        add("2026-11-05T03:00:00Z", 3);
        add("2026-11-04T05:00:00Z", 1, false, "p1, on which it builds, cannot be restored");
        points.add(4, points.remove(5));

        assertThat(kept(Retention.ofDaily(4))).containsExactlyElementsOf(ids(points));
        RetentionPlan three = RetentionPlan.of(points, Retention.ofDaily(3));
        assertThat(kept(three)).as("what p2 and p5 build on").hasSize(6);
        assertThat(reasons(three))
                .containsEntry("p2", "p1, on which it builds, cannot be restored")
                .containsEntry("p1", "p2, which cannot be restored, builds on it");

        RetentionPlan last = RetentionPlan.of(points, Retention.ofLast(2));
        assertThat(kept(last)).containsExactly("p0", "p1", "p3", "p5", "p4");
        assertThat(last.merges()).containsExactly(new PointMerge("p3", List.of("p2"), 100, 100));

        RetentionPlan newest = RetentionPlan.of(points, Retention.ofLast(1));
        assertThat(newest.removals()).containsExactly("p5");
        assertThat(newest.merges()).containsExactly(new PointMerge("p4", List.of("p3", "p2", "p1", "p0"), 400, 400));
        assertThat(reasons(newest)).containsEntry("p1", "no rule keeps it: merged into p4");
    }

    @Test
    void aDamagedPointStaysWhileNoNewerGoodOneHasItsDisks() {
        Set<String> both = Set.of("vda", "vdb");
        add("2026-11-01T03:00:00Z", -1, both, false, "vda.qcow2 is missing", null);
        add("2026-11-02T03:00:00Z", -1, DISK, false, "vda.qcow2 is missing", null);
        add("2026-11-03T03:00:00Z", -1, DISK, true, null, null);
        assertThat(kept(Retention.ofLast(1))).containsExactly("p0", "p2");

        add("2026-11-04T03:00:00Z", -1, Set.of("vda", "vdb", "vdc"), true, null, null);
        assertThat(kept(Retention.ofLast(1))).containsExactly("p3");
    }

    @Test
    void aDamagedPointGoesIfItsDisksAreSpreadOverNewerGoodPointsThatStay() {
        add("2026-11-01T03:00:00Z", -1, Set.of("vda", "vdb"), false, "damaged", null);
        add("2026-11-02T03:00:00Z", -1, Set.of("vdb"), true, null, "held");
        add("2026-11-03T03:00:00Z", -1, Set.of("vda"), true, null, null);

        assertThat(kept(Retention.ofLast(1))).containsExactly("p1", "p2");
    }

    @Test
    void aDamagedPointStaysIfTheNewerGoodCopyOfOneOfItsDisksGoes() {
        add("2026-11-01T03:00:00Z", -1, Set.of("vda", "vdb"), false, "damaged", null);
        add("2026-11-02T03:00:00Z", -1, Set.of("vda", "vdb"), true, null, null);
        add("2026-11-03T03:00:00Z", -1, Set.of("vda"), true, null, null);

        assertThat(kept(Retention.ofLast(2))).containsExactly("p1", "p2");
        assertThat(kept(Retention.ofLast(1))).containsExactly("p0", "p2");
    }

    @Test
    void pointsWithoutADateStay() {
        points.add(new Candidate("x", null, null, Set.of(), false, null, "its manifest cannot be read", 0));
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
        assertThatThrownBy(() -> rules(0, 0, 0, 0))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("would keep nothing");
        assertThatThrownBy(() -> rules(1, 0, -2, 0))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("not -2");
        assertThatThrownBy(() -> Retention.ofTime(Duration.ZERO))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("within a time");
        assertThat(rules(3, 7, 0, 12)).hasToString("the last 3, 7 daily, 12 monthly");
        assertThat(Retention.ofTime(Duration.ofDays(1)).withYearly(5).in(ZoneId.of("Europe/Berlin")))
                .hasToString("5 yearly, all within PT24H of Europe/Berlin");
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
        boolean oneDisk = random.nextBoolean();
        for (int i = 0; i < count; i++) {
            clock = clock.plus(Duration.ofMinutes(random.nextInt(4000)));
            if (jumps && random.nextInt(5) == 0) {
                clock = clock.minus(Duration.ofDays(random.nextInt(20)));
            }
            int parent = i == 0 || random.nextInt(4) == 0 ? -1 : i - 1 - random.nextInt(Math.min(i, 3));
            boolean good =
                    random.nextInt(8) != 0 && (parent < 0 || !bad.contains("p" + parent) || random.nextInt(4) == 0);
            if (!good) {
                bad.add("p" + i);
            }
            boolean counts = good || random.nextInt(6) != 0;
            add(
                    clock.toString(),
                    parent,
                    oneDisk ? DISK : DISKS.get(random.nextInt(DISKS.size())),
                    good,
                    good || !counts ? null : "damaged",
                    counts && random.nextInt(12) != 0 ? null : "a test");
        }
    }

    private static Retention randomRetention(Random random) {
        int[] rules = new int[6];
        do {
            for (int i = 0; i < rules.length; i++) {
                rules[i] = random.nextInt(3) > 0 ? 0 : random.nextInt(6);
            }
        } while (Arrays.stream(rules).sum() == 0);
        Duration within = random.nextInt(4) == 0 ? Duration.ofHours(1 + random.nextInt(100)) : null;
        ZoneId zone = ZoneId.of(random.nextBoolean() ? "Z" : "Europe/Berlin");
        return new Retention(rules[0], rules[1], rules[2], rules[3], rules[4], rules[5], within, zone);
    }

    /** What is left after the removals and after each merge, as a program would do them. */
    private void requirePromises(Retention retention) {
        RetentionPlan plan = RetentionPlan.of(points, retention);
        assertThat(plan.verdicts()).extracting(PointVerdict::point).containsExactlyElementsOf(ids(points));
        Map<String, Candidate> before = new LinkedHashMap<>();
        points.forEach(point -> before.put(point.id(), point));
        Set<String> stay = new HashSet<>(kept(plan));
        requireMerges(plan, before, stay);

        List<Candidate> left = new ArrayList<>(points);
        for (String id : plan.removals()) {
            assertThat(stay).doesNotContain(id);
            left.removeIf(point -> point.id().equals(id));
            requireWhole(left);
        }
        for (PointMerge merge : plan.merges()) {
            merge(left, merge, before);
            requireWhole(left);
        }
        assertThat(ids(left)).containsExactlyElementsOf(kept(plan));
        for (Candidate point : left) {
            assertThat(ancestors(point, left)).isEqualTo(stayingAncestors(before.get(point.id()), before, stay));
        }
        requireKept(retention, left);
        if (points.equals(byClock(points))) {
            RetentionPlan again = RetentionPlan.of(left, retention);
            assertThat(again.removals()).as("again").isEmpty();
            assertThat(again.merges()).as("again").isEmpty();
        }
        requirePromisesWithoutMerges(plan);
    }

    private void requireMerges(RetentionPlan plan, Map<String, Candidate> before, Set<String> stay) {
        Map<String, List<String>> expected = new HashMap<>();
        Set<String> needed = new HashSet<>();
        for (Candidate point : points) {
            List<String> run = new ArrayList<>();
            for (String at = point.parent(); stay.contains(point.id()) && at != null && !stay.contains(at); ) {
                run.add(at);
                at = before.get(at).parent();
            }
            if (!run.isEmpty()) {
                expected.put(point.id(), run);
                needed.addAll(run);
                assertThat(point.good()).isTrue();
            }
            needed.addAll(stay.contains(point.id()) ? Set.of(point.id()) : Set.of());
        }
        Map<String, List<String>> merges = new HashMap<>();
        plan.merges().forEach(merge -> merges.put(merge.into(), merge.points()));
        assertThat(plan.merges()).hasSize(expected.size());
        assertThat(merges).isEqualTo(expected);
        assertThat(plan.removals())
                .containsExactlyInAnyOrderElementsOf(
                        ids(points).stream().filter(id -> !needed.contains(id)).toList());
    }

    /** As an engine would: the point builds on what the run built on, and what nothing builds on any more is gone. */
    private static void merge(List<Candidate> left, PointMerge merge, Map<String, Candidate> before) {
        String base = before.get(merge.points().get(merge.points().size() - 1)).parent();
        Candidate into = before.get(merge.into());
        boolean alone = merge.points().stream().allMatch(id -> children(left, id) == 1);
        long all = into.stored()
                + merge.points().stream()
                        .mapToLong(id -> before.get(id).stored())
                        .sum();
        assertThat(merge.read()).isEqualTo(all - (alone ? 100 : 0));
        left.set(
                ids(left).indexOf(into.id()),
                new Candidate(
                        into.id(),
                        into.began(),
                        base,
                        into.disks(),
                        into.good(),
                        into.damage(),
                        into.stays(),
                        into.stored()));
        for (String id : merge.points()) {
            if (children(left, id) == 0) {
                left.removeIf(point -> point.id().equals(id));
            }
        }
    }

    private static long children(List<Candidate> left, String id) {
        return left.stream().filter(point -> id.equals(point.parent())).count();
    }

    private static List<String> ancestors(Candidate point, List<Candidate> left) {
        List<String> ancestors = new ArrayList<>();
        for (String at = point.parent();
                at != null;
                at = left.get(ids(left).indexOf(at)).parent()) {
            ancestors.add(at);
        }
        return ancestors;
    }

    private static List<String> stayingAncestors(Candidate point, Map<String, Candidate> before, Set<String> stay) {
        List<String> ancestors = new ArrayList<>();
        for (String at = point.parent(); at != null; at = before.get(at).parent()) {
            if (stay.contains(at)) {
                ancestors.add(at);
            }
        }
        return ancestors;
    }

    private void requireKept(Retention retention, List<Candidate> left) {
        assertThat(newestGood(left)).isEqualTo(newestGood(points));
        List<String> good = ids(points.stream().filter(Candidate::good).toList());
        assertThat(ids(left)).containsAll(good.subList(Math.max(0, good.size() - retention.last()), good.size()));
        Set<LocalDate> days = new LinkedHashSet<>();
        for (int i = points.size() - 1; i >= 0; i--) {
            LocalDate day = LocalDate.ofInstant(points.get(i).began(), retention.zone());
            if (points.get(i).good() && days.size() < retention.daily() && days.add(day)) {
                assertThat(ids(left)).contains(points.get(i).id());
            }
        }
        Map<String, String> reasons = reasons(retention);
        Set<String> stay = stay(retention);
        for (Candidate point : points) {
            if (reasons.get(point.id()).startsWith("the clock")) {
                stay.add(point.id());
                stay.addAll(point.good() ? List.of() : ancestors(point, points));
            }
        }
        assertThat(ids(left)).containsExactlyInAnyOrderElementsOf(stay);
        for (Candidate gone : points) {
            if (!gone.good() && !ids(left).contains(gone.id())) {
                assertThat(hasNewerGoodDisksOf(gone, Set.copyOf(ids(left)))).isTrue();
            }
        }
    }

    /** Found point by point; the rules are asked about points that nothing builds on and of which none is damaged. */
    private Set<String> stay(Retention retention) {
        Set<String> amongGood = chosen(retention, points.stream().filter(Candidate::good));
        Set<String> amongAll =
                chosen(retention, points.stream().filter(point -> point.good() || point.damage() != null));
        Set<String> goodThatStay = new HashSet<>(amongGood);
        points.stream().filter(point -> point.stays() != null).forEach(point -> goodThatStay.add(point.id()));
        Set<String> stay = new HashSet<>();
        for (Candidate point : points) {
            boolean stays = point.stays() != null
                    || (point.good()
                            ? amongGood.contains(point.id())
                            : amongAll.contains(point.id()) || !hasNewerGoodDisksOf(point, goodThatStay));
            if (stays) {
                stay.add(point.id());
                stay.addAll(point.good() ? List.of() : ancestors(point, points));
            }
        }
        return stay;
    }

    private static Set<String> chosen(Retention retention, Stream<Candidate> among) {
        List<Candidate> whole = among.map(point ->
                        new Candidate(point.id(), point.began(), null, point.disks(), true, null, null, point.stored()))
                .toList();
        Set<String> chosen = new HashSet<>();
        reasons(RetentionPlan.of(whole, retention)).forEach((id, reason) -> {
            if (!reason.startsWith("no rule") && !reason.startsWith("the clock")) {
                chosen.add(id);
            }
        });
        return chosen;
    }

    private boolean hasNewerGoodDisksOf(Candidate damaged, Set<String> among) {
        List<Candidate> newer = points.subList(points.indexOf(damaged) + 1, points.size()).stream()
                .filter(point -> point.good() && among.contains(point.id()))
                .toList();
        return !newer.isEmpty()
                && damaged.disks().stream()
                        .allMatch(disk ->
                                newer.stream().anyMatch(point -> point.disks().contains(disk)));
    }

    private void requirePromisesWithoutMerges(RetentionPlan plan) {
        RetentionPlan without = withoutMerges(plan);
        assertThat(without.removals()).isEqualTo(plan.removals());
        List<String> there = kept(without);
        assertThat(there)
                .containsExactlyElementsOf(ids(points).stream()
                        .filter(id -> !plan.removals().contains(id))
                        .toList());
        assertThat(points.stream().filter(point -> there.contains(point.id())))
                .allMatch(point -> point.parent() == null || there.contains(point.parent()));
    }

    private static List<Candidate> byClock(List<Candidate> points) {
        return PointPlace.inOrder(points, point -> new PointPlace(point.id(), point.began(), null));
    }

    private static void requireWhole(List<Candidate> left) {
        Set<String> there = new HashSet<>(ids(left));
        assertThat(left).allMatch(point -> point.parent() == null || there.contains(point.parent()));
        assertThat(PointPlace.inOrder(left, point -> new PointPlace(point.id(), point.began(), previous(point))))
                .isEqualTo(left);
    }

    private static String previous(Candidate point) {
        int number = Integer.parseInt(point.id().substring(1));
        return number == 0 ? null : "p" + (number - 1);
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
