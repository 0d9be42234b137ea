// SPDX-License-Identifier: Apache-2.0
/** The units by which systemd starts jobs. No daemon of ours is needed. */
@NullMarked
package dev.virtwire.jobs.systemd;

import org.jspecify.annotations.NullMarked;
