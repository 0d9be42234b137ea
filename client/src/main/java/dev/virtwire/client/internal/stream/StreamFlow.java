// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

/**
 * What happens when more has come than was read.
 *
 * @param limit bytes that may wait
 * @param alone whether the connection serves this stream only: then it is read no further; else the stream ends
 */
public record StreamFlow(int limit, boolean alone) {}
