// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.jobs.config.ConfigurationException;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.guest.ChosenGuest;
import dev.virtwire.jobs.guest.GuestSelector;
import dev.virtwire.jobs.guest.Selection;
import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.repository.Notice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The guests that a job means, as its hosts have them at the beginning of a run. */
final class Turns {
    /** A guest, its host, and the connection there. */
    record Turn(ChosenGuest guest, HostSettings host, Libvirt libvirt) {}

    private final JobSettings job;
    private final Map<String, Turn> turns = new LinkedHashMap<>();
    private final List<GuestResult> failed = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private final List<Notice> notices = new ArrayList<>();
    private final Set<String> leftOut = new HashSet<>();
    /** What of the choice means no guest of any host, or null before the first one. */
    private @Nullable Set<Notice> unmatched;

    private Turns(JobSettings job) {
        this.job = job;
    }

    /** Asks all hosts of a job. */
    static Turns ask(JobSettings job, HostConnections connections) {
        Turns turns = new Turns(job);
        for (HostSettings host : job.hosts()) {
            try {
                Libvirt libvirt = connections.connect(host, job.backup().stallTimeout());
                turns.add(host, libvirt, GuestSelector.select(libvirt, job.guests()));
            } catch (LibvirtException | ConfigurationException e) {
                turns.errors.add("host " + host.name() + " cannot be asked for its guests: " + Reasons.of(e));
            }
        }
        if (turns.reachedAll()) {
            turns.tellOfMissing();
        }
        return turns;
    }

    private void add(HostSettings host, Libvirt libvirt, Selection selection) {
        leftOut.addAll(selection.leftOut());
        for (Notice notice : selection.notices()) {
            notices.add(
                    job.hosts().size() == 1
                            ? notice
                            : new Notice(notice.severity(), host.name() + ": " + notice.text()));
        }
        if (unmatched == null) {
            unmatched = new LinkedHashSet<>(selection.unmatched());
        } else {
            unmatched.retainAll(selection.unmatched());
        }
        for (ChosenGuest guest : selection.guests()) {
            Turn other = turns.putIfAbsent(guest.name(), new Turn(guest, host, libvirt));
            if (other != null) {
                failed.add(GuestResult.failed(
                        guest.name(),
                        guest.uuid(),
                        host.uri(),
                        "host " + other.host().name() + " has a guest of this name too, and a repository keeps one"
                                + " guest of a name: exclude one of them"));
            }
        }
    }

    private void tellOfMissing() {
        notices.addAll(unmatched == null ? Set.of() : unmatched);
        for (String name : job.guests().names()) {
            if (!turns.containsKey(name) && !leftOut.contains(name)) {
                failed.add(GuestResult.failed(name, null, job.hosts().get(0).uri(), "there is no guest of this name"));
            }
        }
    }

    /** Those that can be backed up, in their order. */
    List<Turn> inOrder() {
        return List.copyOf(turns.values());
    }

    /** Those that cannot. */
    List<GuestResult> failed() {
        return failed;
    }

    /** Which hosts could not be asked, and why. */
    List<String> errors() {
        return errors;
    }

    /** What there is to know of the choice. */
    List<Notice> notices() {
        return notices;
    }

    /** Whether all hosts were asked, so that it is known which guests the job means. */
    boolean reachedAll() {
        return errors.isEmpty();
    }
}
