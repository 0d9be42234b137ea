// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import dev.virtwire.backup.BackupResult;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.PruneReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How it went with one guest.
 *
 * @param uuid its UUID, or null if it is not there
 * @param host the URI of its host
 * @param backup the new point, or null
 * @param pruned what the keep rules removed, or null
 * @param error why something failed, a sentence, or null
 * @param passedOver why nothing was to be backed up, a sentence, or null
 * @param hooks its hooks
 * @param status how its backups stand after the run, or null if that is not known
 * @param duration how long all of it took
 * @since 0.1
 */
public record GuestResult(
        String guest,
        @Nullable UUID uuid,
        String host,
        @Nullable BackupResult backup,
        @Nullable PruneReport pruned,
        @Nullable String error,
        @Nullable String passedOver,
        List<HookResult> hooks,
        @Nullable DomainStatus status,
        Duration duration) {
    /** Copies the list. */
    public GuestResult {
        hooks = List.copyOf(hooks);
    }

    /** One that failed before anything was begun. */
    public static GuestResult failed(String guest, @Nullable UUID uuid, String host, String error) {
        return new GuestResult(guest, uuid, host, null, null, error, null, List.of(), null, Duration.ZERO);
    }

    /** The same, with how its backups stand now. */
    public GuestResult withStatus(@Nullable DomainStatus newStatus) {
        return new GuestResult(guest, uuid, host, backup, pruned, error, passedOver, hooks, newStatus, duration);
    }

    /** Whether a point was to be made, and was not, or what follows it failed. */
    public boolean hasFailed() {
        return error != null;
    }

    /** What points lack that are there, and that the keep rules did not count. */
    public List<Finding> damage() {
        return pruned == null ? List.of() : pruned.damage();
    }

    /** What an administrator should know of it. */
    public List<Notice> notices() {
        List<Notice> notices = new ArrayList<>();
        if (backup != null) {
            backup.left().forEach(left -> notices.add(Notice.warning("left behind: " + left)));
            notices.addAll(backup.notices());
        }
        if (pruned != null) {
            notices.addAll(pruned.notices());
        }
        if (passedOver != null) {
            notices.add(Notice.information(passedOver + "; nothing of it is kept"));
        }
        hooks.forEach(hook -> notices.addAll(hook.notices()));
        return notices;
    }
}
