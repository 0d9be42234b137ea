// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.ArrayList;
import java.util.List;

/**
 * Rules that say which points of a domain stay. A point stays if any rule keeps it; days, ISO weeks and months are
 * those of UTC at the moment when a point began, and only those with a point count. 0 is no rule.
 *
 * @param last the newest points, this many
 * @param daily the newest point of each of this many newest days
 * @param weekly the newest point of each of this many newest weeks
 * @param monthly the newest point of each of this many newest months
 */
public record Retention(int last, int daily, int weekly, int monthly) {
    /**
     * Refuses what keeps nothing.
     *
     * @throws RepositoryException if a number is negative, or all are 0
     */
    public Retention {
        if (last < 0 || daily < 0 || weekly < 0 || monthly < 0) {
            throw new RepositoryException("a retention keeps a number of points, not "
                    + Math.min(Math.min(last, daily), Math.min(weekly, monthly)));
        }
        if (last + daily + weekly + monthly == 0) {
            throw new RepositoryException("a retention without any rule would keep nothing: name at least one");
        }
    }

    /** The newest {@code points} points. */
    public static Retention ofLast(int points) {
        return new Retention(points, 0, 0, 0);
    }

    /** Its rules in words, such as {@code the last 3, 7 daily}. */
    @Override
    public String toString() {
        List<String> rules = new ArrayList<>();
        if (last > 0) {
            rules.add("the last " + last);
        }
        if (daily > 0) {
            rules.add(daily + " daily");
        }
        if (weekly > 0) {
            rules.add(weekly + " weekly");
        }
        if (monthly > 0) {
            rules.add(monthly + " monthly");
        }
        return String.join(", ", rules);
    }
}
