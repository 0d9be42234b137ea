// SPDX-License-Identifier: Apache-2.0
/** Domains, libvirt's word for guests: {@link dev.virtwire.client.domain.Domain} and what it reports. */
@NullMarked
package dev.virtwire.client.domain;

import org.jspecify.annotations.NullMarked;
