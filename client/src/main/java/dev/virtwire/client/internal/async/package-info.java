// SPDX-License-Identifier: Apache-2.0
/** Where user code runs and how it waits: futures that can be cancelled through, serial executors, a shared pool. */
@NullMarked
package dev.virtwire.client.internal.async;

import org.jspecify.annotations.NullMarked;
