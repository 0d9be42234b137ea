// SPDX-License-Identifier: Apache-2.0
/** TLS as libvirt's clients have it: which files, which versions and ciphers, and when the other side is believed. */
@NullMarked
package dev.virtwire.client.internal.tls;

import org.jspecify.annotations.NullMarked;
