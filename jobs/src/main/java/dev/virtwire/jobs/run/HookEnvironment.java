// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.guest.ChosenGuest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What hooks get to know, in variables: docs/jobs.md names each. */
final class HookEnvironment {
    /** The kernel takes no variable of more than 128 KiB, and a hook reads no more than some lines. */
    private static final int MOST_ERROR = 4000;

    private HookEnvironment() {}

    /** Of a hook of the job as a whole. */
    static Map<String, String> ofJob(JobSettings job, Hook hook, String outcome, List<String> errors) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("VIRTWIRE_JOB", job.name());
        environment.put("VIRTWIRE_HOOK", hook.toString());
        environment.put("VIRTWIRE_REPOSITORY", job.repository().folder().toString());
        environment.put("VIRTWIRE_OUTCOME", outcome);
        environment.put("VIRTWIRE_ERROR", few(errors));
        return environment;
    }

    private static String few(List<String> errors) {
        // No variable may have a zero in it.
        String text = String.join("; ", errors).replace('\0', ' ');
        return text.length() <= MOST_ERROR ? text : text.substring(0, MOST_ERROR) + " ...";
    }

    /** Of a hook of one guest. */
    static Map<String, String> ofGuest(
            JobSettings job,
            Hook hook,
            HostSettings host,
            ChosenGuest guest,
            String outcome,
            @Nullable String point,
            @Nullable String error) {
        Map<String, String> environment = ofJob(job, hook, outcome, error == null ? List.of() : List.of(error));
        environment.put("VIRTWIRE_HOST", host.uri());
        environment.put("VIRTWIRE_GUEST", guest.name());
        environment.put("VIRTWIRE_GUEST_UUID", guest.uuid().toString());
        environment.put("VIRTWIRE_POINT", point == null ? "" : point);
        return environment;
    }
}
