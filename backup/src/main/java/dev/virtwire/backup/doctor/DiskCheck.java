// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.job.ChosenDisk;
import dev.virtwire.backup.internal.job.SmallQcow2;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri.Transport;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.block.BlockInfo;
import dev.virtwire.client.secret.Secrets;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.SecretUsageType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How each disk of a domain would be backed up. */
record DiskCheck(Libvirt libvirt, HostFacts facts) {
    private static final Logger LOG = LoggerFactory.getLogger(DiskCheck.class);

    /** Version 2 of qcow2, as libvirt calls it. */
    private static final String OLD = "0.10";

    /**
     * What is known of a disk.
     *
     * @param answer the row
     * @param size its bytes as the guest sees them; 0 if nobody knows
     * @param allocation how many of them the image itself takes on the host; 0 if nobody knows. An image that stands on
     *     others takes less than the disk, and one with snapshots in it more
     */
    record Found(Answer answer, long size, long allocation) {}

    /**
     * What the disks of domains take.
     *
     * @param allocation what their images take, as far as one knows
     * @param size what the disks have as their guests see them
     * @param disks how many these are
     * @param unknown how many more there are, of which nobody knows anything
     */
    record Sum(long allocation, long size, int disks, int unknown) {
        static final Sum NONE = new Sum(0, 0, 0, 0);

        Sum plus(@Nullable Found found) {
            return found == null || found.size == 0
                    ? new Sum(allocation, size, disks, unknown + 1)
                    : new Sum(allocation + found.allocation, size + found.size, disks + 1, unknown);
        }

        Sum plus(Sum other) {
            return new Sum(
                    allocation + other.allocation, size + other.size, disks + other.disks, unknown + other.unknown);
        }
    }

    /** Asks. */
    Found of(ChosenDisk disk) throws IOException {
        BlockInfo info = facts.blockInfo(disk.target());
        Answer answer = answer(disk, info);
        return info == null ? new Found(answer, 0, 0) : new Found(answer, info.capacity(), info.allocation());
    }

    private Answer answer(ChosenDisk disk, @Nullable BlockInfo info) throws IOException {
        String what = disk.source().format() + " " + place(disk)
                + (info == null ? "" : ", " + Amounts.bytes(info.capacity()));
        String secret = disk.secret();
        if (secret != null && !isThere(secret)) {
            return Answer.fails(
                    what + ", which is encrypted, and the host has no secret " + secret,
                    "define the secret on the host, with its value");
        }
        if (disk.source().encryption() != null) {
            return Answer.warning(
                    what + ", which is encrypted on the host: the copy in the repository is not",
                    "protect the repository, and say so once by --allow-plain");
        }
        if (!disk.keepsBitmaps()) {
            return Answer.note(
                    what + ": no bitmap tells what changed, so each backup reads all of it and stores what differs",
                    "make it qcow2 if that takes too long");
        }
        return switch (version(disk)) {
            case 2 ->
                Answer.note(
                        what + " of version 2, which keeps no bitmap: each backup reads all of it and stores what"
                                + " differs",
                        "run 'qemu-img amend -o compat=1.1' on it while the guest is off");
            case 3 -> Answer.ok(what + ": after the first backup, only what changed is read");
            default ->
                Answer.ok(
                        what + ": after the first backup, only what changed is read, unless its image is of version 2,"
                                + " which nobody can see from here");
        };
    }

    private static String place(ChosenDisk disk) {
        String name = disk.source().name();
        String type = disk.source().type();
        String where = name == null ? "without a name" : name;
        return type.equals("file") ? where : type + " " + where;
    }

    private boolean isThere(String secret) {
        Secrets secrets = Secrets.of(libvirt);
        int colon = secret.indexOf(':');
        try {
            if (colon < 0) {
                Waiting.await(secrets.find(UUID.fromString(secret)));
            } else {
                SecretUsageType type =
                        SecretUsageType.valueOf(secret.substring(0, colon).toUpperCase(Locale.ROOT));
                Waiting.await(secrets.find(type, secret.substring(colon + 1)));
            }
            return true;
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_SECRET)) {
                return false;
            }
            throw e;
        }
    }

    /** The version of a qcow2 image: 2 or 3; 0 if it cannot be read here and no pool of the host tells. */
    private int version(ChosenDisk disk) throws IOException {
        String name = disk.source().name();
        if (name == null || !disk.source().type().equals("file")) {
            return 0;
        }
        Path image = Path.of(name);
        // A socket may be forwarded from another machine. Then a file of that name is another one, and is no qcow2
        // image.
        if (libvirt.uri().transport() == Transport.UNIX && Files.isReadable(image)) {
            try (InputStream in = Files.newInputStream(image)) {
                return SmallQcow2.version(in.readNBytes(SmallQcow2.HEADER));
            }
        }
        try {
            String xml = Waiting.await(
                    Waiting.await(libvirt.storage().volumeByPath(name)).xml());
            String compat = XmlElement.parse("volume XML", "volume", xml).childText("target", "compat");
            return compat == null ? 0 : compat.equals(OLD) ? 2 : 3;
        } catch (LibvirtException | IllegalArgumentException e) {
            LOG.debug("no pool tells of {}", name, e);
            return 0;
        }
    }
}
