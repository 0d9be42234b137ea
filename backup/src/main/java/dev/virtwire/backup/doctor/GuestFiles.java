// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.SmallHostFiles;
import dev.virtwire.backup.internal.host.SmallHostFiles.Content;
import dev.virtwire.backup.internal.host.TpmState;
import dev.virtwire.backup.internal.job.PointFiles;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import java.time.Duration;

/** Whether UEFI variables and the state of a TPM would be in a point: they are read as a backup reads them. */
record GuestFiles(Questions questions, HostFacts facts) {
    /** Nothing is read here for which a pool would have to be made. */
    private static final String NO_POOL = "virtwire-makes-no-pool";

    void run() {
        String name = facts.identity().name();
        Place variables = facts.description().nvram();
        if (variables != null) {
            questions.ask(name, "UEFI variables", () -> answer(variables, true));
        }
        Tpm tpm = facts.description().tpm();
        if (tpm != null) {
            Place state = TpmState.place(tpm, facts.identity().uuid());
            questions.ask(name, "TPM", () -> answer(state, false));
        }
    }

    private Answer answer(Place place, boolean variables) {
        HostQuestions host = new HostQuestions(facts.domain().libvirt(), Duration.ZERO, () -> {});
        Content content = new SmallHostFiles(facts, facts.isHere(), NO_POOL, host).look(place, PointFiles.STATE_MAX);
        if (content == null) {
            return Answer.note(
                    "libvirt is to read " + place.name()
                            + ", for which a backup makes its folder a storage pool for a moment:"
                            + " that is not tried here",
                    null);
        }
        byte[] bytes = content.bytes();
        String reason = bytes != null && variables ? PointFiles.obstacle(bytes, !facts.isOff()) : content.reason();
        return reason == null
                ? Answer.ok(place.name() + " can be read")
                : Answer.warning("they would not be in a point: " + reason, "save them in another way");
    }
}
