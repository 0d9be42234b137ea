// SPDX-License-Identifier: Apache-2.0
/**
 * The protocol as it is: procedures, event messages and, in the packages below, what is generated from the tables in
 * {@code src/protocol}. Every procedure can be called from here, curated API or not: {@code new DomainCalls(libvirt)}.
 */
@NullMarked
package dev.virtwire.protocol;

import org.jspecify.annotations.NullMarked;
