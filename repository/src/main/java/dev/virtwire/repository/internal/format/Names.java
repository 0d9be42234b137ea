// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import dev.virtwire.repository.manifest.Level;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Every name that a repository gives: ids, folders, files, checkpoints, scratch files and sockets. */
public final class Names {
    /** The file that makes a folder a repository. */
    public static final String REPOSITORY = "virtwire.json";

    /** The SHA-256 of {@link #REPOSITORY}. */
    public static final String REPOSITORY_SUM = "virtwire.sha256";

    /** What a point says of itself. */
    public static final String MANIFEST = "manifest.json";

    /** The SHA-256 of {@link #MANIFEST}. */
    public static final String MANIFEST_SUM = "manifest.sha256";

    /** The saved domain XML in a point. */
    public static final String DOMAIN_XML = "domain.xml";

    /** libvirt's description of the checkpoint in a point. */
    public static final String CHECKPOINT_XML = "checkpoint.xml";

    /** The saved UEFI variables in a point. */
    public static final String NVRAM = "nvram.fd";

    /** The same of a domain that keeps them in a varstore. */
    public static final String VARSTORE = "varstore.json";

    /** The saved XML of the domain as it ran, in a point. */
    public static final String LIVE_XML = "live.xml";

    /** The saved state of an emulated TPM in a point. */
    public static final String TPM = "tpm.state";

    /** The saved descriptions of what the domain refers to, in a point. */
    public static final String REFERENCES_XML = "references.xml";

    /** In a domain's folder: the journal of what is in progress, and the lock. */
    public static final String JOURNAL = ".journal";

    /** In {@link #JOURNAL}: the file whose lock the one writer holds. */
    public static final String LOCK = "lock";

    /** In {@link #JOURNAL}: what a verification that can be resumed has found right. */
    public static final String VERIFIED = "verified";

    /** In {@link #JOURNAL}: the file whose lock such a verification holds. */
    public static final String VERIFIED_LOCK = "verified.lock";

    /** In {@link #JOURNAL}: which points were found right, and when. */
    public static final String VERIFIED_POINTS = "verified-points";

    /** In a point's folder: what takes the place of its files when earlier points have been merged into it. */
    public static final String MERGED = ".merged";

    /** In a point's folder: {@link #MERGED}, as long as it is being made. */
    public static final String MERGED_PARTIAL = ".merged.partial";

    /** In {@link #JOURNAL}: which points a person holds. */
    public static final String HELD = "held";

    /** In {@link #JOURNAL}: what is known to be damaged. */
    public static final String DAMAGE = "damage";

    /**
     * In {@link #JOURNAL}: the file whose lock is held while {@link #DAMAGE} or {@link #VERIFIED_POINTS} is changed.
     */
    public static final String DAMAGE_LOCK = "damage.lock";

    /** In {@link #JOURNAL}: the newest point that was committed. */
    public static final String NEWEST = "newest";

    /** In the repository's folder: locked while it is created, or its version raised. */
    public static final String REPOSITORY_LOCK = ".lock";

    /** In the folder that a point is made in: what a run that resumes it has to know. */
    public static final String BEGUN = ".begun";

    private static final String COMPLETE = ".complete";
    private static final Pattern POINT =
            Pattern.compile("[0-9]{8}T[0-9]{6}Z-(full|incremental|differential)(-[0-9]{1,6})?");
    private static final Pattern CHECKPOINT = Pattern.compile("virtwire-[a-z2-7]{12}-" + POINT);
    private static final Pattern RANDOM = Pattern.compile("[a-z2-7]{12}");
    private static final Pattern TARGET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern CLONE = Pattern.compile(".*-virtwire-[a-z2-7]{12}", Pattern.DOTALL);
    private static final Pattern HEX_SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final String ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
    private static final Set<String> TAKEN = Set.of(REPOSITORY, REPOSITORY_SUM, "lost+found");
    private static final String REMOVED = ".removed";
    private static final String MERGE = ".merge";
    private static final String ERASED = ".erased";
    private static final int RANDOM_LENGTH = 12;
    private static final int FILE_NAME_MAX = 255;
    /** A domain's name becomes that of its log on the host, and of more there. */
    private static final int CLONE_NAME_MAX = 200;

    private Names() {}

    /** A new repository's id: 60 random bits, short because every checkpoint's name holds it. */
    public static String newRepositoryId() {
        return random();
    }

    /** What makes the names of one run on a host such that nobody can foretell them: 60 random bits. */
    public static String random() {
        SecureRandom random = new SecureRandom();
        StringBuilder id = new StringBuilder(12);
        for (int i = 0; i < 12; i++) {
            id.append(ID_LETTERS.charAt(random.nextInt(ID_LETTERS.length())));
        }
        return id.toString();
    }

    /** Whether {@code id} can be a repository's. */
    public static boolean isRepositoryId(String id) {
        return RANDOM.matcher(id).matches();
    }

    /** Whether {@code text} can be what {@link #random} gave. */
    public static boolean isRandom(String text) {
        return RANDOM.matcher(text).matches();
    }

    /** A point's id by time and level; {@code number} above 1 tells those of one second apart. */
    public static String point(Instant time, Level level, int number) {
        String name = STAMP.format(time) + "-" + level;
        return number > 1 ? name + "-" + number : name;
    }

    /** Whether {@code name} can be a point's id. */
    public static boolean isPoint(String name) {
        return POINT.matcher(name).matches();
    }

    /** Whether {@code target} can name a disk's files: libvirt's own targets all can. */
    public static boolean isTarget(String target) {
        return TARGET.matcher(target).matches();
    }

    /** Whether {@code text} is a SHA-256 as we write it. */
    public static boolean isSha256(String text) {
        return HEX_SHA256.matcher(text).matches();
    }

    /** Whether {@code name} names a file inside a folder and nothing else: no separators, not hidden, not empty. */
    public static boolean isPlainFile(String name) {
        return !name.isEmpty()
                && name.length() <= FILE_NAME_MAX
                && name.charAt(0) != '.'
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c < 0x20);
    }

    /** The folder that a point is built in: beside its final place, so that its backing names already hold. */
    public static String partial(String point) {
        return "." + point + ".partial";
    }

    /** What a point's folder is called once the point is removed. */
    public static String removed(String point) {
        return "." + point + REMOVED;
    }

    /** The point whose removed folder has this name, or null if it is no such folder. */
    public static @Nullable String removedPoint(String name) {
        if (!name.startsWith(".") || !name.endsWith(REMOVED)) {
            return null;
        }
        String point = name.substring(1, name.length() - REMOVED.length());
        return isPoint(point) ? point : null;
    }

    /**
     * What a domain's folder is called once the domain is erased; not for domains, whose folders are not hidden.
     *
     * @param domain the folder's name
     * @param random what {@link #random} gave: a domain may be erased again before the first is deleted
     */
    public static String erased(String domain, String random) {
        String end = "." + random + ERASED;
        byte[] whole = domain.getBytes(StandardCharsets.UTF_8);
        return "." + cut(domain, FILE_NAME_MAX - 1 - end.length(), whole) + end;
    }

    /** The name that an erased domain's folder had, if that was not too long; or null if it is no such folder. */
    public static @Nullable String erasedDomain(String name) {
        int end = name.length() - ERASED.length();
        int random = end - RANDOM_LENGTH;
        if (random < 3
                || name.charAt(0) != '.'
                || name.charAt(random - 1) != '.'
                || !name.endsWith(ERASED)
                || !isRandom(name.substring(random, end))) {
            return null;
        }
        return name.substring(1, random - 1);
    }

    /** The journal's file for a point. */
    public static String journal(String point) {
        return point + ".json";
    }

    /** The file in {@link #JOURNAL} that says that earlier points are being merged into a point. */
    public static String merge(String point) {
        return point + MERGE;
    }

    /** Whether a file of this name in {@link #JOURNAL} is of a merge. */
    public static boolean isMerge(String name) {
        return mergedPoint(name) != null;
    }

    /** The point whose such file has this name, or null if it is no such file. */
    public static @Nullable String mergedPoint(String name) {
        if (!name.endsWith(MERGE)) {
            return null;
        }
        String point = name.substring(0, name.length() - MERGE.length());
        return isPoint(point) ? point : null;
    }

    /** A point's checkpoint and its bitmaps; they belong to the domain, so that they need not name it. */
    public static String checkpoint(String repository, String point) {
        return checkpointPrefix(repository) + point;
    }

    /** Whether a checkpoint or bitmap has a name that {@link #checkpoint} gives for some repository. */
    public static boolean isCheckpoint(String name) {
        return CHECKPOINT.matcher(name).matches();
    }

    /**
     * What files and exports of a point on the host begin with. Points of two domains may have the same id.
     *
     * @param random the run's own part, or null in an entry of a program that gave none
     */
    public static String onHost(String repository, UUID domain, String point, @Nullable String random) {
        String name = checkpointPrefix(repository) + domain.toString().substring(0, 8) + "-" + point;
        return random == null ? name : name + "-" + random;
    }

    /** What all checkpoints of a repository begin with. */
    public static String checkpointPrefix(String repository) {
        return "virtwire-" + repository + "-";
    }

    /** A disk's scratch file on the host, inside the scratch folder; {@code onHost} is what {@link #onHost} says. */
    public static String scratch(String onHost, String target) {
        return onHost + "-" + target + ".scratch";
    }

    /**
     * The NBD export's socket on the host. Its length is the same for all points, because a socket's path may not be
     * long: what works for the first point works for each later one.
     *
     * @param random the run's own part, or null in an entry of a program that gave none
     */
    public static String socket(String repository, UUID domain, String point, @Nullable String random) {
        return (random == null ? onHost(repository, domain, point, null) : checkpointPrefix(repository) + random)
                + ".sock";
    }

    /** A disk's NBD export: of this name no other server has one. */
    public static String export(String onHost, String target) {
        return onHost + "-" + target;
    }

    /** The bitmap of changes beside such an export; it lives as long as that. */
    public static String changes(String export) {
        return export + ".changes";
    }

    /**
     * The domain that serves the disks of one that is off.
     *
     * @param random the run's own part
     */
    public static String clone(String domain, String random) {
        String end = "-virtwire-" + random;
        byte[] bytes = domain.getBytes(StandardCharsets.UTF_8);
        if (bytes.length + end.length() <= CLONE_NAME_MAX) {
            return domain + end;
        }
        return cut(domainFolder(domain), CLONE_NAME_MAX - end.length(), bytes) + end;
    }

    /** Whether a domain has a name that {@link #clone} gives. */
    public static boolean isClone(String domain) {
        return CLONE.matcher(domain).matches();
    }

    /** The UUID of such a domain. */
    public static UUID cloneUuid(String random) {
        return UUID.nameUUIDFromBytes(("virtwire-" + random).getBytes(StandardCharsets.UTF_8));
    }

    /** A pushed image on the host. */
    public static String pushed(String onHost, String target) {
        return onHost + "-" + image(target);
    }

    /** A disk's image in a point. */
    public static String image(String target) {
        return target + ".qcow2";
    }

    /** A disk's digests in a point. */
    public static String digests(String target) {
        return target + ".digests";
    }

    /** The medium of a drive in a point. */
    public static String medium(String target) {
        return target + ".medium";
    }

    /** While a disk is copied: what of it is in its image. */
    public static String copied(String target) {
        return "." + target + ".copied";
    }

    /** While a point is made: what its manifest will say of a disk that is complete. */
    public static String complete(String target) {
        return "." + target + COMPLETE;
    }

    /**
     * Whether a file in a folder that a point is made in is for a run that resumes it, and no part of the point.
     */
    public static boolean isForResuming(String file) {
        return file.equals(BEGUN)
                || (file.startsWith(".")
                        && (file.endsWith(".copied") || file.endsWith(".spool") || file.endsWith(COMPLETE)));
    }

    /**
     * A domain's folder: its name, with every byte that a file system or a shell may mind written as {@code %XX}. A
     * name too long for a folder is cut and told apart by its own SHA-256.
     */
    public static String domainFolder(String domain) {
        byte[] bytes = domain.getBytes(StandardCharsets.UTF_8);
        StringBuilder folder = new StringBuilder();
        for (int i = 0; i < bytes.length; i++) {
            int c = bytes[i] & 0xff;
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || "._+@-".indexOf(c) >= 0);
            boolean leading = i == 0 && (c == '.' || c == '-' || TAKEN.contains(domain));
            if (plain && !leading) {
                folder.append((char) c);
            } else {
                folder.append(String.format(Locale.ROOT, "%%%02X", c));
            }
        }
        return cut(folder.toString(), FILE_NAME_MAX, bytes);
    }

    private static String cut(String name, int length, byte[] whole) {
        return name.length() <= length
                ? name
                : name.substring(0, length - 33) + "~"
                        + Sha256.hex(Sha256.of(whole)).substring(0, 32);
    }

    /** A restored file, which carries its domain's name: files of two domains can lie in one folder. */
    public static String restored(String domain, String file) {
        byte[] whole = domain.getBytes(StandardCharsets.UTF_8);
        return cut(domainFolder(domain), FILE_NAME_MAX - 1 - file.length(), whole) + "-" + file;
    }

    /** Whether a folder of this name in a repository is a domain's. */
    public static boolean isDomainFolder(String folder) {
        return !folder.startsWith(".") && !TAKEN.contains(folder);
    }
}
