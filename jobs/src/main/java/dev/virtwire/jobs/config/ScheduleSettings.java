// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When systemd starts a job, and what it lets it do.
 *
 * @param calendar systemd's calendar events ({@code OnCalendar=}); none if only a person starts it
 * @param randomDelay seconds by which the start is delayed at most, at random
 * @param onFailure a unit that is started when the job fails, or null
 * @param writable folders that the job may write besides those that it is known to need
 * @since 0.1
 */
public record ScheduleSettings(
        List<String> calendar, long randomDelay, @Nullable String onFailure, List<String> writable) {
    /** Copies the lists. */
    public ScheduleSettings {
        calendar = List.copyOf(calendar);
        writable = List.copyOf(writable);
    }
}
