// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.node;

/**
 * A host's processors and memory ({@code virNodeInfo}). If cells differ, sockets, cores and threads are told as if
 * there were one cell of one socket; the capabilities have the truth.
 *
 * @param model the model of its processors, such as {@code x86_64}
 * @param memoryKiB its memory, in KiB
 * @param cpus how many processors are online
 * @param mhz their frequency; 0 if it is not known
 * @param cells how many NUMA cells
 * @param sockets sockets of a cell
 * @param cores cores of a socket
 * @param threads threads of a core
 * @since 0.1
 */
public record NodeInfo(
        String model, long memoryKiB, int cpus, int mhz, int cells, int sockets, int cores, int threads) {}
