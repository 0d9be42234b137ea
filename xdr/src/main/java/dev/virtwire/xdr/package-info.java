// SPDX-License-Identifier: Apache-2.0
/**
 * XDR (RFC 4506) on Netty buffers, in the profile that libvirt's RPC uses: {@link dev.virtwire.xdr.XdrReader} and
 * {@link dev.virtwire.xdr.XdrWriter} check every length against its bound and the bytes left before anything is
 * allocated, and every error names the field.
 *
 * <p>This package knows nothing of libvirt beyond that profile, in which a {@code char} takes four bytes.
 */
@NullMarked
package dev.virtwire.xdr;

import org.jspecify.annotations.NullMarked;
