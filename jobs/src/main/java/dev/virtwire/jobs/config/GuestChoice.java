// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.util.List;

/**
 * Which guests a job backs up: those that anything of it names, without those that it excludes.
 *
 * @param all whether all of the hosts
 * @param names names of guests that have to be there
 * @param patterns patterns of names, in which {@code *} stands for any letters and {@code ?} for one
 * @param tags tags in the guests' metadata, of which one is enough
 * @param excluded patterns of the names of guests that are left out
 * @param excludedTags tags of guests that are left out
 * @param runningOnly whether guests that are off are left out
 * @since 0.1
 */
public record GuestChoice(
        boolean all,
        List<String> names,
        List<String> patterns,
        List<String> tags,
        List<String> excluded,
        List<String> excludedTags,
        boolean runningOnly) {
    /** Copies the lists. */
    public GuestChoice {
        names = List.copyOf(names);
        patterns = List.copyOf(patterns);
        tags = List.copyOf(tags);
        excluded = List.copyOf(excluded);
        excludedTags = List.copyOf(excludedTags);
    }

    /** Whether metadata has to be asked for. */
    public boolean needsTags() {
        return !tags.isEmpty() || !excludedTags.isEmpty();
    }
}
