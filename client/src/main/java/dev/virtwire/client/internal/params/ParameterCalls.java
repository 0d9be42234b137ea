// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.params;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.DomainParametersFlags;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParametersFlags;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Makes one call of those that libvirt wants to be asked twice, or with a flag that not every server knows. */
public final class ParameterCalls {
    private ParameterCalls() {}

    /** What a getter answers: how many parameters there are when it is asked for 0 of them, or the parameters. */
    public record Answer(List<TypedParam> params, int count) {}

    /**
     * A getter that is asked for the count, then for as many parameters.
     *
     * @param flags where the change counts; {@link DomainParametersFlags#STRING_OKAY} is added if it may be
     */
    public static CompletableFuture<TypedParameters> twoSteps(
            Libvirt libvirt,
            Set<DomainParametersFlags> flags,
            BiFunction<Integer, Set<DomainParametersFlags>, CompletableFuture<Answer>> getter) {
        return domainFlags(libvirt, flags).thenCompose(all -> countThenRead(count -> getter.apply(count, all)));
    }

    /** As {@link #twoSteps}, of calls whose only flag is the one for strings. */
    public static CompletableFuture<TypedParameters> twoSteps(
            Libvirt libvirt, BiFunction<Integer, Set<TypedParametersFlags>, CompletableFuture<Answer>> getter) {
        return flags(libvirt).thenCompose(all -> countThenRead(count -> getter.apply(count, all)));
    }

    private static CompletableFuture<Set<TypedParametersFlags>> flags(Libvirt libvirt) {
        return libvirt.supports(Feature.TYPED_PARAM_STRING)
                .thenApply(strings -> strings ? Set.of(TypedParametersFlags.STRING_OKAY) : Set.of());
    }

    private static CompletableFuture<Set<DomainParametersFlags>> domainFlags(
            Libvirt libvirt, Set<DomainParametersFlags> flags) {
        return libvirt.supports(Feature.TYPED_PARAM_STRING).thenApply(strings -> {
            Set<DomainParametersFlags> all = EnumSet.noneOf(DomainParametersFlags.class);
            all.addAll(flags);
            if (strings) {
                all.add(DomainParametersFlags.STRING_OKAY);
            }
            return all;
        });
    }

    private static CompletableFuture<TypedParameters> countThenRead(
            Function<Integer, CompletableFuture<Answer>> getter) {
        return getter.apply(0)
                .thenCompose(counted -> counted.count() == 0
                        ? CompletableFuture.completedFuture(TypedParameters.empty())
                        : getter.apply(counted.count()).thenApply(read -> TypedParameters.ofWire(read.params())));
    }
}
