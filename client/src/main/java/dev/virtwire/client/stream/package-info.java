// SPDX-License-Identifier: Apache-2.0
/**
 * Streams: bytes that go to or come from the server beside its calls, such as a volume's content or a guest's console.
 * What opens one gives a {@link dev.virtwire.client.stream.ReadableStream}, a
 * {@link dev.virtwire.client.stream.WritableStream} or both in one.
 */
@NullMarked
package dev.virtwire.client.stream;

import org.jspecify.annotations.NullMarked;
