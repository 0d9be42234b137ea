// SPDX-License-Identifier: Apache-2.0
/**
 * What is known to be wrong in a domain: written down when it is found, asked before anything is built on a point or
 * removed in favour of it, and taken back when it is found whole again.
 */
@NullMarked
package dev.virtwire.repository.internal.damage;

import org.jspecify.annotations.NullMarked;
