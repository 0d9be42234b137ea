// SPDX-License-Identifier: Apache-2.0
/**
 * Streams: bytes that go to or come from the server beside its calls, such as a volume's content or a guest's console.
 * What opens one gives a {@link dev.virtwire.protocol.stream.ReadableStream}, a
 * {@link dev.virtwire.protocol.stream.WritableStream} or both in one.
 */
@NullMarked
package dev.virtwire.protocol.stream;

import org.jspecify.annotations.NullMarked;
