// SPDX-License-Identifier: Apache-2.0
/**
 * Says of a host and a repository what a backup would find, before the first one is made. {@link
 * dev.virtwire.backup.doctor.Doctor} asks; nothing is changed on the host.
 */
@NullMarked
package dev.virtwire.backup.doctor;

import org.jspecify.annotations.NullMarked;
