// SPDX-License-Identifier: Apache-2.0
/** What libvirt keeps secret for disks and the like: {@link dev.virtwire.client.secret.Secret}. */
@NullMarked
package dev.virtwire.client.secret;

import org.jspecify.annotations.NullMarked;
