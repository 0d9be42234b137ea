// SPDX-License-Identifier: Apache-2.0
/** Places of disks: {@link dev.virtwire.client.storage.StoragePool} and the volumes in it. */
@NullMarked
package dev.virtwire.client.storage;

import org.jspecify.annotations.NullMarked;
