// SPDX-License-Identifier: Apache-2.0
/** What libvirt's own client reads as well: environment, {@code libvirt.conf}, and where its files are. */
@NullMarked
package dev.virtwire.client.internal.config;

import org.jspecify.annotations.NullMarked;
