// SPDX-License-Identifier: Apache-2.0
/** Small helpers to write and read libvirt's XML with the JDK's own tools, without DTDs or external entities. */
@NullMarked
package dev.virtwire.client.internal.xml;

import org.jspecify.annotations.NullMarked;
