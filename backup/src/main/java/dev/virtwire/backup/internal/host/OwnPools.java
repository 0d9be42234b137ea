// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.repository.internal.format.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Storage pools of a domain's runs and restores, through which they read and write small files of the host. Each lasts
 * a moment; who dies leaves it.
 *
 * @param repository the repository's id
 * @param domain the domain that is or was backed up
 */
public record OwnPools(String repository, UUID domain) {
    /** A restore does not hold the domain's lock, and clocks differ. */
    private static final Duration LONGEST_RESTORE = Duration.ofHours(1);

    /** As {@link #ofRun} and {@link #ofRestore} name them. */
    private static final Pattern ANY = Pattern.compile(
            "virtwire-[a-z2-7]{12}-(restore-)?\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}-([0-9]{1,12}-)?[a-z2-7]{12}");

    private static final Pattern RESTORE = Pattern.compile("([0-9]{1,12})-[a-z2-7]{12}");

    /** Whether a pool of this name is one of a run or restore, of whatever repository. */
    public static boolean isOne(String pool) {
        return ANY.matcher(pool).matches();
    }

    /** The name of those of one run, which holds the domain's lock. */
    public String ofRun() {
        return runPrefix() + Names.random();
    }

    /** The name of those of one restore. */
    public String ofRestore(Instant now) {
        return restorePrefix() + now.getEpochSecond() + "-" + Names.random();
    }

    /**
     * Ends those that were left. Their files stay. Only for who holds the domain's lock.
     *
     * @param done gets a sentence for each that was ended
     * @throws LibvirtException if the host does not let it
     */
    public void end(Libvirt libvirt, Instant now, List<String> done) {
        for (StoragePool pool : Waiting.await(libvirt.storage().pools())) {
            if (isLeft(pool.name(), now)) {
                Waiting.await(pool.destroy());
                done.add("ended storage pool " + pool.name() + ", whose files stay");
            }
        }
    }

    /** Whether nobody uses the pool of this name any more, if the domain's lock is held. */
    boolean isLeft(String pool, Instant now) {
        if (pool.startsWith(runPrefix())) {
            return true;
        }
        if (!pool.startsWith(restorePrefix())) {
            return false;
        }
        Matcher rest = RESTORE.matcher(pool.substring(restorePrefix().length()));
        return rest.matches()
                && Long.parseLong(rest.group(1)) < now.minus(LONGEST_RESTORE).getEpochSecond();
    }

    private String runPrefix() {
        return Names.checkpointPrefix(repository) + domain + "-";
    }

    private String restorePrefix() {
        return Names.checkpointPrefix(repository) + "restore-" + domain + "-";
    }
}
