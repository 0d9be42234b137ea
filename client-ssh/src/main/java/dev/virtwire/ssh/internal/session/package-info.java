// SPDX-License-Identifier: Apache-2.0
/** A session with one host by Apache MINA SSHD, on Netty's sockets and the client's threads, and the channels in it. */
@NullMarked
package dev.virtwire.ssh.internal.session;

import org.jspecify.annotations.NullMarked;
