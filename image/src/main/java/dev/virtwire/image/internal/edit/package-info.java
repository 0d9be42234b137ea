// SPDX-License-Identifier: Apache-2.0
/** Changes an existing qcow2 image in place. Not for use from outside this module. */
@NullMarked
package dev.virtwire.image.internal.edit;

import org.jspecify.annotations.NullMarked;
