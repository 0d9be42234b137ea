// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.Repository;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What lies behind a {@link Repository}, for our own modules. */
public final class RepositoryAccess {
    private static volatile @Nullable Function<Repository, RepositoryStore> opener;

    private RepositoryAccess() {}

    /** Called by {@link Repository} when it is loaded; whoever has one has loaded it. */
    public static void openBy(Function<Repository, RepositoryStore> newOpener) {
        opener = newOpener;
    }

    /** The store of a repository. */
    public static RepositoryStore of(Repository repository) {
        return requireNonNull(opener).apply(repository);
    }
}
