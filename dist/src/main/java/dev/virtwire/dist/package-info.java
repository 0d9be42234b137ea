// SPDX-License-Identifier: Apache-2.0
/** What the build makes of the command: jars without signatures, and the archive that it starts fast from. */
@NullMarked
package dev.virtwire.dist;

import org.jspecify.annotations.NullMarked;
