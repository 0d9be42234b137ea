// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.SmallHostFiles;
import dev.virtwire.backup.internal.host.TpmState;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.job.PointFiles;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.storage.Storage;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import dev.virtwire.protocol.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether UEFI variables and the state of a TPM would be in a point. */
record GuestFiles(Questions questions, HostFacts facts) {
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

    private Answer answer(Place place, boolean variables) throws IOException {
        String path = place.name();
        if (!SmallHostFiles.isOfAKindThatCanBeRead(place)) {
            return missed("of type " + place.type() + ", which libvirt has no call to read");
        }
        if (path == null) {
            return missed("the definition of the domain does not name their place");
        }
        boolean file = !place.type().equals("volume");
        if (file && facts.isHere() && Files.isReadable(Path.of(path))) {
            String obstacle = variables ? obstacle(Path.of(path)) : null;
            return obstacle == null ? Answer.ok(path + " can be read here") : missed(obstacle);
        }
        return !file || isInPool(path)
                ? Answer.ok("libvirt reads " + path + " from a storage pool of the host")
                : Answer.note(
                        "libvirt is to read " + path
                                + ", for which a backup makes its folder a storage pool for a moment:"
                                + " that is not tried here",
                        null);
    }

    private static Answer missed(String reason) {
        return Answer.warning("they would not be in a point: " + reason, "save them in another way");
    }

    private @Nullable String obstacle(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes((int) PointFiles.STATE_MAX + 1);
            return content.length > PointFiles.STATE_MAX
                    ? file + " has more than " + PointFiles.STATE_MAX + " bytes"
                    : PointFiles.obstacle(content, !facts.isOff());
        }
    }

    private boolean isInPool(String path) {
        Storage storage = facts.domain().libvirt().storage();
        try {
            Waiting.await(storage.volumeByPath(path));
            return true;
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_VOL)) {
                throw e;
            }
            return false;
        }
    }
}
