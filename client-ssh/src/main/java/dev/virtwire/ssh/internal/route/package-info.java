// SPDX-License-Identifier: Apache-2.0
/** Which hosts lie on the way to the one that is meant, and what the URI and ssh's configuration say of each. */
@NullMarked
package dev.virtwire.ssh.internal.route;

import org.jspecify.annotations.NullMarked;
