// SPDX-License-Identifier: Apache-2.0
/** ssh by Apache MINA SSHD, on Netty's sockets and this library's threads: whom to believe, how to log in, what to run there. */
@NullMarked
package dev.virtwire.client.internal.ssh;

import org.jspecify.annotations.NullMarked;
