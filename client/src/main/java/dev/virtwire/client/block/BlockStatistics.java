// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.block;

/**
 * What a guest has read from a disk and written to it ({@code virDomainBlockStatsStruct}); -1 if the hypervisor does
 * not count it.
 *
 * @param readRequests how many reads
 * @param readBytes bytes read
 * @param writeRequests how many writes
 * @param writeBytes bytes written
 * @param errors how many requests failed
 * @since 0.1
 */
public record BlockStatistics(long readRequests, long readBytes, long writeRequests, long writeBytes, long errors) {}
