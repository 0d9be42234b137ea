// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import dev.virtwire.repository.Hold;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.RepositoryVersion;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Holds points of a domain and releases them, under its lock. */
public final class HeldPoints {
    private HeldPoints() {}

    /** See {@link dev.virtwire.repository.Repository#hold}. */
    public static Hold hold(DomainStore store, String point, @Nullable String reason) {
        Hold wanted = new Hold(point, store.now(), reason);
        DomainLock lock = store.lock();
        try {
            if (!store.pointIds().contains(point)) {
                throw new RepositoryException("domain " + store.name() + " in " + store.repositoryFolder()
                        + " has no point " + point + " to hold");
            }
            RepositoryVersion.raise(store.repositoryFolder(), store.files());
            return store.journal().holds().add(wanted);
        } catch (IOException e) {
            throw Problems.with("hold point " + point + " in", store.folder(), e);
        } finally {
            lock.close();
        }
    }

    /** See {@link dev.virtwire.repository.Repository#release}. */
    public static void release(DomainStore store, String point) {
        DomainLock lock = store.lock();
        try {
            if (!store.journal().holds().remove(point)) {
                throw new RepositoryException("point " + point + " of domain " + store.name() + " is not held");
            }
        } catch (IOException e) {
            throw Problems.with("release point " + point + " in", store.folder(), e);
        } finally {
            lock.close();
        }
    }
}
