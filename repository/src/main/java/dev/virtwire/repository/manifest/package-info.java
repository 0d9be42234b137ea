// SPDX-License-Identifier: Apache-2.0
/**
 * What a point of a repository says of itself: {@link dev.virtwire.repository.manifest.Manifest} and its parts, records
 * that mirror {@code manifest.json} field for field. docs/format.md explains each field.
 */
@NullMarked
package dev.virtwire.repository.manifest;

import org.jspecify.annotations.NullMarked;
