// SPDX-License-Identifier: Apache-2.0
/** The ssh transport of the client, by Apache MINA SSHD. Nobody names these classes: the client finds what it needs. */
@NullMarked
package dev.virtwire.ssh;

import org.jspecify.annotations.NullMarked;
