// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.params.ParameterCalls;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainGetSchedulerTypeResult;
import dev.virtwire.protocol.remote.DomainParametersFlags;
import dev.virtwire.protocol.remote.TuningCalls;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * How much of the host a domain gets. {@link Domain#tuning()} gives it; it holds no state. The names of parameters are
 * libvirt's; those of memory, disks and interfaces stand at {@link DomainMemory}, {@link
 * dev.virtwire.client.block.DomainDisk} and {@link DomainInterfaces}.
 *
 * @since 0.1
 */
public final class DomainTuning {
    private final Domain domain;

    DomainTuning(Domain domain) {
        this.domain = domain;
    }

    /** The host's scheduler, such as {@code posix} ({@code virDomainGetSchedulerType}). */
    public CompletableFuture<String> schedulerType() {
        return calls().domainGetSchedulerType(domain.ref()).thenApply(DomainGetSchedulerTypeResult::type);
    }

    /**
     * The scheduler's parameters, such as {@code cpu_shares} ({@code virDomainGetSchedulerParameters}, and with flags
     * {@code virDomainGetSchedulerParametersFlags}).
     */
    public CompletableFuture<TypedParameters> scheduler(DomainParametersFlags... flags) {
        // No scheduler has strings, so none are asked for; and libvirt's test driver refuses the newer of the two
        // calls.
        return calls().domainGetSchedulerType(domain.ref())
                .thenCompose(type -> flags.length == 0
                        ? calls().domainGetSchedulerParameters(domain.ref(), type.nparams())
                                .thenApply(result -> TypedParameters.ofWire(result.params()))
                        : calls().domainGetSchedulerParametersFlags(domain.ref(), type.nparams(), Set.of(flags))
                                .thenApply(result -> TypedParameters.ofWire(result.params())));
    }

    /** Sets the scheduler's parameters ({@code virDomainSetSchedulerParametersFlags}). */
    public CompletableFuture<Void> setScheduler(TypedParameters parameters, DomainAffectFlags... flags) {
        return calls().domainSetSchedulerParametersFlags(domain.ref(), parameters.toWire(), Set.of(flags));
    }

    /** The weight and the limits of its access to disks ({@code virDomainGetBlkioParameters}). */
    public CompletableFuture<TypedParameters> blkio(DomainParametersFlags... flags) {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                Set.of(flags),
                (count, all) -> calls().domainGetBlkioParameters(domain.ref(), count, all)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /** Sets such parameters ({@code virDomainSetBlkioParameters}). */
    public CompletableFuture<Void> setBlkio(TypedParameters parameters, DomainAffectFlags... flags) {
        return calls().domainSetBlkioParameters(domain.ref(), parameters.toWire(), Set.of(flags));
    }

    /** Where its memory may lie ({@code virDomainGetNumaParameters}). */
    public CompletableFuture<TypedParameters> numa(DomainParametersFlags... flags) {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                Set.of(flags),
                (count, all) -> calls().domainGetNumaParameters(domain.ref(), count, all)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /** Says where its memory may lie ({@code virDomainSetNumaParameters}). */
    public CompletableFuture<Void> setNuma(TypedParameters parameters, DomainAffectFlags... flags) {
        return calls().domainSetNumaParameters(domain.ref(), parameters.toWire(), Set.of(flags));
    }

    private TuningCalls calls() {
        return new TuningCalls(domain.libvirt());
    }
}
