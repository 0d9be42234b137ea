// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Notice;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a run of a job went.
 *
 * @param job the job's name
 * @param machine the name of the machine that ran it
 * @param hosts the URIs of its hosts
 * @param earlierSuccess when the last run before this one began that did not fail, or null
 * @param dryRun whether nothing was done
 * @param interrupted whether somebody ended it
 * @param errors what failed that is not a guest's, each one sentence
 * @param remembered how the backups of guests stand that earlier runs were about, and that this one did not get to: it
 *     cannot say that they are no longer there
 * @param hooks the hooks of the job as a whole
 * @param verified what was verified
 * @param notices what there is to know of the run as a whole
 * @since 0.1
 */
public record JobResult(
        String job,
        String machine,
        Path repository,
        List<String> hosts,
        Instant began,
        Duration duration,
        @Nullable Instant earlierSuccess,
        boolean dryRun,
        boolean interrupted,
        List<String> errors,
        List<GuestResult> guests,
        Map<String, DomainStatus> remembered,
        List<HookResult> hooks,
        List<VerifyResult> verified,
        List<Notice> notices) {
    /**
     * How it ended, in a word.
     *
     * @since 0.1
     */
    public enum Outcome {
        /** All that was asked for is done. */
        DONE("done", 0),
        /** It is done, with warnings. */
        WARNINGS("warnings", 4),
        /** Something that is stored is damaged. */
        DAMAGED("damaged", 3),
        /** Something is not done. */
        FAILED("failed", 1),
        /** Somebody ended it. */
        INTERRUPTED("interrupted", 130);

        private final String word;
        private final int exitCode;

        Outcome(String word, int exitCode) {
            this.word = word;
            this.exitCode = exitCode;
        }

        /** The exit code of the command. */
        public int exitCode() {
            return exitCode;
        }

        /** Whether a person has to come: it failed, or something is damaged. */
        public boolean isFailure() {
            return this == FAILED || this == DAMAGED || this == INTERRUPTED;
        }

        /** As JSON and texts have it. */
        @Override
        public String toString() {
            return word;
        }
    }

    /** Copies the lists and the map. */
    public JobResult {
        hosts = List.copyOf(hosts);
        errors = List.copyOf(errors);
        guests = List.copyOf(guests);
        remembered = Collections.unmodifiableMap(new LinkedHashMap<>(remembered));
        hooks = List.copyOf(hooks);
        verified = List.copyOf(verified);
        notices = List.copyOf(notices);
    }

    /** The same, with one notice more. */
    public JobResult with(Notice notice) {
        List<Notice> more = new ArrayList<>(notices);
        more.add(notice);
        return new JobResult(
                job,
                machine,
                repository,
                hosts,
                began,
                duration,
                earlierSuccess,
                dryRun,
                interrupted,
                errors,
                guests,
                remembered,
                hooks,
                verified,
                more);
    }

    /** When the last run that did not fail began, this one or one before it, or null. */
    public @Nullable Instant lastSuccess() {
        return dryRun || outcome().isFailure() ? earlierSuccess : began;
    }

    /** How it ended. */
    public Outcome outcome() {
        if (interrupted) {
            return Outcome.INTERRUPTED;
        }
        if (!errors.isEmpty()
                || guests.stream().anyMatch(GuestResult::hasFailed)
                || verified.stream().anyMatch(VerifyResult::hasFailed)) {
            return Outcome.FAILED;
        }
        if (verified.stream().anyMatch(VerifyResult::foundDamage)
                || guests.stream().anyMatch(guest -> !guest.damage().isEmpty())
                || statuses().values().stream().anyMatch(status -> status.damage() != null)) {
            return Outcome.DAMAGED;
        }
        return warnings().isEmpty() ? Outcome.DONE : Outcome.WARNINGS;
    }

    /** How the backups of each guest stand, as far as that is known: those of this run first. */
    public Map<String, DomainStatus> statuses() {
        Map<String, DomainStatus> all = new LinkedHashMap<>();
        for (GuestResult guest : guests) {
            DomainStatus status = guest.status();
            if (status != null) {
                all.putIfAbsent(guest.guest(), status);
            }
        }
        remembered.forEach(all::putIfAbsent);
        return all;
    }

    /** All notices: those of the run, and those of each guest, with its name before each. */
    public List<Notice> allNotices() {
        List<Notice> all = new ArrayList<>(notices);
        hooks.forEach(hook -> all.addAll(hook.notices()));
        for (GuestResult guest : guests) {
            guest.notices()
                    .forEach(notice -> all.add(new Notice(notice.severity(), guest.guest() + ": " + notice.text())));
        }
        for (VerifyResult each : verified) {
            if (each.report() != null) {
                each.report()
                        .notices()
                        .forEach(notice -> all.add(new Notice(notice.severity(), each.guest() + ": " + notice.text())));
            }
        }
        return all;
    }

    /** What an administrator has to hear of. */
    public List<String> warnings() {
        return Notice.texts(allNotices(), Notice.Severity.WARNING);
    }

    /** All that failed, or is damaged, each one sentence. */
    public List<String> failures() {
        List<String> failures = new ArrayList<>(errors);
        for (GuestResult guest : guests) {
            if (guest.error() != null) {
                failures.add(guest.guest() + ": " + guest.error());
            }
            guest.damage().forEach(finding -> failures.add(guest.guest() + ": damaged: " + finding));
        }
        for (VerifyResult each : verified) {
            if (each.error() != null) {
                failures.add(each.guest() + ": it could not be verified: " + each.error());
            }
            if (each.report() != null) {
                each.report().damage().forEach(finding -> failures.add(each.guest() + ": damaged: " + finding));
                each.report()
                        .lost()
                        .forEach((point, ranges) -> failures.add("lost of " + point + ": " + ranges.get(0)
                                + (ranges.size() == 1 ? "" : " and " + (ranges.size() - 1) + " ranges more")));
                each.report().unverifiable().forEach(text -> failures.add(each.guest() + ": unverifiable: " + text));
            }
        }
        statuses().forEach((guest, status) -> {
            if (status.damage() != null && !hasFoundDamage(guest)) {
                failures.add(guest + ": damaged: " + status.damage());
            }
        });
        return failures;
    }

    /** Whether this run has found what is damaged of a guest, with files and places. */
    private boolean hasFoundDamage(String name) {
        return guests.stream()
                        .anyMatch(guest ->
                                guest.guest().equals(name) && !guest.damage().isEmpty())
                || verified.stream().anyMatch(each -> each.guest().equals(name) && each.foundDamage());
    }
}
