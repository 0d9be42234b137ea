// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.repository.Retention;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job: which guests are backed up, how, and what else is done then.
 *
 * @param hosts at least one
 * @param keep which points stay, or null for all
 * @param verify what is verified after the backups, or null for nothing
 * @param maxAge how old the newest good point of each guest may become, or null
 * @param verifiedWithin how long ago a guest may have been verified, or null
 * @param notifications who is told, in this order
 * @since 0.1
 */
public record JobSettings(
        String name,
        RepositorySettings repository,
        List<HostSettings> hosts,
        GuestChoice guests,
        BackupSettings backup,
        @Nullable Retention keep,
        HookSettings hooks,
        @Nullable VerifySettings verify,
        @Nullable Duration maxAge,
        @Nullable Duration verifiedWithin,
        List<NotificationSettings> notifications,
        ScheduleSettings schedule) {
    /** Copies the lists. */
    public JobSettings {
        hosts = List.copyOf(hosts);
        notifications = List.copyOf(notifications);
    }

    /** How long a run may take to clean up when somebody ends it: hooks have their whole time, and all are told. */
    public Duration cleanUp() {
        return notifications.stream().map(NotificationSettings::longest).reduce(hooks.cleanUp(), Duration::plus);
    }
}
