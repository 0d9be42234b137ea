// SPDX-License-Identifier: Apache-2.0
/**
 * What a release has to be before it leaves: the public API as text, and the files that a repository of artifacts
 * demands. Build time only, and knows nothing of libvirt.
 */
@NullMarked
package dev.virtwire.release;

import org.jspecify.annotations.NullMarked;
