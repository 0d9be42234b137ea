// SPDX-License-Identifier: Apache-2.0
/**
 * The one reader and the one writer of libvirt's XML, and what we need to know of a domain's. For Virtwire's own
 * modules only: it may change at any time. Whoever writes the XML was not here when we read it, so a document type, and
 * with it every entity, is refused, and so is a document that nests deeper than libvirt's own parser goes.
 */
@NullMarked
package dev.virtwire.client.xml;

import org.jspecify.annotations.NullMarked;
