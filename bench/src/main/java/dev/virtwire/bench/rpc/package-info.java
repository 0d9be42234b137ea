// SPDX-License-Identifier: Apache-2.0
/** DomainGetInfo over and over on one connection, by each of the Java clients, in programs that print alike. */
@NullMarked
package dev.virtwire.bench.rpc;

import org.jspecify.annotations.NullMarked;
