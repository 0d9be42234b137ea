// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.internal.host.HostReferences;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.backup.internal.host.References;
import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.RemoteException;
import dev.virtwire.repository.Notice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a restored definition refers to: names what the host lacks, or makes it as it was saved. */
final class NeededReferences {
    private final HostReferences host;
    private final References saved;
    private final boolean make;
    private final List<Notice> notices = new ArrayList<>();
    private final Set<Reference> seen = new HashSet<>();

    /**
     * Of one restore.
     *
     * @param saved what the point has
     * @param make whether what is missing is made
     */
    NeededReferences(Libvirt libvirt, References saved, boolean make) {
        this.host = new HostReferences(libvirt);
        this.saved = saved;
        this.make = make;
    }

    /** Looks at what {@code xml} names. Nothing that is missing ends the restore: the domain is defined without it. */
    void provide(String xml) {
        References.named(List.of(xml)).all().forEach(this::provide);
    }

    private void provide(Reference named) {
        // Filters may name each other in a circle.
        if (!seen.add(named)) {
            return;
        }
        try {
            if (host.has(named)) {
                if (!host.isReady(named)) {
                    notices.add(Notice.warning(
                            named + " is not started on the host: the domain does not start until it is"));
                }
                return;
            }
            Reference known = known(named);
            if (known == null || !make) {
                notices.add(Notice.warning("the host has no " + named + ", which the domain needs to start"
                        + (known == null ? "" : ": --define-missing makes it")));
                return;
            }
            SavedReference description = new SavedReference(known);
            String refusal = description.refusal();
            UUID uuid = description.uuid();
            if (refusal == null && uuid != null && host.has(known.kind(), uuid)) {
                refusal = "the host has another one with its UUID " + uuid;
            }
            if (refusal != null) {
                notices.add(Notice.warning(
                        named + ", which the domain needs to start, is not made on the host: " + refusal));
                return;
            }
            description.filters().forEach(filter -> provide(new Reference(Kind.FILTER, filter, null, false)));
            host.make(known);
            notices.add(
                    known.kind() == Kind.SECRET
                            ? Notice.warning("made " + named + ", which the host did not have: it has no value yet, and"
                                    + " the domain does not start until it has")
                            : Notice.information("made " + named + ", which the host did not have"));
        } catch (RemoteException | IllegalArgumentException e) {
            notices.add(Notice.warning(named + " could not be made or looked for: " + Reasons.withSuppressed(e)));
        }
    }

    private @Nullable Reference known(Reference named) {
        return saved.all().stream()
                .filter(reference -> reference.kind() == named.kind()
                        && reference.name().equals(named.name())
                        && reference.xml() != null)
                .findFirst()
                .orElse(null);
    }

    /** What the user should know, each one sentence. */
    List<Notice> notices() {
        return notices;
    }

    /** Takes back what was made. */
    void undo(RuntimeException failure) {
        host.undo(failure);
    }
}
