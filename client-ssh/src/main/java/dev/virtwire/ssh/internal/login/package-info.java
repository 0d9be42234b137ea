// SPDX-License-Identifier: Apache-2.0
/** Whom to believe, and how to be believed: known hosts, key files, the agent, passwords. */
@NullMarked
package dev.virtwire.ssh.internal.login;

import org.jspecify.annotations.NullMarked;
