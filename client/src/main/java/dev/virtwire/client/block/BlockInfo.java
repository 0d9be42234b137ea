// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.block;

/**
 * The sizes of a disk ({@code virDomainBlockInfo}).
 *
 * @param capacity what the guest sees, in bytes
 * @param allocation what is in use of its storage, in bytes
 * @param physical how long its file or device is, in bytes
 * @since 0.1
 */
public record BlockInfo(long capacity, long allocation, long physical) {}
