// SPDX-License-Identifier: Apache-2.0
/** Moving domains to other hosts: {@link dev.virtwire.client.migration.Migration}. */
@NullMarked
package dev.virtwire.client.migration;

import org.jspecify.annotations.NullMarked;
