// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.block;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.internal.params.ParameterCalls;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.BlockCalls;
import dev.virtwire.protocol.remote.BlockCommitFlags;
import dev.virtwire.protocol.remote.BlockCopyFlags;
import dev.virtwire.protocol.remote.BlockJobAbortFlags;
import dev.virtwire.protocol.remote.BlockJobInfoFlags;
import dev.virtwire.protocol.remote.BlockJobSetSpeedFlags;
import dev.virtwire.protocol.remote.BlockPullFlags;
import dev.virtwire.protocol.remote.BlockRebaseFlags;
import dev.virtwire.protocol.remote.BlockResizeFlags;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainBlockPeekResult;
import dev.virtwire.protocol.remote.DomainParametersFlags;
import dev.virtwire.protocol.remote.JobCalls;
import dev.virtwire.protocol.remote.TuningCalls;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A disk of a domain, and the job that may work on it. {@link Domain#disk} gives it; it holds no state, and the
 * calls tell whether there is such a disk. A block job continues at the host after the call that began it; its end is a
 * {@link dev.virtwire.client.event.DomainEvent.BlockJob}, and {@link #job} says how far it is.
 *
 * @since 0.1
 */
public final class DomainDisk {
    private final Domain domain;
    private final String target;

    private DomainDisk(Domain domain, String target) {
        this.domain = domain;
        this.target = target;
    }

    /** The disk of that target; nothing is asked. */
    public static DomainDisk of(Domain domain, String target) {
        return new DomainDisk(domain, target);
    }

    /** The domain. */
    public Domain domain() {
        return domain;
    }

    /** The target, such as {@code vda}; or the path of its source, if it was asked for by that. */
    public String target() {
        return target;
    }

    /** Its sizes ({@code virDomainGetBlockInfo}). */
    public CompletableFuture<BlockInfo> info() {
        return blocks().domainGetBlockInfo(domain.ref(), target)
                .thenApply(info -> new BlockInfo(info.capacity(), info.allocation(), info.physical()));
    }

    /** What was read and written, of a running domain ({@code virDomainBlockStats}). */
    public CompletableFuture<BlockStatistics> statistics() {
        return blocks().domainBlockStats(domain.ref(), target)
                .thenApply(stats -> new BlockStatistics(
                        stats.rdReq(), stats.rdBytes(), stats.wrReq(), stats.wrBytes(), stats.errs()));
    }

    /**
     * What was read, written and flushed, and how long it took, by libvirt's names ({@code virDomainBlockStatsFlags}).
     */
    public CompletableFuture<TypedParameters> detailedStatistics() {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                (count, flags) -> blocks().domainBlockStatsFlags(domain.ref(), target, count, flags)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /**
     * What the disk holds at a place ({@code virDomainBlockPeek}); QEMU's driver tells it of raw images only.
     *
     * @param offset bytes
     * @param length bytes, at most 4 MiB
     */
    public CompletableFuture<byte[]> peek(long offset, int length) {
        return blocks().domainBlockPeek(domain.ref(), target, offset, length).thenApply(DomainBlockPeekResult::buffer);
    }

    /**
     * Changes the size of a running domain's disk ({@code virDomainBlockResize}).
     *
     * @param bytes the new size; qcow2 wants a multiple of 512
     */
    public CompletableFuture<Void> resize(long bytes) {
        return blocks().domainBlockResize(domain.ref(), target, bytes, Set.of(BlockResizeFlags.BYTES));
    }

    /** The limits of its throughput ({@code virDomainGetBlockIoTune}); 0 stands for none. */
    public CompletableFuture<TypedParameters> ioTune(DomainParametersFlags... flags) {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                Set.of(flags),
                (count, all) -> tuning().domainGetBlockIoTune(domain.ref(), target, count, all)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /** Sets limits of its throughput ({@code virDomainSetBlockIoTune}), such as {@code total_bytes_sec}. */
    public CompletableFuture<Void> setIoTune(TypedParameters limits, DomainAffectFlags... flags) {
        return tuning().domainSetBlockIoTune(domain.ref(), target, limits.toWire(), Set.of(flags));
    }

    /** The job that works on the disk ({@code virDomainGetBlockJobInfo}); empty if there is no job. */
    public CompletableFuture<Optional<BlockJobInfo>> job() {
        return new JobCalls(domain.libvirt())
                .domainGetBlockJobInfo(domain.ref(), target, Set.of(BlockJobInfoFlags.BANDWIDTH_BYTES))
                .thenApply(info -> info.found() == 0
                        ? Optional.empty()
                        : Optional.of(new BlockJobInfo(info.type(), info.bandwidth(), info.cur(), info.end())));
    }

    /**
     * Ends the job ({@code virDomainBlockJobAbort}), with {@link BlockJobAbortFlags#PIVOT} by making the guest use the
     * copy. Fails with {@link ErrorCode#BLOCK_COPY_ACTIVE} if it cannot pivot yet.
     */
    public CompletableFuture<Void> abortJob(BlockJobAbortFlags... flags) {
        return blocks().domainBlockJobAbort(domain.ref(), target, Set.of(flags));
    }

    /**
     * Limits the job ({@code virDomainBlockJobSetSpeed}).
     *
     * @param bytesPerSecond 0 for no limit
     */
    public CompletableFuture<Void> setJobSpeed(long bytesPerSecond) {
        return blocks().domainBlockJobSetSpeed(
                        domain.ref(), target, bytesPerSecond, Set.of(BlockJobSetSpeedFlags.BANDWIDTH_BYTES));
    }

    /**
     * Begins to copy into the disk's image what it takes from its backing files, which it then no longer needs
     * ({@code virDomainBlockPull}).
     *
     * @param bytesPerSecond 0 for no limit
     */
    public CompletableFuture<Void> pull(long bytesPerSecond) {
        return blocks().domainBlockPull(domain.ref(), target, bytesPerSecond, Set.of(BlockPullFlags.BANDWIDTH_BYTES));
    }

    /**
     * Begins to pull as {@link #pull} does, of the files down to {@code base} ({@code virDomainBlockRebase}).
     *
     * @param base the backing file that stays, by path or as {@code vda[2]}; null for none
     * @param bytesPerSecond 0 for no limit
     */
    public CompletableFuture<Void> rebase(@Nullable String base, long bytesPerSecond, BlockRebaseFlags... flags) {
        Set<BlockRebaseFlags> all = EnumSet.of(BlockRebaseFlags.BANDWIDTH_BYTES, flags);
        return blocks().domainBlockRebase(domain.ref(), target, base, bytesPerSecond, all);
    }

    /**
     * Begins to write what an image holds into one that it builds on ({@code virDomainBlockCommit}).
     *
     * @param base what is written to, by path or as {@code vda[2]}; null for the last of the chain
     * @param top what is committed; null for the image in use, which needs {@link BlockCommitFlags#ACTIVE} and a pivot
     * @param bytesPerSecond 0 for no limit
     */
    public CompletableFuture<Void> commit(
            @Nullable String base, @Nullable String top, long bytesPerSecond, BlockCommitFlags... flags) {
        Set<BlockCommitFlags> all = EnumSet.of(BlockCommitFlags.BANDWIDTH_BYTES, flags);
        return blocks().domainBlockCommit(domain.ref(), target, base, top, bytesPerSecond, all);
    }

    /**
     * Begins to copy the disk, and keeps the copy the same as the disk until the job is aborted or pivoted
     * ({@code virDomainBlockCopy}). A persistent domain wants {@link BlockCopyFlags#TRANSIENT_JOB}.
     *
     * @param destinationXml where to, as a {@code <disk>}
     * @param parameters {@code bandwidth} (bytes a second), {@code granularity}, {@code buf-size}
     */
    public CompletableFuture<Void> copyTo(String destinationXml, TypedParameters parameters, BlockCopyFlags... flags) {
        return blocks().domainBlockCopy(domain.ref(), target, destinationXml, parameters.toWire(), Set.of(flags));
    }

    /**
     * Asks for a {@link DomainEventKind#BLOCK_THRESHOLD} event when the disk is written beyond a place in its file
     * ({@code virDomainSetBlockThreshold}). It replaces the one set before, comes once, and counts from 0: the file may
     * be beyond it already, and then the next write there is announced. A target such as {@code vda[2]}, with the index
     * that the domain's XML gives an image of its chain, or a backup's XML its scratch, stands for that file.
     *
     * @param bytes the place; 0 takes the threshold back
     */
    public CompletableFuture<Void> setThreshold(long bytes) {
        return blocks().domainSetBlockThreshold(domain.ref(), target, bytes);
    }

    /** Target and domain. */
    @Override
    public String toString() {
        return target + " of " + domain.name();
    }

    private BlockCalls blocks() {
        return new BlockCalls(domain.libvirt());
    }

    private TuningCalls tuning() {
        return new TuningCalls(domain.libvirt());
    }
}
